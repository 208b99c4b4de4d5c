// The overview as it fills: empty, with machines and reminders, on paper, without scripts.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import { assert_looks_right, picture } from './look.js'
import { test } from './muster.js'

const long_name = 'The machines of the very long bakery name at the corner of Market and Mill Street'
const hebrew = 'מחשב הקופה הראשי'
const arabic = 'أجهزة المكتب (الطابق 2)'

const enroll = (muster, key, hostname) =>
  muster.ask('POST', '/api/enroll', {
    key,
    device_secret: `mdev_${createHash('sha256').update(hostname).digest('hex')}`,
    hostname,
    os: 'linux',
  })

const is_at = (path) => (url) => url.pathname === path

// A server with something to say in each part of the page.
async function lively(world) {
  const muster = await world.serve()
  const shop = await muster.make_key({ name: hebrew, type: 'reusable', expires_in: 86400 * 3 })
  for (const name of ['till-front', 'till-back', 'till-cellar']) await enroll(muster, shop.key, name)
  await muster.make_key({ name: arabic, type: 'reusable', expires_in: 0 })
  for (const name of [long_name, 'b', 'c', 'd'])
    await muster.make_key({ name, type: 'reusable', expires_in: 86400 })
  const strict = await muster.make_key({ name: 'Contractors', requires_approval: true })
  await enroll(muster, strict.key, 'laptop-of-a-contractor')
  const link = await muster.ask('POST', '/api/install-links', { recipient: 'Miller bakery' })
  await enroll(muster, link.key, 'oven')
  for (let times = 1; times <= 7; times += 1)
    await assert.rejects(enroll(muster, link.key, `stranger-${times}`), /key_used_up/)
  return { muster, shop }
}

test('the overview of an empty server leads to the first step', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/overview`)
  await assert_looks_right(page, 'overview empty')
  await page.getByRole('link', { name: 'Bring in your first machine' }).click()
  await page.waitForURL(is_at('/start'))
})

test('the overview tells who is there and what wants attention, and acts', async (world) => {
  const { muster } = await lively(world)
  const page = await world.sign_in(muster)
  await page.goto(muster.url)
  await page.waitForURL(is_at('/overview'))
  await page.getByText('and 2 more').waitFor()
  await page.getByText('A key was refused again and again').waitFor()
  await assert_looks_right(page, 'overview lively')
  await page.getByText('The numbers as a table').click()
  await page.getByRole('row', { name: 'In all 5' }).waitFor()
  await assert_looks_right(page, 'overview table')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('The device is approved.').waitFor()
  assert.equal(await page.getByText('waits for approval').count(), 0)
  await page.getByRole('link', { name: 'and 2 more' }).click()
  await page.waitForURL(is_at('/keys'))
  await page.getByText('Ending within 7 days · 5').waitFor()
  await assert_looks_right(page, 'overview list')
})

test('the chart is told to who cannot see it, and stands still while the page loads', async (world) => {
  const { muster } = await lively(world)
  const page = await world.sign_in(muster, { javaScript: false })
  await page.goto(`${muster.url}/overview`)
  const chart = page.getByRole('img', { name: /Devices that came in, per day: 5 devices in all/ })
  await chart.waitFor()
  const sizes = await chart.evaluate((svg) => [svg.getAttribute('width'), svg.clientHeight])
  assert.deepEqual(sizes, ['100%', 192])
  assert.equal(await page.locator('[style]').count(), 0)
})

test('on paper bars are outlines with their values, also from a dark screen', async (world) => {
  const { muster, shop } = await lively(world)
  const page = await world.sign_in(muster, { theme: 'dark' })
  for (const path of ['/overview', `/keys/${shop.id}`]) {
    await page.goto(muster.url + path)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await page.setViewportSize({ width: 720, height: 1000 })
    await picture(page, `paper ${path}`)
    const bar = page.locator('.plot .bar').first()
    const look = await bar.evaluate((rect) => {
      const { fill, stroke } = getComputedStyle(rect)
      return [fill, stroke, getComputedStyle(document.body).backgroundColor]
    })
    assert.deepEqual(look, ['none', 'rgb(0, 0, 0)', 'rgb(255, 255, 255)'])
    assert.ok(await page.locator('.plot .value').first().isVisible())
    await page.emulateMedia({ media: 'screen' })
  }
})

test('the page of a key shows where it stands and when it was used', async (world) => {
  const { muster, shop } = await lively(world)
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys/${shop.id}`)
  await page.getByText('Made by').waitFor()
  await page.getByRole('img', { name: /through this key, per day: 3 devices in all/ }).waitFor()
  await assert_looks_right(page, 'overview key')
})
