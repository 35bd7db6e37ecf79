import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { writeLauncher } from '../../scripts/parts/launcher.mjs'
import {
  earlyFlags,
  gatewayEnvironment,
  gatewayFlags,
  lateFlags,
  withoutMaglev,
} from '../../scripts/parts/node-flags.mjs'

const folder = mkdtempSync(join(tmpdir(), 'changeover-launcher-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
/** Files as the build writes them: functions of what CommonJS gives. */
const bundle = (name: string, text: string): void =>
  writeFileSync(join(folder, name), `(function (exports, require, module) { ${text}\n})`)

bundle(
  'told.cjs',
  `console.log(JSON.stringify({
  flags: process.execArgv, words: process.argv.slice(2), pid: process.pid, arenas: process.env.MALLOC_ARENA_MAX }))`,
)
const launcher = (name: string, file: string, gatewayWhen: string | null): string => {
  const path = join(folder, name)
  writeFileSync(path, writeLauncher({ bundle: file, build: 'one', gatewayWhen }))
  return path
}
const always = launcher('always.js', 'told.cjs', null)
const serving = launcher('serving.js', 'told.cjs', "process.argv[2] === 'serve'")

/** Tells which flags were set under way, and when: in the place of V8's own, which cannot be asked. */
bundle(
  'begin.cjs',
  `const { channel } = require('node:diagnostics_channel')
const v8 = process.getBuiltinModule('node:v8')
const told = []
v8.setFlagsFromString = (flag) => told.push(flag)
const before = told.length
channel('changeover.beginning').publish(null)
console.log(JSON.stringify({ flags: told, words: [], pid: before }))`,
)
const beginning = launcher('beginning.js', 'begin.cjs', "process.argv[2] !== 'status'")

interface Told {
  readonly flags: readonly string[]
  readonly words: readonly string[]
  readonly pid: number
  readonly arenas?: string
}

function start(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Told & { child: number } {
  const ours = new Set(['NODE_OPTIONS', ...Object.keys(gatewayEnvironment)])
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name)))
  const { stdout, stderr, pid } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...env, ...more },
    timeout: 20_000,
  })
  expect(stderr).toBe('')
  return { ...(JSON.parse(stdout) as Told), child: pid }
}

const major = Number(process.versions.node.split('.')[0])
const ofThisNode = withoutMaglev[major] ?? { late: [], early: [] }

/** Whether code that was compiled as V8 begins is taken when these flags were set one after the other. */
function takenUnder(flags: readonly string[]): boolean {
  const script = `const vm = require('node:vm'), v8 = require('node:v8')
const code = (cachedData) => new vm.Script('(function one(it) { return it + 1 })', { filename: 'one.js', cachedData })
if (process.argv[1] === undefined) process.stdout.write(code().createCachedData().toString('base64'))
else {
  for (const flag of process.argv.slice(2)) v8.setFlagsFromString(flag)
  process.stdout.write(String(code(Buffer.from(process.argv[1], 'base64')).cachedDataRejected))
}`
  const run = (...args: string[]): string =>
    spawnSync(process.execPath, ['-e', script, '--', ...args], { encoding: 'utf8', timeout: 20_000 }).stdout
  const rejected = run(run(), ...flags)
  expect(rejected).toMatch(/^(true|false)$/)
  return rejected === 'false'
}

const arenas = gatewayEnvironment['MALLOC_ARENA_MAX']

beforeEach((context) => {
  if (process.execve === undefined) context.skip('this Node cannot take its own place')
})

describe('a built program', () => {
  it('runs a gateway under its flags, however it was started, as the same process', () => {
    const { child, ...bare } = start([always, '--port', '0'])
    expect(bare).toEqual({ flags: gatewayFlags, words: ['--port', '0'], pid: child, arenas })

    const given = start([...gatewayFlags, always], gatewayEnvironment)
    expect(given).toMatchObject({ flags: gatewayFlags, arenas: '1' })
  })

  it('leaves what was chosen otherwise', () => {
    const [first = '', ...rest] = gatewayFlags
    const chosen = `${first.split('=')[0]}=16`
    expect(start([chosen, always])).toMatchObject({ flags: [chosen, ...rest] })
    expect(start([always], { NODE_OPTIONS: chosen })).toMatchObject({ flags: rest })
    expect(start([always], { MALLOC_ARENA_MAX: '4' })).toMatchObject({ arenas: '4' })
  })

  it('sets the late flags when all code is loaded', () => {
    expect(start([beginning])).toMatchObject({ flags: [...lateFlags, ...ofThisNode.late], pid: 0 })
    expect(start(['--maglev', beginning]).flags).toEqual(lateFlags.filter((it) => it !== '--no-maglev'))
  })

  it('takes the late flags back to what V8 begins with: it then takes code that was compiled as it began', () => {
    const late = [...lateFlags, ...ofThisNode.late]
    const early = [...earlyFlags, ...ofThisNode.early]
    for (const flag of late) expect(takenUnder([flag]), flag).toBe(false)
    expect(takenUnder([...late, ...early])).toBe(true)
  })

  it('has a start for which the code that Node carries need not be compiled again', () => {
    const { stderr } = spawnSync(process.execPath, [...gatewayFlags, '-e', "require('node:http2')"], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], NODE_DEBUG_NATIVE: 'CODE_CACHE' },
    })
    expect(stderr).toContain('is accepted')
    expect(stderr).not.toContain('is rejected')
  })

  it('leaves other commands alone', () => {
    expect(start([beginning, 'status']).flags).toEqual([])
    expect(start([serving, 'status'])).toMatchObject({ flags: [], words: ['status'] })
    expect(start([serving, 'serve'])).toMatchObject({ flags: gatewayFlags, words: ['serve'] })
  })
})

describe('a Node that is too old', () => {
  it('is told so in a sentence', () => {
    const old = join(folder, 'old.cjs')
    writeFileSync(
      old,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } })`,
    )
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', old, serving, 'status'], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('this needs Node 22.19 or newer')
  })
})
