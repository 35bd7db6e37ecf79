#!/usr/bin/env node
/**
 * The phase `start` of `npm test`: types `npm start` as a newcomer would, waits until the gateway says that it is
 * ready, asks it one thing, stops it, and prints all of that: whoever reads CI's log sees it happen.
 *
 * Nothing of the caller's is used but the installed packages: no provider key, a folder and ports of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ScriptError } from './parts/repository.mjs'
import { run, runMain, seconds } from './parts/run.mjs'

/** For all of it. An install and a build may be part of it on a machine that has much to do. */
const limitMs = 5 * 60_000

await runMain(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-start-'))
  try {
    await tryStart(folder)
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function tryStart(folder) {
  const own = ['--settings', join(folder, 'changeover.yaml'), '--state', join(folder, 'state')]
  const args = ['start', '--', '--port', '0', '--admin-port', '0', '--log-format', 'json', ...own]
  console.log(`$ npm ${args.join(' ').replaceAll(folder, '$FOLDER')}`)
  const startedMs = Date.now()
  const started = Promise.withResolvers()
  let child
  const ended = run('npm', args, {
    timeoutMs: limitMs,
    env: withoutKeys(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    watch: (it) => {
      child = it
      listen(it, started.resolve)
    },
  })
  const early = ended.then(({ code }) => {
    throw new ScriptError(`npm start ended with ${code} before it was ready`)
  })
  try {
    const { models, admin } = await Promise.race([started.promise, early])
    console.log(`ready after ${seconds(Date.now() - startedMs)}`)
    await Promise.race([ask(models), early])
    await stop(admin, folder)
  } catch (error) {
    // Its group: npm, and the gateway that it became.
    if (child?.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    throw error
  }
  const { code } = await ended
  if (code !== 0) throw new ScriptError(`npm start ended with ${code} after SIGTERM, expected 0`)
  console.log('ended with 0')
}

/** Prints what it says to people, and finds the two addresses in it. */
function listen(child, found) {
  const addresses = {}
  const hear = (line) => {
    if (line.startsWith('{')) return
    console.log(`  | ${line}`)
    const [, name, url] = /^\s*(models|admin)\s+(http:\S+)/.exec(line) ?? []
    if (name === undefined) return
    addresses[name] = url
    if (addresses.models !== undefined && addresses.admin !== undefined) found(addresses)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear)
}

async function ask(models) {
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
  const headers = { 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(30_000)
  const response = await fetch(`${models}/chat/completions`, { method: 'POST', headers, body, signal })
  const answer = await response.text()
  console.log(`POST /v1/chat/completions ${body}`)
  for (const name of ['version', 'target', 'call'])
    console.log(`  x-changeover-${name}: ${response.headers.get(`x-changeover-${name}`)}`)
  console.log(`${response.status} ${answer}`)
  const content = response.ok ? JSON.parse(answer).choices?.[0]?.message?.content : undefined
  if (typeof content !== 'string' || content === '')
    throw new ScriptError('expected an answer with a text in it')
  if (response.headers.get('x-changeover-version') === null)
    throw new ScriptError('expected the answer to name the version it was given under')
}

/** The gateway alone, not npm around it: both would get the signal, and two end it without draining. */
async function stop(admin, folder) {
  const token = readFileSync(join(folder, 'state', 'admin-token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${admin}/v1/status`, { headers, signal: AbortSignal.timeout(30_000) })
  const { gateway } = await response.json()
  console.log('SIGTERM to the gateway')
  process.kill(gateway.pid, 'SIGTERM')
}

/** A real provider would answer otherwise, and charge for it. */
function withoutKeys(environment) {
  const keys = /(?:_API_KEY|^CHANGEOVER_|^npm_)/
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !keys.test(name)))
}
