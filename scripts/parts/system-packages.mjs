/**
 * The programs from Debian that some tests drive for real: proxies to compare with, decoders to check with, servers to
 * share counts through.
 *
 * Installed only where that needs no question (root, or sudo without a password) and never required: a test
 * whose program is absent skips and says so.
 */
import { spawnSync } from 'node:child_process'
import { findCommand } from './repository.mjs'
import { run, seconds } from './run.mjs'

const wanted = [
  { command: 'nginx', package: 'nginx' },
  { command: 'haproxy', package: 'haproxy' },
  { command: 'protoc', package: 'protobuf-compiler' },
  { command: 'promtool', package: 'prometheus' },
  { command: 'redis-server', package: 'redis-server' },
  // The server itself is in a folder of its version, outside the path.
  { command: 'pg_ctlcluster', package: 'postgresql' },
]

/** Installs what is missing where it may, and prints what stays absent. Never fails. */
export async function installSystemPackages() {
  const missing = wanted.filter((it) => findCommand(it.command) === undefined)
  if (missing.length === 0) return
  const names = missing.map((it) => it.package).join(' ')
  const prefix = findPrivilege()
  if (prefix === undefined || findCommand('apt-get') === undefined) return printAbsent(missing)
  console.log(`setup: installing system packages for tests: ${names}`)
  // RUNLEVEL=1 keeps a freshly installed nginx or prometheus from starting as a service.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']
  const [command, ...rest] = [...prefix, ...environment, 'apt-get', '-q', '-y']
  const options = { timeoutMs: 5 * 60_000 }
  const updated = await run(command, [...rest, 'update'], options)
  const install = [...rest, 'install', '--no-install-recommends', ...missing.map((it) => it.package)]
  const installed = await run(command, install, options)
  console.log(
    `setup: apt-get ended with code ${installed.code} in ${seconds(updated.tookMs + installed.tookMs)}`,
  )
  printAbsent(wanted.filter((it) => findCommand(it.command) === undefined))
}

function printAbsent(missing) {
  for (const it of missing) {
    console.log(`setup: ${it.command} is absent (Debian package "${it.package}"); tests that need it skip`)
  }
}

/** What to put before a command to run it as root: nothing, sudo, or `undefined` when neither works unasked. */
function findPrivilege() {
  if (process.getuid?.() === 0) return []
  const sudo = findCommand('sudo')
  if (sudo === undefined) return undefined
  return spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 }).status === 0
    ? [sudo, '-n']
    : undefined
}
