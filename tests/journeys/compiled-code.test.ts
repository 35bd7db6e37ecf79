import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeLauncher } from '../../scripts/parts/launcher.mjs'
import { gatewayEnvironment, gatewayFlags } from '../../scripts/parts/node-flags.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-compiled-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function build(name: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files))
    writeFileSync(
      join(folder, file),
      `(function (exports, require, module, __filename) { 'use strict'; ${text}\n})`,
    )
  writeFileSync(
    join(folder, 'main.js'),
    writeLauncher({ bundle: 'main.cjs', build: name, gatewayWhen: 'true' }),
  )
}

function run(): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([it]) => it !== 'NODE_OPTIONS'))
  const { stdout, stderr } = spawnSync(process.execPath, [...gatewayFlags, join(folder, 'main.js')], {
    encoding: 'utf8',
    env: { ...env, ...gatewayEnvironment },
    timeout: 20_000,
  })
  expect(stderr).toBe('')
  return stdout.trim()
}

/** The one folder of this build, and by file what tells one writing of it from the next. */
function kept(): { readonly place: string; readonly files: Readonly<Record<string, number>> } {
  const [name = ''] = readdirSync(join(folder, '.compiled'))
  const place = join(folder, '.compiled', name)
  const files = readdirSync(place).toSorted()
  return { place, files: Object.fromEntries(files.map((it) => [it, statSync(join(place, it)).ino])) }
}

/** Loads one part before the late flags and one after them. */
const program = {
  'main.cjs': `const early = require('./early.cjs')
const { channel } = require('node:diagnostics_channel')
channel('changeover.beginning').publish(null)
console.log(early.say() + ' ' + require('./late.cjs').say() + ' ' + require('path').basename(__filename))`,
  'early.cjs': `exports.say = () => 'early'`,
  'late.cjs': `exports.say = () => 'late'`,
}

describe('compiled code of a built program', () => {
  it('is taken by the next start, whichever flags each part was loaded under', () => {
    build('one', program)
    expect(run()).toBe('early late main.cjs')
    const first = kept()
    expect(Object.keys(first.files)).toEqual(['early.cjs', 'late.cjs', 'main.cjs'])
    // What V8 does not take is written anew.
    expect(run()).toBe('early late main.cjs')
    expect(kept()).toEqual(first)
  })

  it('holds what is compiled when it first runs', () => {
    const text = `'a marker that stands in one function'`
    build('one', { 'main.cjs': `const say = () => { return ${text} }; console.log(say().length)` })
    run()
    expect(readFileSync(join(kept().place, 'main.cjs')).includes('a marker that stands in')).toBe(true)
    rmSync(join(folder, '.compiled'), { recursive: true })
    build('two', { 'main.cjs': `const say = () => { return ${text} }; console.log(1)` })
    run()
    expect(readFileSync(join(kept().place, 'main.cjs')).includes('a marker that stands in')).toBe(false)
  })

  it('of another build is not taken, though its source is as long', () => {
    build('one', program)
    run()
    rmSync(join(folder, 'early.cjs'))
    build('two', { ...program, 'early.cjs': `exports.say = () => 'EARLY'` })
    expect(run()).toBe('EARLY late main.cjs')
  })

  it('that is cut off or of another program is compiled anew and written again', () => {
    build('one', program)
    run()
    const { place, files } = kept()
    writeFileSync(join(place, 'early.cjs'), readFileSync(join(place, 'early.cjs')).subarray(0, 100))
    cpSync(join(place, 'main.cjs'), join(place, 'late.cjs'))
    expect(run()).toBe('early late main.cjs')
    expect(kept().files['main.cjs']).toBe(files['main.cjs'])
    expect(statSync(join(place, 'early.cjs')).size).toBeGreaterThan(100)
    const mended = kept()
    run()
    expect(kept()).toEqual(mended)
  })

  it('leaves nothing of a part that could not be loaded: who asks again is told the same', () => {
    build('one', {
      'main.cjs': `const told = ['./none.cjs', './none.cjs', './broken.cjs', './broken.cjs'].map((it) => {
  try { return Object.keys(require(it)).join() } catch (error) { return error.code ?? error.message }
})
console.log(told.join(' '))`,
      'broken.cjs': `exports.half = 1; throw new Error('broken')`,
    })
    expect(run()).toBe('ENOENT ENOENT broken broken')
  })

  it('leaves nothing aside where it cannot be put in its place', () => {
    build('one', program)
    run()
    const { place } = kept()
    rmSync(join(place, 'early.cjs'))
    mkdirSync(join(place, 'early.cjs'))
    expect(run()).toBe('early late main.cjs')
    expect(readdirSync(place).toSorted()).toEqual(['early.cjs', 'late.cjs', 'main.cjs'])
  })

  it('is done without where it cannot be kept', () => {
    build('one', program)
    writeFileSync(join(folder, '.compiled'), 'in the way')
    expect(run()).toBe('early late main.cjs')
  })
})

it('is one file for all that runs at every start of the gateway', () => {
  const bundle = new URL('../../packages/gateway/dist/main.bundle.cjs', import.meta.url)
  const atOnce = readFileSync(bundle, 'latin1').matchAll(/^const (\w+) = require\("\.\/chunks\//gm)
  // What a chunk of its own shares with the rest goes into one as well, and is then reached through its exports on every request.
  expect([...atOnce].map(([, name]) => name)).toEqual(['require_rolldown_runtime'])
})
