// Setup keys, from the form to the device that comes in, and how the pages look.

import assert from 'node:assert/strict'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

async function make_key(muster, page) {
  await page.goto(`${muster.url}/keys/new`)
  await page.check('text=Several devices')
  await page.fill('#name', 'Shop tills')
  await page.click('text=Make the key')
  await page.locator('#line-linux').waitFor()
}

test('a key made by clicking brings a machine in, and its page shows it online', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await make_key(muster, page)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.click('text=Copy line')
  const line = await page.evaluate(() => navigator.clipboard.readText())
  await page.waitForSelector('text=Waiting for the first device')
  await assert_looks_right(page, 'key created')
  const pasted = await (await world.machine()).paste(line)
  assert.match(pasted.output, /✓ Connected/, pasted.errors)
  await page.waitForSelector('text=is connected')

  await page.click('text=Done, I have copied it')
  await page.waitForSelector('text=1 online of 1')
  await page.click('text=Revoke or delete it')
  await assert_looks_right(page, 'key')
  await page.click('text=Revoke and remove its 1 device…')
  await page.waitForURL((url) => url.pathname.startsWith('/revocations/setup_key/'))
  await page.click('text=Revoke key and remove 1 device')
  await page.waitForURL((url) => url.pathname.startsWith('/receipts/'))
  await page.waitForSelector('text=1 device was removed')
})

test('without scripts a key is made, and Look again shows its device', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster, { javaScript: false })
  await make_key(muster, page)
  await assert_looks_right(page, 'key created without scripts')
  await (await world.machine()).paste(await page.textContent('#line-linux'))
  const [look] = await Promise.all([page.context().waitForEvent('page'), page.click('text=Look again')])
  await look.waitForSelector('text=1 online of 1')
})

test('the list and the form look right', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  const group = await muster.ask('POST', '/api/groups', { name: 'tills' })
  const locked = await muster.ask('POST', '/api/groups', { name: 'customers', is_protected: true })
  const reusable = { type: 'reusable', expires_in: 2592000, usage_limit: 10 }
  await muster.make_key({ ...reusable, name: 'Shop tills', auto_groups: [group.id] })
  await muster.make_key({ name: 'Miller bakery', auto_groups: [locked.id] })
  await page.goto(`${muster.url}/keys`)
  await assert_looks_right(page, 'keys')
  await page.goto(`${muster.url}/keys?search=nothing`)
  await assert_looks_right(page, 'keys none')
  await page.goto(`${muster.url}/keys/new`)
  await page.click('text=All options')
  await assert_looks_right(page, 'new key')
})

test('what cannot work is said while the form is filled in, and goes when it is mended', async (world) => {
  const muster = await world.serve()
  await muster.ask('POST', '/api/groups', { name: 'customers', is_protected: true })
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys/new`)
  await page.click('text=All options')
  await page.fill('#uses', '5')
  await page.fill('#allowed_cidrs', 'the office')
  await page.fill('#gateway_device', 'router')
  await page.fill('#date', '2020-01-01')
  await page.check('text=customers')
  for (const field of ['uses', 'allowed_cidrs', 'gateway_device', 'date', 'group'])
    await page.locator(`#${field}-wrong`).waitFor()
  await page.getByText('On this computer’s clock:').waitFor()
  await assert_looks_right(page, 'new key impossible')
  await page.check('text=Several devices')
  await page.locator('#uses-wrong').waitFor({ state: 'detached' })
})

test('a pattern makes its group with the key, without scripts too', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster, { javaScript: false })
  await page.goto(`${muster.url}/keys/new`)
  await page.getByText('The group ci-runners does not exist yet').waitFor()
  await page.check('text=CI runners')
  await page.fill('#name', 'Runners of the build')
  await page.click('text=Make the key')
  await page.getByText('The group ci-runners was made with it.').waitFor()
  await assert_looks_right(page, 'key of a pattern')
})
