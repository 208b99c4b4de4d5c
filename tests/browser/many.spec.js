// Choosing many rows and acting on them, with and without scripts; rows that unfold; CSV files.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

// Keys "Till 1" … on a server.
async function with_keys(world, count, members = {}) {
  const muster = await world.serve()
  const keys = []
  for (let number = 1; number <= count; number += 1)
    keys.push(await muster.make_key({ name: `Till ${number}`, type: 'reusable', ...members }))
  return { muster, keys }
}

const enroll = (muster, key, hostname) =>
  muster.ask('POST', '/api/enroll', {
    key: key.key,
    device_secret: `mdev_${createHash('sha256').update(hostname).digest('hex')}`,
    hostname,
    os: 'linux',
    os_version: 'Debian GNU/Linux 12 (bookworm)',
  })

const states = async (muster) => (await muster.ask('GET', '/api/setup-keys')).map((key) => key.state)

const at = (path) => (url) => url.pathname === path

test('two keys are chosen and paused, and the bar is there only meanwhile', async (world) => {
  const { muster } = await with_keys(world, 3)
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys?search=Till`)
  const bar = page.locator('#many')
  await bar.waitFor({ state: 'hidden' })
  await page.getByLabel('Choose Till 1').check()
  await page.getByLabel('Choose Till 2').check()
  await bar.getByText('2 chosen').waitFor({ state: 'attached' })
  await assert_looks_right(page, 'many keys chosen')
  await bar.getByRole('button', { name: 'Pause' }).click()
  await page.waitForURL((url) => url.searchParams.get('notice') === 'keys-paused')
  await page.getByText('2 keys paused.').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('search'), 'Till')
  assert.deepEqual(await states(muster), ['valid', 'paused', 'paused', 'valid'])
})

test('all on the page are chosen at once, and revoking them asks first', async (world) => {
  const { muster, keys } = await with_keys(world, 12)
  await enroll(muster, keys[0], 'till-front')
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys?search=Till`)
  await page.getByLabel('Choose all on this page').check()
  await page.locator('#many').getByText('12 chosen').waitFor({ state: 'attached' })
  await page.getByRole('button', { name: 'Revoke…' }).click()
  await page.waitForURL(at('/keys/actions'))
  await page.getByText('The device enrolled with these keys stays connected.').waitFor()
  await page.getByText('and 2 more').waitFor()
  await assert_looks_right(page, 'many keys confirm')
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.waitForURL(at('/keys'))
  await page.getByText('12 keys revoked.').waitFor()
  assert.equal((await states(muster)).filter((state) => state === 'revoked').length, 12)
})

test('without scripts the bar is always there, and all that match are acted on', async (world) => {
  const { muster } = await with_keys(world, 35)
  const page = await world.sign_in(muster, { javaScript: false })
  await page.goto(`${muster.url}/keys?search=Till`)
  await assert_looks_right(page, 'many keys without scripts')
  await page.getByLabel('Which keys').selectOption('all')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.waitForURL(at('/keys'))
  await page.getByText('35 keys paused.').waitFor()
  await page.getByLabel('Choose Till 35').check()
  await page.getByLabel('Choose Till 34').check()
  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.waitForURL(at('/keys/actions'))
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.waitForURL(at('/keys'))
  await page.getByText('2 keys deleted.').waitFor()
  assert.equal((await states(muster)).length, 34)
})

test('a row unfolds to its devices and folds again', async (world) => {
  const { muster, keys } = await with_keys(world, 2)
  for (let number = 1; number <= 12; number += 1) await enroll(muster, keys[0], `till-${number}`)
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys`)
  const opener = page.getByLabel('Devices of Till 1')
  await opener.click()
  await page.getByText('All 12 devices').waitFor()
  assert.equal(await opener.getAttribute('aria-expanded'), 'true')
  await assert_looks_right(page, 'many key unfolded')
  await opener.click()
  await page.getByText('All 12 devices').waitFor({ state: 'detached' })

  const plain = await world.sign_in(muster, { javaScript: false })
  await plain.goto(`${muster.url}/keys`)
  await plain.getByLabel('Devices of Till 1').click()
  await plain.getByText('All 12 devices').waitFor()
})

test('boxes of devices stay checked while the list renews itself', async (world) => {
  const { muster, keys } = await with_keys(world, 1)
  await enroll(muster, keys[0], 'till-front')
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/devices`)
  await page.getByLabel('Choose till-front').check()
  await page.locator('h1').click() // the list waits for whoever is at one of its controls
  await page.evaluate(() => document.activeElement.blur())
  await enroll(muster, keys[0], 'till-back')
  await page.getByLabel('Choose till-back').waitFor()
  assert.ok(await page.getByLabel('Choose till-front').isChecked())
  await page.locator('#many').getByText('1 chosen').waitFor({ state: 'attached' })
  await page.getByText('Groups and tags').click()
  await assert_looks_right(page, 'many devices chosen')
  await page.getByLabel('Tags, with commas').fill('front')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.waitForURL((url) => url.searchParams.has('notice'))
  await page.getByText('1 device tagged anew.').waitFor()
})

test('links are chosen, and withdrawn after a question', async (world) => {
  const muster = await world.serve()
  for (const recipient of ['Miller', 'Baker'])
    await muster.ask('POST', '/api/install-links', { recipient })
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/links`)
  await page.getByLabel('Choose Miller').check()
  await assert_looks_right(page, 'many links chosen')
  await page.getByRole('button', { name: 'Withdraw…' }).click()
  await page.waitForURL(at('/links/actions'))
  await assert_looks_right(page, 'many links confirm')
  await page.getByRole('button', { name: 'Withdraw' }).click()
  await page.waitForURL(at('/links'))
  await page.getByText('1 link withdrawn.').waitFor()
})

test('a list is saved as CSV with its filter', async (world) => {
  const { muster, keys } = await with_keys(world, 2)
  await enroll(muster, keys[0], 'till-front')
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys?search=Till+2`)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText('Export CSV').click(),
  ])
  assert.match(download.suggestedFilename(), /^muster-keys-\d{4}-\d\d-\d\d\.csv$/)
  const rows = (await readFile(await download.path(), 'utf8')).split('\r\n')
  assert.equal(rows.length, 3)
  assert.match(rows[0], /^id,name,hint,state,/)
  assert.match(rows[1], /^3,Till 2,mkey_/)
})

test('an edit of a key is applied to its devices after a look at what would change', async (world) => {
  const { muster, keys } = await with_keys(world, 1, { tags: ['old'] })
  for (const hostname of ['till-front', 'till-back']) await enroll(muster, keys[0], hostname)
  await muster.ask('POST', '/api/groups', { name: 'shops' })
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys/${keys[0].id}/edit`)
  await page.getByLabel('Tags').fill('new')
  await page.getByLabel('shops').check()
  await page.getByRole('button', { name: 'Save the key' }).click()
  await page.waitForURL(at(`/keys/${keys[0].id}`))
  await page.getByText('The key is saved.').waitFor()
  await assert_looks_right(page, 'key offers to apply')
  await page.getByText('Apply to its 2 devices too…').click()
  await page.waitForURL(at(`/keys/${keys[0].id}/apply`))
  await assert_looks_right(page, 'key apply')
  await page.getByRole('button', { name: 'Apply to 2 devices' }).click()
  await page.getByText('2 devices changed like its key.').waitFor()
  const devices = await muster.ask('GET', '/api/devices')
  assert.deepEqual(devices.map((device) => device.tags), [['new'], ['new']])
})
