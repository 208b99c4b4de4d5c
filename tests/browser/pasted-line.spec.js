import assert from 'node:assert/strict'

import { test } from './muster.js'

test('a browser shows the install script as text that can be read first', async (world) => {
  const muster = await world.serve()

  const page = await world.open(`${muster.url}/install.sh`, { size: 'phone', javaScript: false })

  assert.match(await page.textContent('body'), /^#!\/bin\/sh\n/)
})

test('a server with its own certificate opens in a browser and connects a machine', async (world) => {
  const muster = await world.serve({ options: ['--listen', '0.0.0.0:0'] })
  const { key } = await muster.make_key()
  const machine = await world.machine()

  const pasted = await machine.paste(await muster.pasted_line(key))
  const page = await world.open(`${muster.url}/healthz`)

  assert.match(pasted.output, /✓ Connected/, pasted.errors)
  assert.match(await page.textContent('body'), /"status":"ok"/)
  const devices = await muster.ask('GET', '/api/devices')
  assert.deepEqual([devices.length, devices[0].online], [1, true])
})
