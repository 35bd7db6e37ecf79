import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bag, type InBag } from './bag.ts'

const things = (count: number): InBag[] => Array.from({ length: count }, () => ({ place: -1 }))

describe('a bag', () => {
  it('holds what a set would hold, whatever comes and goes', () => {
    const step = fc.record({ adds: fc.boolean(), which: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const all = things(10)
        const bag = new Bag<InBag>()
        const set = new Set<InBag>()
        for (const { adds, which } of steps) {
          const item = all[which] as InBag
          if (adds) bag.add(item)
          else bag.delete(item)
          if (adds) set.add(item)
          else set.delete(item)
          expect(bag.size).toBe(set.size)
          expect(new Set(bag)).toEqual(set)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('passes by what leaves while it is gone through, and what comes', () => {
    const [first, second, third] = things(3) as [InBag, InBag, InBag]
    const bag = new Bag<InBag>()
    bag.add(first)
    bag.add(second)
    const seen: InBag[] = []
    for (const item of bag) {
      seen.push(item)
      bag.delete(second)
      bag.add(third)
    }
    expect(seen).toEqual([first])
    expect([...bag]).toEqual([first, third])
  })
})
