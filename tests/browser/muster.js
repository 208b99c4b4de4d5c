// What a browser test stands on: the real binary on a folder of its own, pages of it in Chromium,
// and machines that paste its line. All of it goes when the test ends, however it ends.
//
//     test('a rule in plain English', async (world) => {
//       const muster = await world.serve()
//       const page = await world.open(muster.url + '/keys', { size: 'phone', theme: 'dark' })
//
// A test also fails when a page of it logged an error, broke its Content-Security-Policy, or asked
// any other host for anything. `page.expect_trouble()` takes that back where trouble is the point.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import node_test from 'node:test'

import { request } from 'playwright-core'

import { close_browser, open_page } from './chromium.js'
import { picture } from './look.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const binary = process.env.MUSTER_BINARY ?? join(root, 'build/release/muster')

node_test.after(close_browser)

// `work(world)`: `world.serve`, `world.open`, `world.sign_in` and `world.machine` below.
export function test(name, work) {
  node_test(name, async () => {
    const world = new World()
    try {
      await within(240, work(world))
      for (const page of world.pages) page.assert_no_trouble()
    } catch (error) {
      await world.describe(name)
      throw error
    } finally {
      await world.end()
    }
  })
}

class World {
  pages = []
  #servers = []
  #endings = []

  // A server. `owner: false` leaves the folder without an owner, as at the first start;
  // `options`: further words for `muster serve`.
  async serve({ owner = true, options = [] } = {}) {
    const server = new Server(await this.#folder(), options)
    this.#servers.push(server)
    this.#endings.push(() => server.stop('SIGKILL'))
    if (owner) await server.make_owner()
    await server.start()
    return server
  }

  // A page in a browser that has never been here, showing that address.
  async open(url, look = {}) {
    const page = await open_page(look)
    this.pages.push(page)
    this.#endings.push(() => page.context().close())
    await page.goto(url)
    return page
  }

  // A page at `/start` in a browser where the owner is signed in.
  async sign_in(server, look = {}) {
    const page = await this.open(`${server.url}/sign-in?next=/start`, look)
    await page.getByLabel('E-mail').fill(server.email)
    await page.getByLabel('Password').fill(server.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => url.pathname === '/start')
    return page
  }

  async machine() {
    const machine = new Machine(await this.#folder())
    this.#endings.push(() => machine.end())
    return machine
  }

  // What is left to see of a test that failed.
  async describe(name) {
    for (const [index, page] of this.pages.entries()) {
      const seen = within(10, picture(page, `failed ${name} ${index + 1}`))
      const at = await seen.catch((error) => error.message)
      console.log(`page ${index + 1}: ${page.url()}\n  ${at}\n  ${page.trouble.join('\n  ')}`)
    }
    for (const server of this.#servers) console.log(`the server's log:\n${server.log}`)
  }

  async end() {
    for (const ending of this.#endings.reverse()) await within(20, ending())
  }

  async #folder() {
    const folder = await mkdtemp(join(tmpdir(), 'muster-browser-'))
    this.#endings.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    return folder
  }
}

class Server {
  email = 'ana@example.com'
  log = ''
  said = '' // on standard output: the set-up address, while nobody owns it
  #folder
  #options
  #process
  #port = 0

  constructor(folder, options) {
    this.#folder = join(folder, 'data')
    this.#options = options
  }

  // `http://127.0.0.1:PORT`, whatever its public address is.
  get url() {
    return `${this.#is_tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`
  }

  get #is_tls() {
    return this.#options.some((word) => word === '--tls-cert' || word.startsWith('0.0.0.0:'))
  }

  // Standard output of `muster COMMAND…` on the same folder.
  async command(...words) {
    const ran = await run(binary, ['--data', this.#folder, ...words])
    assert.equal(ran.exit, 0, `muster ${words.join(' ')}: ${ran.errors}`)
    return ran.output.trimEnd()
  }

  async make_owner() {
    this.password = await this.command('admin', 'create', '--email', this.email)
    this.token = await this.command('token', 'create', '--email', this.email, '--name', 'browser')
  }

  // The address that makes the first owner; said right after the server listens.
  async setup_url() {
    while (!this.said.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 10))
    return this.said.trim().split('\n').at(-1)
  }

  // One request to the JSON API with the owner's token; what it answers, parsed.
  async ask(method, path, body) {
    const client = await request.newContext({ ignoreHTTPSErrors: true })
    try {
      const headers = { Authorization: `Token ${this.token}` }
      const answer = await client.fetch(this.url + path, { method, data: body, headers })
      const text = await answer.text()
      assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`)
      return text && JSON.parse(text)
    } finally {
      await client.dispose()
    }
  }

  // A setup key with its plain secret. `members`: over a one-time key without groups.
  make_key(members = {}) {
    const key = { name: 'k', type: 'one-off', expires_in: 86400, auto_groups: [], ...members }
    return this.ask('POST', '/api/setup-keys', key)
  }

  async pasted_line(key) {
    const { url } = this
    if (!this.#is_tls) return `curl -fsSL ${url}/install.sh | sh -s -- --control ${url} --key ${key}`
    const pin = await this.command('pin')
    return (
      `curl -fsSLk --pinnedpubkey '${pin}' ${url}/install.sh |` +
      ` sh -s -- --control ${url} --pin '${pin}' --key ${key}`
    )
  }

  // Returns when it listens; again on the same port after a stop. The system kills the server
  // should this process end without doing so.
  async start() {
    const listen = this.#options.includes('--listen')
      ? []
      : ['--listen', `127.0.0.1:${this.#port}`]
    const words = ['serve', '--data', this.#folder, ...listen, ...this.#options]
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', binary, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    const began = this.log.length
    await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => reject(new Error(`the server ended: ${this.log.slice(began)}`)))
      child.stderr.on('data', (text) => {
        this.log += text
        if (/^.*Muster serves .*\n/m.test(this.log.slice(began))) resolve()
      })
      child.stdout.on('data', (text) => (this.said += text))
    })
    this.#port = await listening_port(child.pid)
  }

  async stop(signal = 'SIGTERM') {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill(signal)
    await closed
  }
}

// As far as the agent can tell, a machine of its own.
class Machine {
  #folder
  #environment

  constructor(folder) {
    this.#folder = join(folder, 'state')
    this.#environment = {
      ...process.env,
      MUSTER_STATE: this.#folder,
      MUSTER_MACHINE_ID: folder.replaceAll('/', '-'),
    }
  }

  // Runs a line as a person pastes it: { exit, output, errors }.
  paste(line) {
    return run('sh', ['-c', line], { env: this.#environment, timeout: 60_000 })
  }

  agent(...words) {
    const program = [join(this.#folder, 'muster-agent'), ...words]
    return run('sh', program, { env: this.#environment, timeout: 60_000 })
  }

  async end() {
    if (existsSync(join(this.#folder, 'muster-agent'))) await this.agent('uninstall')
  }
}

async function within(seconds, work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${seconds} seconds`)), seconds * 1000)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function run(program, words, options = {}) {
  return new Promise((resolve) => {
    const child = execFile(program, words, options, (error, output, errors) => {
      const exit = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ exit, output, errors: errors || (error?.message ?? '') })
    })
    child.stdin.end()
  })
}

// The system knows on which port a process listens; the program may only tell its public address.
async function listening_port(pid) {
  const sockets = await run('ss', ['-Hltnp'])
  const line = sockets.output.split('\n').find((text) => text.includes(`pid=${pid},`))
  assert.ok(line, `the server listens on no port: ${sockets.output}${sockets.errors}`)
  return Number(line.trim().split(/\s+/)[3].split(':').pop())
}
