#!/usr/bin/env node
/**
 * Brings the dependencies that `package-lock.json` names, and nothing else, and only when they are not there.
 *
 * Whether they are there is answered by npm's own record of what it installed (`node_modules/.package-lock.json`),
 * compared with the lockfile. So an `npm install` by hand counts too, and an install that was cut short does
 * not: npm writes that record last. A stamp keeps the usual answer ("nothing changed") to one hash.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binaries, root, ScriptError } from './parts/repository.mjs'
import { run, runMain, seconds } from './parts/run.mjs'

/** Makes `node_modules` of `folder` agree with its lockfile. Throws a `ScriptError` that says what stands in the way. */
export async function setUp(folder = root) {
  const lock = readFileSync(join(folder, 'package-lock.json'))
  const stamp = join(folder, 'node_modules', '.changeover-setup')
  const digest = createHash('sha256').update(lock).digest('hex')
  const installed = join(folder, 'node_modules', '.package-lock.json')
  if (existsSync(installed)) {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
    if (agrees(JSON.parse(lock), JSON.parse(readFileSync(installed, 'utf8')))) {
      writeFileSync(stamp, digest)
      return
    }
  }
  console.log(`setup: dependencies are ${existsSync(installed) ? 'out of date' : 'missing'}, running npm ci`)
  const tookMs = await install(folder)
  writeFileSync(stamp, digest)
  console.log(`setup: dependencies installed in ${seconds(tookMs)}`)
}

/** Whether everything that the lockfile asks of this machine is installed. What is optional may be absent. */
function agrees(lock, installed) {
  return Object.entries(lock.packages).every(([path, wanted]) => {
    const found = installed.packages[path]
    if (path === '' || !path.includes('node_modules/')) return true
    if (found === undefined) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

async function install(folder) {
  // npm itself must not run on the Node that it is about to replace.
  const path = (process.env.PATH ?? '').split(delimiter).filter((it) => resolve(it) !== binaries)
  const env = { ...process.env, PATH: path.join(delimiter), npm_config_loglevel: 'notice' }
  let complaint = ''
  const { code, tookMs } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
    timeoutMs: 15 * 60_000,
    watch: (child) =>
      child.stderr.on('data', (bytes) => {
        process.stderr.write(bytes)
        complaint = (complaint + bytes).slice(-20_000)
      }),
  })
  if (code !== 0) throw new ScriptError(`npm ci ended with code ${code}: ${explain(complaint)}`)
  return tookMs
}

function explain(complaint) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(complaint)) {
    return 'the package registry cannot be reached; check the network (or npm config get registry) and run the command again'
  }
  if (/EUSAGE|in sync/.test(complaint)) {
    return 'package.json and package-lock.json disagree; run "npm install" and commit the lockfile'
  }
  if (/EINTEGRITY/.test(complaint))
    return 'a package does not have the digest that the lockfile names; nothing of it is used'
  if (/ENOSPC/.test(complaint)) return 'the disk is full'
  if (/EACCES|EPERM/.test(complaint)) return `no permission to write to ${root}`
  return 'its output above says why'
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(() => setUp())
