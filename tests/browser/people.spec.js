// Somebody is invited, comes in, turns their second factor on, loses their phone, and is blocked.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

const password = 'a password of her own'

// What an authenticator app does: RFC 6238.
function totp(seed, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...seed].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = mac.at(-1) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const path_is = (path) => (url) => url.pathname === path

async function invite(owner, muster, email, role) {
  await owner.goto(`${muster.url}/people/new`)
  await owner.getByLabel('E-mail').fill(email)
  await owner.getByLabel('Name').first().fill('Bea Baker')
  await owner.getByRole('radio', { name: role }).first().check()
  await owner.getByRole('button', { name: 'Make invite' }).click()
  return owner.locator('#url').innerText()
}

async function sign_in(page, muster, email) {
  await page.goto(`${muster.url}/sign-in?next=/account`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('an invited admin comes in, with a second factor, until she is blocked', async (world) => {
  const muster = await world.serve()
  const owner = await world.sign_in(muster)
  const email = 'bea@example.com'
  const link = await invite(owner, muster, email, 'Admin')
  await assert_looks_right(owner, 'invite made')
  await owner.reload()
  assert.ok(!(await owner.content()).includes('minv_'))

  const bea = await world.open(link)
  await bea.getByText('invites you').waitFor()
  await assert_looks_right(bea, 'invite open')
  await bea.getByLabel('A password').fill(password)
  await bea.getByRole('button', { name: 'Accept the invite' }).click()
  await bea.waitForURL(path_is('/start'))
  await owner.goto(link)
  await owner.getByText('It was accepted already').waitFor()
  await assert_looks_right(owner, 'invite accepted')

  await bea.goto(`${muster.url}/account/second-factor`)
  await bea.getByLabel('Your password').fill(password)
  await bea.getByRole('button', { name: 'Go on' }).click()
  await bea.getByText('No camera? Type it').click()
  await assert_looks_right(bea, 'second factor begun')
  const seed = (await bea.locator('#seed').innerText()).replaceAll(' ', '')
  await bea.getByLabel('Code', { exact: true }).fill(totp(seed))
  await bea.getByRole('button', { name: 'Turn it on' }).click()
  await bea.getByText('They are shown this once').waitFor()
  await assert_looks_right(bea, 'recovery codes')
  const codes = (await bea.locator('#codes').innerText()).split(/\s+/).filter(Boolean)
  assert.equal(codes.length, 10)
  await bea.goto(`${muster.url}/account/second-factor`)
  await assert_looks_right(bea, 'second factor on')
  await bea.goto(`${muster.url}/account`)
  await assert_looks_right(bea, 'account of an admin')

  const phone = await world.open(`${muster.url}/sign-in`)
  await sign_in(phone, muster, email)
  await phone.getByLabel('Code from your authenticator app').waitFor()
  await assert_looks_right(phone, 'sign-in code')
  await phone.getByLabel('Code from your authenticator app').fill(totp(seed))
  await phone.getByRole('button', { name: 'Sign in' }).click()
  // The code that turned it on is spent; the clock may have moved on to the next by now.
  const spent = phone.getByText('was used before')
  await Promise.race([spent.waitFor(), phone.waitForURL(path_is('/account'))])
  if (await spent.isVisible()) {
    const next = totp(seed, Date.now() + 30_000)
    await phone.getByLabel('Code from your authenticator app').fill(next)
    await phone.getByRole('button', { name: 'Sign in' }).click()
    await phone.waitForURL(path_is('/account'))
  }

  const lost = await world.open(`${muster.url}/sign-in`)
  await sign_in(lost, muster, email)
  await lost.getByLabel('Code from your authenticator app').fill(codes[0].toUpperCase())
  await lost.getByRole('button', { name: 'Sign in' }).click()
  await lost.waitForURL(path_is('/account'))
  await lost.getByText('9 recovery codes left').waitFor()

  await owner.goto(`${muster.url}/people`)
  await assert_looks_right(owner, 'people')
  await owner.getByRole('link', { name: 'Bea Baker' }).click()
  await assert_looks_right(owner, 'a person')
  await owner.getByRole('button', { name: 'Block Bea Baker' }).click()
  await owner.getByText('Blocked: signed out everywhere').waitFor()
  await assert_looks_right(owner, 'a blocked person')
  for (const page of [bea, phone, lost]) {
    await page.goto(`${muster.url}/account`)
    await page.waitForURL(path_is('/sign-in'))
  }
  await sign_in(lost, muster, email)
  await lost.getByText('do not belong together').waitFor()
})

test('a service user is made, gets a token, and loses it', async (world) => {
  const muster = await world.serve()
  const owner = await world.sign_in(muster)
  await owner.goto(`${muster.url}/people/new`)
  await owner.getByText('A program instead?').click()
  await owner.getByLabel('What it is called').fill('backup job')
  await owner.getByRole('button', { name: 'Make service user' }).click()
  await owner.getByRole('link', { name: 'New access token' }).click()
  await owner.getByLabel('What is it for?').fill('nightly')
  await owner.getByRole('radio', { name: 'Only what is ticked' }).check()
  await owner.getByLabel('See keys').check()
  await owner.getByRole('button', { name: 'Make access token' }).click()
  const token = await owner.locator('#secret').innerText()
  assert.match(token, /^mpat_/)
  await assert_looks_right(owner, 'token made')
  await owner.getByRole('link', { name: 'Done, I have copied it' }).click()
  await owner.getByText('See keys').waitFor()
  await assert_looks_right(owner, 'a service user')
  await owner.getByRole('button', { name: 'End nightly' }).click()
  await owner.getByText('The access token has ended.').waitFor()
})

test('a member finds their account and no more', async (world) => {
  const muster = await world.serve()
  const owner = await world.sign_in(muster)
  const link = await invite(owner, muster, 'mo@example.com', 'Member')
  const member = await world.open(link)
  await member.getByLabel('A password').fill(password)
  await member.getByRole('button', { name: 'Accept the invite' }).click()
  await member.waitForURL(path_is('/account'))
  await member.getByText('Your devices').waitFor()
  await assert_looks_right(member, 'account of a member')
})
