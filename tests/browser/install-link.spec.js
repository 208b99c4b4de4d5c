// An install link, from the click that makes it to the device that comes in through it.

import assert from 'node:assert/strict'

import { test } from './muster.js'

// The address of the link in the page that made it.
const link_in = (page) => page.textContent('#url')

async function make_link(muster, page) {
  await page.goto(`${muster.url}/links/new`)
  await page.fill('#recipient', 'Miller bakery')
  await page.fill('#message', 'so that we can look after your till')
  await page.click('text=Make link')
  return link_in(page)
}

// A stranger opens the link and presses the button. Their page, with the line in it.
async function open_link(world, url, look) {
  const page = await world.open(url, look)
  assert.doesNotMatch(await page.content(), /mkey_|install\.sh/)
  await page.click('text=Show me how')
  page.line = await page.textContent('#line-linux')
  return page
}

test('a link made by clicking connects one machine, and both open pages tell', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  const url = await make_link(muster, page)
  await page.click('text=Copy message')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(copied, new RegExp(`look after your till[^]*${url}[^]*Questions\\? ${muster.email}`))

  const stranger = await open_link(world, url)
  await stranger.waitForSelector('text=Waiting for your computer')
  await page.waitForSelector('text=opened the page')
  const first = await (await world.machine()).paste(stranger.line)
  assert.match(first.output, /✓ Connected/, first.errors)
  await stranger.waitForSelector('text=Your computer is connected, as miller-bakery')
  await page.waitForSelector('text=/Connected: miller-bakery, .*, online/')

  const second = await (await world.machine()).paste(stranger.line)
  assert.match(second.errors, /This line works once, and miller-bakery used it/)
  await stranger.goto(url)
  await stranger.waitForSelector('text=This link has been used')

  await page.click('text=All about this link')
  const about = page.url()
  await page.click('text=Its one-time key')
  await page.waitForSelector('text=1 online of 1')
  assert.match(await page.textContent('.table:has-text("miller-bakery")'), /Online[^]*(Debian|Ubuntu|Rasp)/i)
  await page.goto(about)
  await page.click('text=Wrong computer?')
  await page.click('text=Remove miller-bakery and make new link')
  const newer = await open_link(world, await link_in(page))
  const third = await (await world.machine()).paste(newer.line)
  assert.match(third.output, /✓ Connected/, third.errors)
  await newer.waitForSelector('text=Your computer is connected')
  const devices = await muster.ask('GET', '/api/devices')
  assert.deepEqual(devices.map((device) => device.online), [true])

  await page.reload()
  await page.waitForSelector('text=Already created')
})

test('a link does all of it without scripts; Look again takes the place of the live part', async (world) => {
  const without_scripts = { javaScript: false, size: 'phone' }
  const muster = await world.serve()
  const page = await world.sign_in(muster, without_scripts)
  const url = await make_link(muster, page)

  const stranger = await open_link(world, url, without_scripts)
  const look_again = async (from) => {
    const [tab] = await Promise.all([from.context().waitForEvent('page'), from.click('text=Look again')])
    return tab
  }
  const tab = await look_again(stranger)
  await tab.waitForSelector('text=Waiting for your computer')
  const first = await (await world.machine()).paste(stranger.line)
  assert.match(first.output, /✓ Connected/, first.errors)
  await tab.click('text=Look again')
  await tab.waitForSelector('text=Your computer is connected, as miller-bakery')
  const about = await look_again(page)
  await about.waitForSelector('text=/Connected: miller-bakery, .*, online/')

  const second = await (await world.machine()).paste(stranger.line)
  assert.match(second.errors, /This line works once, and miller-bakery used it/)

  await about.click('text=Wrong computer?')
  await about.click('text=Remove miller-bakery and make new link')
  const newer = await open_link(world, await link_in(about), without_scripts)
  const third = await (await world.machine()).paste(newer.line)
  assert.match(third.output, /✓ Connected/, third.errors)
  const told = await look_again(newer)
  await told.waitForSelector('text=Your computer is connected')
})
