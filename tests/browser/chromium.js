// Chromium, started once for each process, and its pages.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'

import { chromium } from 'playwright-core'

export const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
}

let starting

// The browser is Debian's; on Ubuntu it has another name. It is not to look for its maker's hosts,
// which a test has no business with and a closed network refuses.
function browser() {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser']
  starting ??= chromium.launch({
    executablePath: places.find(existsSync),
    args: ['--disable-quic', '--disable-sync', '--disable-gpu'],
  })
  return starting
}

export async function close_browser() {
  if (starting) await (await starting).close()
}

// `size`: a name above; `theme`: light or dark; `javaScript: false` switches scripts off.
export async function open_page({ size = 'desktop', theme = 'light', javaScript = true } = {}) {
  const context = await (await browser()).newContext({
    viewport: sizes[size],
    colorScheme: theme,
    javaScriptEnabled: javaScript,
    ignoreHTTPSErrors: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  Object.assign(page, { theme, javaScript })
  watch(context, page)
  return page
}

// Notes what goes wrong in any tab of the context. That an address was answered with an error is no
// trouble when it was gone to, nor for the icon that a browser asks of a text without a head.
function watch(context, page) {
  page.trouble = []
  const navigated = new Set()
  let ignored = false
  page.expect_trouble = () => (ignored = true)
  page.assert_no_trouble = () => ignored || assert.deepEqual(page.trouble, [])

  context.on('request', (request) => {
    if (request.isNavigationRequest()) navigated.add(request.url())
    const { protocol, host } = new URL(request.url())
    if (protocol.startsWith('http') && host !== new URL(first(navigated)).host)
      page.trouble.push(`asks another host: ${request.url()}`)
  })
  context.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    const { url } = message.location()
    const is_refusal = message.text().startsWith('Failed to load resource')
    if (is_refusal && (navigated.has(url) || url.endsWith('/favicon.ico'))) return
    page.trouble.push(`${message.text()} (${url})`)
  })
  context.on('weberror', (error) => page.trouble.push(String(error.error().stack)))
}

const first = (set) => set.values().next().value
