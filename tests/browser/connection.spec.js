// What a page that is left open does when the server goes, and when it is back.

import { test } from './muster.js'

test('a page that lost its server says so and since when, and goes on by itself', async (world) => {
  const muster = await world.serve()
  const { key } = await muster.make_key({ type: 'reusable', name: 'Shop tills' })
  const page = await world.sign_in(muster)
  page.expect_trouble() // the browser reports each try that finds nobody
  const machine = await world.machine()
  await machine.paste(await muster.pasted_line(key))
  await page.goto(`${muster.url}/devices`)

  await muster.stop()
  await page.getByText(/Connection lost, trying again\. This is from .*\d/).waitFor()
  await muster.start()
  await page.getByText('Connection lost').waitFor({ state: 'hidden' })
})
