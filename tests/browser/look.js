// How a page looks: pictures of it, and what a person could not read or reach.

import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { open_page, sizes } from './chromium.js'

const pictures = fileURLToPath(new URL('../../build/screenshots/', import.meta.url))
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// Writes the whole page to build/screenshots/ and returns the file's path.
export async function picture(page, name) {
  await mkdir(pictures, { recursive: true })
  const path = `${pictures}${name.replace(/[^\w.]+/g, '-').slice(0, 120)}.png`
  await page.screenshot({ path, fullPage: true })
  return path
}

// What axe-core finds, one line for each element: the rule, the element, what to do. It is a script
// itself, so a page whose scripts are off is judged by a copy of what stands there.
export async function axe_findings(page, theme = page.theme) {
  const judged = page.javaScript ? page : await copy_without_scripts(page, theme)
  await judged.evaluate(await axe)
  const { violations } = await judged.evaluate(() =>
    globalThis.axe.run({ resultTypes: ['violations'] }),
  )
  if (judged !== page) await judged.context().close()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`),
  )
}

async function copy_without_scripts(page, theme) {
  const content = await page.content()
  const body = content.replace(/<script[^]*?<\/script>/g, '').replace(/<\/?noscript>/g, '')
  const copy = await open_page({ theme })
  await copy.setViewportSize(page.viewportSize())
  await copy.route(page.url(), (route) => route.fulfill({ body, contentType: 'text/html' }))
  await copy.goto(page.url())
  return copy
}

// What makes the page wider than the window.
export function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      .map((element) => `too wide: ${element.outerHTML.slice(0, 120)}`)
  })
}

// The page, at each size and theme, has nothing that axe-core finds and no horizontal scroll.
// A picture of each is kept under `name`.
export async function assert_looks_right(page, name) {
  const before = page.viewportSize()
  const looks_of = new Map() // of each finding
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await picture(page, `${name} ${size} ${colorScheme}`)
      for (const finding of [...(await overflow(page)), ...(await axe_findings(page, colorScheme))])
        looks_of.set(finding, [...(looks_of.get(finding) ?? []), `${size} ${colorScheme}`])
    }
  }
  await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: page.theme })
  if (looks_of.size === 0) return
  const problems = [...looks_of].map(([finding, looks]) => `${finding}\n  (${looks.join(', ')})`)
  throw new Error([page.url(), ...problems].join('\n'))
}
