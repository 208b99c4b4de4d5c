// Groups, devices and the audit log as they look.

import { randomBytes } from 'node:crypto'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

function enroll(muster, key, hostname) {
  const device_secret = `mdev_${randomBytes(32).toString('hex')}`
  const facts = { os: 'linux', os_version: 'Debian 12', arch: 'arm64', agent_version: '1' }
  return muster.ask('POST', '/api/enroll', { key, device_secret, hostname, ...facts })
}

test('groups, devices and the audit log look right', async (world) => {
  const muster = await world.serve()
  const shops = await muster.ask('POST', '/api/groups', { name: 'shops' })
  const { key } = await muster.make_key({
    name: 'Shop tills',
    type: 'reusable',
    auto_groups: [shops.id],
    requires_approval: true,
    tags: ['front'],
  })
  for (const name of ['till-front', 'a-machine-with-a-rather-long-name-0123456789'])
    await enroll(muster, key, name)
  await muster.ask('PATCH', '/api/devices/1', { approved: true })

  const page = await world.sign_in(muster)
  for (const path of ['groups', `groups/${shops.id}`, `groups/${shops.id}/protection`, 'devices',
    'devices/1', 'devices/2', 'devices/1/remove', 'audit']) {
    await page.goto(`${muster.url}/${path}`)
    await assert_looks_right(page, path)
  }
})

test('a group made in the pages shows its default key once', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await page.goto(`${muster.url}/groups/new`)
  await assert_looks_right(page, 'new group')
  await page.fill('#name', 'shops')
  await page.click('button.main:text("Make group")')
  await page.waitForSelector('dialog #secret')
  await assert_looks_right(page, 'group made')
  await page.click('text=Done, I have copied it')
  await page.waitForURL('**/groups/2')
})
