import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlaceIndex } from './place-index.ts'

function openIndex() {
  const names = new Map<number, string>()
  const index = new PlaceIndex((place, name) => names.get(place) === name)
  const set = (name: string, place: number) => {
    names.set(place, name)
    index.set(name, place)
  }
  return { index, set }
}

describe('an index of places', () => {
  it('finds what a map would, when many names fall on few slots too', () => {
    // Five characters make the hash: with two letters there are 32 of them.
    const name = fc.tuple(
      fc.string({ unit: fc.constantFrom('A', 'q'), minLength: 5, maxLength: 5 }),
      fc.nat(3),
    )
    const step = fc.tuple(name, fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { index, set } = openIndex()
        const model = new Map<string, number>()
        for (const [place, [[start, end], sets]] of steps.entries()) {
          const it = `${start}${end}`
          if (sets) {
            set(it, place)
            model.set(it, place)
          } else {
            index.delete(it)
            model.delete(it)
          }
          expect(index.size).toBe(model.size)
          for (const [[from, to]] of steps)
            expect(index.find(`${from}${to}`)).toBe(model.get(`${from}${to}`) ?? -1)
        }
        expect(new Set(index.places())).toEqual(new Set(model.values()))
      }),
      { numRuns: 60 },
    )
  })

  it('grows, and finds all of a hundred thousand digests, and none of those that went', () => {
    const { index, set } = openIndex()
    const names = Array.from({ length: 100_000 }, (_, i) => hash('sha256', `name ${i}`, 'base64url'))
    for (const [place, it] of names.entries()) set(it, place)
    for (const [place, it] of names.entries()) if (place % 3 === 0) index.delete(it)
    const wrong = names.filter((it, place) => index.find(it) !== (place % 3 === 0 ? -1 : place))
    expect(wrong).toEqual([])
  })
})
