import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type InLine, Line } from './line.ts'

class Item implements InLine<Item> {
  before: Item | null = null
  after: Item | null = null
}

describe('a line', () => {
  it('has what a list has, whatever is pushed and taken', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 100 }), (steps) => {
        const line = new Line<Item>()
        const list: Item[] = []
        for (const step of steps) {
          const [item] = step < list.length ? list.splice(step, 1) : []
          if (item !== undefined) {
            line.take(item)
            expect(item).toEqual(new Item())
          } else {
            const one = new Item()
            list.push(one)
            line.push(one)
          }
          expect(inOrder(line)).toEqual(list)
        }
      }),
    )
  })
})

function inOrder(line: Line<Item>): readonly Item[] {
  const found: Item[] = []
  for (let it = line.first; it !== null; it = it.after) {
    expect(it.before).toBe(found.at(-1) ?? null)
    found.push(it)
  }
  return found
}
