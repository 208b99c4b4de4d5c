// That the base these tests stand on sees what it is there to see.

import assert from 'node:assert/strict'

import { assert_looks_right, axe_findings, overflow } from './look.js'
import { test } from './muster.js'

const sound = `<!doctype html><html lang="en"><title>Keys</title>
  <meta name="viewport" content="width=device-width"><main><h1>Keys</h1></main></html>`

// A page under the policy that the server's own pages have.
async function open_stub(world, body, look) {
  const { url } = await world.serve({ owner: false })
  const page = await world.open(`${url}/healthz`, look)
  const headers = { 'Content-Security-Policy': "default-src 'self'" }
  await page.route('**/stub', (route) => route.fulfill({ body, headers, contentType: 'text/html' }))
  await page.goto(`${url}/stub`)
  return page
}

test('a sound page looks right, with scripts and without', async (world) => {
  for (const javaScript of [true, false])
    await assert_looks_right(await open_stub(world, sound, { javaScript }), 'sound')
})

test('what axe-core finds and what is too wide is reported with the element', async (world) => {
  const wide = '<input id="wide" style="width: 400px">'
  const page = await open_stub(world, sound.replace('</main>', `${wide}</main>`), { size: 'narrow' })
  page.expect_trouble() // the policy forbids that style
  await page.evaluate(() => (document.querySelector('#wide').style.width = '400px'))

  assert.match((await axe_findings(page)).join(), /^label: #wide: /)
  assert.match((await overflow(page)).join(), /^too wide: <input id="wide"/)
  await assert.rejects(assert_looks_right(page, 'unsound'), /label: #wide[^]*narrow dark/)
})

test('scripts in the page, errors, missing files and other hosts are trouble', async (world) => {
  const page = await open_stub(world, `${sound}<script>nothing()</script><script src="/a.js"></script>`)
  await page.evaluate(() => console.error('an error of our own'))
  await page.route('http://elsewhere.invalid/', (route) => route.fulfill({ body: '' }))
  await page.evaluate(() => fetch('http://elsewhere.invalid/').catch(() => {}))

  const trouble = page.trouble.join('\n')
  for (const sign of [/Content Security Policy/, /our own/, /404/, /asks another host|elsewhere/])
    assert.match(trouble, sign)
  assert.throws(() => page.assert_no_trouble())
  page.expect_trouble()
})
