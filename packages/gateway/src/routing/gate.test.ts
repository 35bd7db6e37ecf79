import { describe, expect, it } from 'vitest'
import { GateState, gateOf } from './gate.ts'

const numbers = (max: number, queue = 10) => ({ max, queue: { max: queue, waitMs: 1000 } })

function waiter(name: string, told: string[], priority = 5) {
  return { name, priority, admitted: () => void told.push(name) }
}

describe('a gate', () => {
  it('lets in as many as it may, and the next one when a place is given back', () => {
    const gate = gateOf(new GateState(), numbers(2))
    const told: string[] = []
    expect([gate.enter(), gate.enter(), gate.enter()]).toEqual([true, true, false])
    expect(gate.wait(waiter('third', told))).toBe(true)
    gate.leave(0, 50)
    expect(told).toEqual(['third'])
    expect(gate.hasRoom).toBe(false)
  })

  it('lets in higher priority first, and who came first among equals', () => {
    const gate = gateOf(new GateState(), numbers(1))
    const told: string[] = []
    gate.enter()
    for (const [name, priority] of [
      ['a', 5],
      ['b', 9],
      ['c', 1],
      ['d', 9],
      ['e', 5],
    ] as const) {
      gate.wait(waiter(name, told, priority))
    }
    for (let i = 0; i < 5; i += 1) gate.leave(0, 10)
    expect(told).toEqual(['b', 'd', 'a', 'e', 'c'])
  })

  it('refuses those who would wait in a full queue, and tells when to come back', () => {
    const gate = gateOf(new GateState(), numbers(1, 1))
    gate.enter()
    expect(gate.wait(waiter('a', []))).toBe(true)
    expect(gate.wait(waiter('b', []))).toBe(false)
    expect(gate.retryAfterMs()).toBe(1000)
    gate.leave(0, 8000)
    expect(gate.retryAfterMs()).toBe(8000)
  })

  it('forgets who waits no longer', () => {
    const gate = gateOf(new GateState(), numbers(1))
    const told: string[] = []
    gate.enter()
    const [a, b] = [waiter('a', told), waiter('b', told)]
    gate.wait(a)
    gate.wait(b)
    gate.forget(a)
    gate.leave(0, 10)
    expect(told).toEqual(['b'])
  })

  it('lets nobody past those who wait', () => {
    const gate = gateOf(new GateState(), numbers(1))
    gate.enter()
    gate.wait(waiter('a', []))
    gate.leave(0, 10)
    expect(gate.enter()).toBe(false)
  })

  it('under new numbers keeps who runs and who waits, each by the numbers he came under', () => {
    const state = new GateState()
    const told: string[] = []
    const narrow = gateOf(state, numbers(1))
    narrow.enter()
    narrow.wait(waiter('old', told))
    const wide = gateOf(state, numbers(3))
    expect(wide.enter()).toBe(true)
    expect(wide.enter()).toBe(true)
    expect(wide.enter()).toBe(false)
    wide.wait(waiter('new', told))
    wide.leave(0, 10)
    expect(told).toEqual(['new'])
    wide.leave(0, 10)
    wide.leave(0, 10)
    expect(told).toEqual(['new'])
    narrow.leave(0, 10)
    expect(told).toEqual(['new', 'old'])
  })

  it('is the same as long as state and numbers are', () => {
    const [state, same] = [new GateState(), numbers(1)]
    expect(gateOf(state, same)).toBe(gateOf(state, same))
    expect(gateOf(state, same)).not.toBe(gateOf(state, numbers(1)))
  })
})
