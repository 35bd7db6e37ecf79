import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { gatewayFlags } from '../../scripts/parts/node-flags.mjs'

const folder = mkdtempSync(join(tmpdir(), 'changeover-ticks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** From when the gateway says that it begins: ticks, a full collection while none waits, a tick, what V8 knows of it. */
const look = join(folder, 'look.cjs')
writeFileSync(
  look,
  `let ticks = 0
const turn = () => process.nextTick(() => (ticks += 1) < 30 ? setImmediate(turn) : setImmediate(collect))
const collect = () => (gc(), gc(), setImmediate(tell))
const tell = () => process.nextTick(() => {
  const states = %GetFeedback(process.nextTick).filter((it) => it?.[0].startsWith('DefineKeyed')).map((it) => it[1])
  require('node:fs').writeSync(1, states.join(' '))
  process.exit()
})
require('node:diagnostics_channel').subscribe('changeover.beginning', () => setImmediate(turn))`,
)

function statesOf(...program: readonly string[]): string {
  const flags = [...gatewayFlags, '--expose-gc', '--allow-natives-syntax', '--require', look]
  return spawnSync(process.execPath, [...flags, ...program], { encoding: 'utf8', timeout: 20_000 }).stdout
}

describe('what V8 knows of ticks, after a full collection while none waits', () => {
  it('is kept by a gateway as it is built', () => {
    const program = fileURLToPath(new URL('../../packages/gateway/dist/main.js', import.meta.url))
    const [settings, state] = [join(folder, 'changeover.yaml'), join(folder, 'state')]
    const states = statesOf(
      program,
      '--settings',
      settings,
      '--state',
      state,
      '--port',
      '0',
      '--admin-port',
      '0',
    )
    expect(states).toMatch(/^MONOMORPHIC( MONOMORPHIC)+$/)
  })

  it('is lost by any other program: when this fails, V8 or Node has mended it, and nothing need be kept', () => {
    const begin = "require('node:diagnostics_channel').channel('changeover.beginning').publish(null)"
    expect(statesOf('--eval', begin)).toContain('MEGAMORPHIC')
  })
})
