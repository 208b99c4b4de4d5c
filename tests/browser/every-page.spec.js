// Every page there is, in every form: desktop, phone and 320 wide, light and dark. axe-core finds
// nothing, nothing scrolls sideways, no page is heavy, and the keyboard alone gets everywhere.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

const long_name = 'The machines of the very long bakery name at the corner of Market and Mill Street'
const right_to_left = 'מחשב הקופה הראשי'

// A server with something of every kind on every page.
async function furnished(world) {
  const muster = await world.serve()
  const ask = (...words) => muster.ask(...words)
  await ask('POST', '/api/groups', { name: 'tills' })
  await ask('POST', '/api/groups', { name: 'customers', is_protected: true })
  const tills = await muster.make_key({
    name: long_name,
    type: 'reusable',
    usage_limit: 10,
    auto_groups: ['tills'],
    tags: ['shop 1'],
  })
  for (const hostname of ['till-front', 'till-back']) await enroll(muster, tills.key, hostname)
  const used = await muster.make_key({ name: right_to_left, auto_groups: ['customers'] })
  await enroll(muster, used.key, 'counter')
  await refused(muster, used.key)
  const paused = await muster.make_key({ name: 'CI runners', type: 'reusable', ephemeral: true })
  await ask('POST', `/api/setup-keys/${paused.id}/pause`)
  const link = await ask('POST', '/api/install-links', { recipient: 'Miller bakery' })
  await ask('POST', '/api/install-links', { recipient: long_name, note: 'first floor' })
  const gone = await ask('POST', '/api/install-links', { recipient: 'Withdrawn' })
  await ask('DELETE', `/api/install-links/${gone.id}`)
  const robot = await ask('POST', '/api/users', {
    name: 'Nightly backup of the shops',
    role: 'auditor',
    is_service_user: true,
  })
  await ask('POST', `/api/users/${robot.id}/tokens`, { name: 'cron', expires_in: 90 })
  await ask('POST', '/api/users', { email: 'bea@example.com', name: long_name, role: 'admin' })
  const shops = await ask('POST', '/api/networks', { name: long_name, cidr: '10.9.0.0/24' })
  const shop = await muster.make_key({ name: 'Shops', type: 'reusable', networks: [shops.id] })
  await enroll(muster, shop.key, 'scales')
  const doomed = await muster.make_key({ name: 'Fair of last year', type: 'reusable' })
  await enroll(muster, doomed.key, 'stand')
  const receipt = await end(muster, { kind: 'setup_key', id: doomed.id })
  const ids = {
    keys: tills.id,
    links: link.id,
    groups: '2',
    devices: '1',
    people: robot.id,
    networks: shops.id,
    revocations: `${tills.id}?devices=remove`,
    receipts: receipt.cascade_id,
  }
  return { muster, ids, link, gone }
}

async function end(muster, target) {
  const wanted = { target, devices: 'remove' }
  const { digest } = await muster.ask('POST', '/api/revocations', { ...wanted, dry_run: true })
  return muster.ask('POST', '/api/revocations', { ...wanted, digest })
}

// A page of that pattern which has something to show.
const path_of = (pattern, ids) =>
  pattern.replace('{kind}', 'setup_key').replace('{id}', ids[pattern.split('/')[1]] ?? '')

let machines = 0
const machine_secret = () =>
  `mdev_${createHash('sha256').update(`${++machines}`).digest('hex')}`

const enroll = (muster, key, hostname) =>
  muster.ask('POST', '/api/enroll', {
    key,
    device_secret: machine_secret(),
    hostname,
    os: 'linux',
    os_version: 'Debian GNU/Linux 12 (bookworm)',
    arch: 'arm64',
    agent_version: '1',
  })

const refused = (muster, key) => assert.rejects(enroll(muster, key, 'somebody-else'), /key_used_up/)

// The paths of all pages, as web/routes.cc lists them.
async function listed_pages() {
  const routes = await readFile(new URL('../../web/routes.cc', import.meta.url), 'utf8')
  return [...routes.matchAll(/route<pages::\w+>\(\s*"GET",\s*"([^"]+)"/g)].map(([, path]) => path)
}

// Shown where they are made, or to nobody who is signed in.
const elsewhere = ['/static/{file}', '/first-run/{secret}', '/i/{secret}', '/invite/{secret}', '/sign-in', '/']

// Saved, not shown.
const is_shown = (pattern) => !elsewhere.includes(pattern) && !pattern.endsWith('.csv')

test('every page looks right in every form, and is light', async (world) => {
  const { muster, ids } = await furnished(world)
  const page = await world.sign_in(muster)
  for (const pattern of await listed_pages()) {
    if (!is_shown(pattern)) continue
    const noun = pattern.split('/')[1]
    assert.ok(!pattern.includes('{') || ids[noun], `this test knows no ${pattern}`)
    let bytes = 0
    page.removeAllListeners('response')
    page.on('response', async (answer) => (bytes += (await answer.body().catch(() => '')).length))
    await page.goto(muster.url + path_of(pattern, ids))
    await page.waitForLoadState('load')
    if (!(await page.locator('main').count())) continue // a part of a page
    await assert_looks_right(page, `page ${pattern.replaceAll(/[{}/]+/g, ' ').trim()}`)
    assert.ok(bytes < 60_000, `${pattern}: ${bytes} bytes`)
  }
})

test('a stranger’s page looks right, living, opened and ended', async (world) => {
  const { muster, link, gone } = await furnished(world)
  const page = await world.open(link.url)
  await assert_looks_right(page, 'link closed')
  await page.locator('main form button').first().click()
  await page.locator('#line-linux').waitFor()
  await assert_looks_right(page, 'link opened')
  await page.goto(gone.url)
  await assert_looks_right(page, 'link withdrawn')
  await page.goto(`${muster.url}/i/nothing`)
  await assert_looks_right(page, 'link unknown')
})

test('what was made is shown once and looks right', async (world) => {
  const { muster } = await furnished(world)
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/keys/new`)
  await page.getByLabel('Name', { exact: false }).first().fill('Shop tills')
  await page.locator('main form button.main').last().click()
  await page.locator('#line-linux').waitFor()
  await assert_looks_right(page, 'key created')
  await page.goto(`${muster.url}/links/new`)
  await page.locator('main form input[name=recipient]').fill('Miller bakery')
  await page.locator('main form button.main').last().click()
  await page.locator('#url').waitFor()
  await assert_looks_right(page, 'link created')
})

test('empty pages say what they are for', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  for (const path of ['/overview', '/links', '/devices', '/groups', '/keys', '/people']) {
    await page.goto(muster.url + path)
    await assert_looks_right(page, `empty ${path.slice(1)}`)
  }
})

test('the keyboard reaches every control of every page, and shows where it is', async (world) => {
  const { muster, ids } = await furnished(world)
  const page = await world.sign_in(muster)
  for (const pattern of await listed_pages()) {
    if (!is_shown(pattern)) continue
    await page.goto(muster.url + path_of(pattern, ids))
    if (!(await page.locator('main').count())) continue
    assert.deepEqual(await unreached(page), [], pattern)
  }
})

// Controls that Tab does not come to, or that look the same with the focus. A field for a date takes
// several presses.
async function unreached(page) {
  const count = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    const seen = controls.filter(
      (control) => control.checkVisibility() && !control.disabled && control.type !== 'hidden',
    )
    for (const control of seen) control.dataset.unreached = ''
    document.activeElement.blur()
    return seen.length
  })
  for (let presses = 0; presses < 2 * count + 20; presses += 1) {
    await page.keyboard.press('Tab')
    await page.evaluate(() => {
      const control = document.activeElement
      const ring = getComputedStyle(control)
      const label = getComputedStyle(control.nextElementSibling ?? control)
      if (ring.outlineStyle !== 'none' || label.outlineStyle !== 'none') delete control.dataset.unreached
      // Of radio buttons with one name the keyboard comes to one; arrows go on from there.
      if (control.type === 'radio')
        for (const other of document.getElementsByName(control.name)) delete other.dataset.unreached
    })
  }
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-unreached]')].map((control) => control.outerHTML.slice(0, 100)),
  )
}
