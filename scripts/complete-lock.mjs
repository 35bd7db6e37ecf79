#!/usr/bin/env node
/**
 * Completes `package-lock.json` after an `npm install` that could not see every platform's packages.
 *
 * Native tools (formatter, linter, bundler) come as one optional package a platform. A registry mirror that
 * carries only some of them makes npm leave the others out of the lockfile, silently, and `npm ci` then refuses
 * the lockfile everywhere, on the platforms that are complete as well. Such an entry needs nothing that is not
 * already known: the name says the platform and the parent names the exact version. It is written without a
 * digest, which npm fills in on the first install that can see the package.
 *
 * Run it by name, after changing a dependency: `node scripts/complete-lock.mjs [folder]`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root, ScriptError } from './parts/repository.mjs'
import { runMain } from './parts/run.mjs'

const systems = /\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)\b/
const processors = /\b(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32)\b/
const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$/

await runMain(([folder = root]) => {
  const path = join(resolve(folder), 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const added = Object.entries(lock.packages).flatMap(([parent, it]) => missingOf(lock, parent, it))
  for (const [name, entry] of added) lock.packages[`node_modules/${name}`] = entry
  const sorted = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en'))
  lock.packages = Object.fromEntries(sorted)
  if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`complete-lock: ${added.length} entries added to ${path}`)
})

function missingOf(lock, parent, { optionalDependencies = {}, dev }) {
  if (!parent.includes('node_modules/')) return []
  return Object.entries(optionalDependencies)
    .filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)
    .filter(([name]) => lock.packages[`${parent}/node_modules/${name}`] === undefined)
    .map(([name, version]) => [name, createEntry(name, version, dev)])
}

function createEntry(name, version, dev) {
  const system = systems.exec(name)?.[1]
  const processor = processors.exec(name)?.[1]
  if (system === undefined || processor === undefined || !exactVersion.test(version)) {
    throw new ScriptError(
      `"${name}@${version}" is missing and its name does not say for which platform it is`,
    )
  }
  const libc = name.includes('musl') ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined
  return {
    version,
    cpu: [processor],
    ...(dev && { dev }),
    ...(libc && { libc }),
    optional: true,
    os: [system],
  }
}
