// The first minutes of a new owner, by clicking and by keyboard alone.

import assert from 'node:assert/strict'

import { assert_looks_right } from './look.js'
import { test } from './muster.js'

const password = 'a long enough password'

async function fill_in(page) {
  await page.getByLabel('Your e-mail').fill('ana@example.com')
  await page.getByLabel('A password').fill(password)
}

for (const javaScript of [true, false]) {
  const scripts = javaScript ? 'with scripts' : 'without scripts'

  test(`the set-up address makes the owner, once, ${scripts}`, async (world) => {
    const muster = await world.serve({ owner: false })
    const setup_url = await muster.setup_url()
    const page = await world.open(setup_url, { javaScript })
    await assert_looks_right(page, `first run ${scripts}`)
    await fill_in(page)
    await page.getByRole('button', { name: 'Make me the owner' }).click()

    await page.waitForURL((url) => url.pathname === '/start')
    await assert_looks_right(page, `start ${scripts}`)
    const late = await world.open(setup_url, { javaScript })
    assert.match(await late.textContent('main'), /has an owner now/)
  })
}

test('what cannot be is said, and what was typed stays', async (world) => {
  const muster = await world.serve({ owner: false })
  const page = await world.open(await muster.setup_url(), { size: 'phone' })
  await fill_in(page)
  await page.getByLabel('Its addresses').fill('10.0.0.0')
  await page.getByRole('button', { name: 'Make me the owner' }).click()

  assert.match(await page.getByRole('alert').textContent(), /prefix from 8 to 30/)
  assert.equal(await page.getByLabel('Your e-mail').inputValue(), 'ana@example.com')
  await assert_looks_right(page, 'first run refused')
})

test('signing in, the menu and signing out need no mouse', async (world) => {
  const muster = await world.serve()
  const page = await world.open(`${muster.url}/account`)
  await assert_looks_right(page, 'sign in')

  await page.keyboard.type(muster.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(muster.password)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/account')
  await assert_looks_right(page, 'account')

  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content')
  while ((await page.evaluate(() => document.activeElement.textContent)) !== 'Sign out')
    await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/sign-in')
})

test('a wrong password is told plainly, and the page keeps the address', async (world) => {
  const muster = await world.serve()
  const page = await world.open(`${muster.url}/sign-in`, { size: 'narrow', theme: 'dark' })
  await page.getByLabel('E-mail').fill(muster.email)
  await page.getByLabel('Password').fill('not this one')
  await page.getByRole('button', { name: 'Sign in' }).click()

  assert.match(await page.getByRole('alert').textContent(), /do not belong together/)
  assert.equal(await page.getByLabel('E-mail').inputValue(), muster.email)
  await assert_looks_right(page, 'sign in refused')
})

test('the colors that were chosen stay on the next page', async (world) => {
  const muster = await world.serve()
  const page = await world.sign_in(muster)
  await page.getByRole('button', { name: 'Dark' }).click()
  await page.locator('html[data-theme=dark]').waitFor()
  await page.goto(`${muster.url}/account`)

  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  assert.equal(paper, 'rgb(19, 20, 18)')
})

test('a mistyped address and a page of nobody are told as a page', async (world) => {
  const muster = await world.serve()
  const page = await world.open(`${muster.url}/nothing`)

  assert.match(await page.textContent('main'), /There is nothing here/)
  await assert_looks_right(page, 'not found')
})
