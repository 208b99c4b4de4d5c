// Networks and the server's settings, as somebody meets them who comes twice a month.

import assert from 'node:assert/strict'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

async function save_addresses(page, first, second) {
  await page.getByLabel('Address', { exact: true }).fill(first)
  await page.getByLabel('Second address').fill(second)
  await page.getByRole('button', { name: 'Save addresses' }).click()
}

test('a network made by clicking brings a machine in, and shows its address', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await page.getByRole('link', { name: 'Networks' }).click()
  await page.getByRole('link', { name: 'New network' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Shops')
  await page.getByText('Gateways only').click()
  await assert_looks_right(page, 'new network')
  await page.getByRole('button', { name: 'Make network' }).click()
  await page.locator('#line').waitFor()
  await assert_looks_right(page, 'network created')
  await page.click('text=Copy line')
  const line = await page.evaluate(() => navigator.clipboard.readText())
  const pasted = await (await world.machine()).paste(line)
  assert.match(pasted.output, /✓ Connected/, pasted.errors)
  await page.click('text=Done, I have copied it')
  await page.getByRole('cell', { name: '10.64.0.1', exact: true }).waitFor()
  await assert_looks_right(page, 'network with a device')
})

test('a range that overlaps is said at its field, without scripts too', async (world) => {
  const muster = await world.serve()
  for (const javaScript of [true, false]) {
    const page = await world.sign_in(muster, { javaScript })
    page.expect_trouble()
    await page.goto(`${muster.url}/networks/new`)
    await page.fill('#name', 'Shops')
    await page.fill('#cidr', '100.70.0.0/16')
    await page.getByRole('button', { name: 'Make network' }).click()
    await page.getByText('The range overlaps 100.64.0.0/10 of network default.').waitFor()
    assert.equal(await page.inputValue('#cidr'), '100.70.0.0/16')
    await assert_looks_right(page, `network refused ${javaScript ? 'with' : 'without'} scripts`)
  }
})

test('a second address is saved, and a signed-in browser may come by it', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/settings`)
  await assert_looks_right(page, 'settings on loopback')
  await save_addresses(page, muster.url, muster.url.replace('127.0.0.1', 'localhost'))
  await page.getByText('The addresses are saved.').waitFor()
  page.expect_trouble()
  await save_addresses(page, 'gate', muster.url)
  await page.locator('#public_url:invalid').waitFor()
})

test('the settings show the self-made certificate, and its pin is copied', async (world) => {
  const muster = await world.serve({ options: ['--listen', '0.0.0.0:0'] })
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/settings`)
  await assert_looks_right(page, 'settings with a certificate')
  await page.getByRole('button', { name: 'Copy pin' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await page.textContent('#pin'), await muster.command('pin'))
})
