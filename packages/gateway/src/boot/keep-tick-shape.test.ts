import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** Ticks, a full collection while none waits, a tick; then what V8 knows of the places where their objects are filled. */
function statesAfterCollection(before: string): string {
  const program = `
    ${before}
    let ticks = 0
    const turn = () => process.nextTick(() => (ticks += 1) < 30 ? setImmediate(turn) : setImmediate(collect))
    const collect = () => (gc(), gc(), setImmediate(look))
    const look = () => process.nextTick(() => {
      const states = %GetFeedback(process.nextTick).filter((it) => it?.[0].startsWith('DefineKeyed')).map((it) => it[1])
      console.log(states.join(' '))
    })
    turn()`
  const flags = [
    '--expose-gc',
    '--allow-natives-syntax',
    '--conditions=@changeover/source',
    '--input-type=module',
  ]
  return execFileSync(process.execPath, [...flags, '--eval', program], { encoding: 'utf8' }).trim()
}

const module = new URL('./keep-tick-shape.ts', import.meta.url).href

describe('what V8 knows of ticks', () => {
  it('is kept through a full collection', () => {
    const states = statesAfterCollection(
      `const { keepTickShape } = await import('${module}'); keepTickShape()`,
    )
    expect(states).toMatch(/^MONOMORPHIC( MONOMORPHIC)+$/)
  })

  it('is lost without: when this fails, V8 or Node has mended it, and nothing need be kept any more', () => {
    expect(statesAfterCollection('')).toContain('MEGAMORPHIC')
  })
})
