import { describe, expect, it } from 'vitest'
import { deepFreeze } from './freeze.ts'

describe('deep freezing', () => {
  it('makes every plain object and list inside unchangeable', () => {
    const value = deepFreeze({ a: [{ b: 1 }], c: Object.assign(Object.create(null), { d: [2] }) })
    expect(() => Object.assign(value.a[0] ?? {}, { b: 2 })).toThrow(TypeError)
    expect(() => value.a.push({ b: 3 })).toThrow(TypeError)
    expect(() => value.c.d.push(3)).toThrow(TypeError)
  })

  it('goes on below what was frozen already', () => {
    const inner = { list: [1] }
    deepFreeze({ outer: Object.freeze({ inner }) })
    expect(Object.isFrozen(inner)).toBe(true)
    expect(Object.isFrozen(inner.list)).toBe(true)
  })

  it('ends on cycles, frozen before or not', () => {
    const a: Record<string, unknown> = { name: 'a' }
    const b = Object.freeze({ a })
    a['b'] = b
    a['self'] = a
    expect(deepFreeze(a)).toBe(a)
    expect(Object.isFrozen(a)).toBe(true)
  })

  it('takes any depth', () => {
    let deep: unknown[] = []
    for (let i = 0; i < 200_000; i++) deep = [deep]
    expect(Object.isFrozen(deepFreeze(deep)[0])).toBe(true)
  })

  it('leaves live things alone', () => {
    const live = { map: new Map(), bytes: new Uint8Array(2), when: new Date(0), run: (): void => {} }
    deepFreeze(live)
    expect(Object.isFrozen(live)).toBe(true)
    for (const it of Object.values(live)) expect(Object.isFrozen(it)).toBe(false)
  })

  it('gives back what is not an object', () => {
    for (const it of [1, 'a', null, undefined, true]) expect(deepFreeze(it)).toBe(it)
  })
})
