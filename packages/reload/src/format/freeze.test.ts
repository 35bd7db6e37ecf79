import { describe, expect, it } from 'vitest'
import { deepFreeze, isDeeplyFrozen } from './freeze.ts'

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

describe('a deeply frozen value', () => {
  it('is one that deep freezing has made, or that holds nothing that could be frozen', () => {
    const shared = { x: [1, null, 'a'] }
    expect(isDeeplyFrozen(deepFreeze({ a: shared, b: [shared], c: Object.create(null) }))).toBe(true)
    for (const it of ['text', 1, null, true, undefined]) expect(isDeeplyFrozen(it)).toBe(true)
  })

  it('is none with anything open inside, however deep', () => {
    expect(isDeeplyFrozen({})).toBe(false)
    expect(isDeeplyFrozen(Object.freeze({ a: Object.freeze([{}]) }))).toBe(false)
    expect(isDeeplyFrozen(Object.freeze([Object.freeze({ a: [] })]))).toBe(false)
  })

  it('is none with a live thing inside, or with what is worked out when asked for', () => {
    let count = 0
    const counting = Object.freeze({
      get next() {
        return count++
      },
    })
    const live = [new Map(), new Date(), () => 1, counting]
    for (const it of live) expect(isDeeplyFrozen(Object.freeze({ it: Object.freeze(it) }))).toBe(false)
    expect(count).toBe(0)
  })

  it('may go round in a circle', () => {
    const a: Record<string, unknown> = {}
    a['a'] = a
    expect(isDeeplyFrozen(a)).toBe(false)
    expect(isDeeplyFrozen(Object.freeze(a))).toBe(true)
  })
})
