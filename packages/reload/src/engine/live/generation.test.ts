/** Pins: taken by many, let go in any order, counted exactly, cut all at once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pin } from '../../contract/snapshot.ts'
import { Generation, type Parts } from './generation.ts'

function generation(): Generation {
  const snapshot = {
    version: '1.1',
    digest: 'd',
    settings: {},
    parts: {},
    swap: null,
    since: 0,
    author: '',
    reason: '',
    serveTtlMs: null,
  }
  return new Generation(
    snapshot,
    {
      manifest: { resources: [] } as never,
      version: '1.1',
      digest: 'd',
      tree: '',
      manifestBytes: new Uint8Array(),
      proof: null,
    },
    { committed: () => {}, release: async () => {} },
  )
}

describe('a pin', () => {
  it('counts once, however often it is let go', () => {
    const it = generation()
    const [first, second] = [it.pin(), it.pin()]
    first.release()
    first.release()
    expect(it.pins).toBe(1)
    second.release()
    expect(it.pins).toBe(0)
  })

  it('still shows its snapshot after it was let go', () => {
    const it = generation()
    const pin = it.pin()
    pin.release()
    expect(pin.snapshot).toBe(it.snapshot)
  })

  it('is counted exactly in whatever order pins come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), (steps) => {
        const it = generation()
        let empties = 0
        it.onUnpinned = () => {
          empties += 1
        }
        const held: Pin<Parts>[] = []
        let expected = 0
        for (const step of steps) {
          if (step % 2 === 0 || held.length === 0) held.push(it.pin())
          else held.splice(step % held.length, 1)[0]?.release()
          if (held.length === 0) expected += 1
          expect(it.pins).toBe(held.length)
        }
        expect(empties).toBe(expected)
        const cut: number[] = []
        for (const [i, pin] of held.entries()) pin.onCut = () => cut.push(i)
        expect(it.cut(() => {})).toBe(held.length)
        expect([cut, it.pins]).toEqual([held.map((_, i) => i), 0])
      }),
    )
  })

  it('that is let go while it is being cut, or throws, hinders none', () => {
    const it = generation()
    const pins = [it.pin(), it.pin(), it.pin()]
    const told: number[] = []
    for (const [i, pin] of pins.entries()) {
      pin.onCut = () => {
        told.push(i)
        for (const other of pins) other.release()
        throw new Error('no more')
      }
    }
    const errors: unknown[] = []
    expect(it.cut((error) => errors.push(error))).toBe(3)
    expect([told, errors.length, it.pins]).toEqual([[0, 1, 2], 3, 0])
  })
})
