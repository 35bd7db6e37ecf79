/** Live resources on their shelf: shared by key, freed by the last holder, newest first. */
import { describe, expect, it } from 'vitest'
import { CarryShelf, type Unheld } from './carry.ts'

const keysOf = (unheld: readonly Unheld[]): string[] => unheld.map((it) => it.key)

describe('a carried resource', () => {
  it('is made once for a key, and is the same for every holder', () => {
    const shelf = new CarryShelf()
    const [first, second] = [shelf.open(), shelf.open()]
    const made = first.keep(
      'pool',
      () => ({}),
      () => {},
    )
    expect(
      first.keep(
        'pool',
        () => ({}),
        () => {},
      ),
    ).toBe(made)
    expect(
      second.keep(
        'pool',
        () => ({}),
        () => {},
      ),
    ).toBe(made)
  })

  it('goes with its last holder, once', async () => {
    const shelf = new CarryShelf()
    const freed: string[] = []
    const [first, second] = [shelf.open(), shelf.open()]
    for (const hold of [first, second, second])
      hold.keep(
        'pool',
        () => 'p',
        (it) => void freed.push(it),
      )
    expect(first.giveBack()).toEqual([])
    const unheld = second.giveBack()
    for (const it of unheld) await it.free()
    expect([freed, keysOf(second.giveBack()), shelf.keys()]).toEqual([['p'], [], []])
  })

  it('goes before what was there when it was made', () => {
    const hold = new CarryShelf().open()
    for (const key of ['pool', 'client', 'session'])
      hold.keep(
        key,
        () => key,
        () => {},
      )
    expect(keysOf(hold.giveBack())).toEqual(['session', 'client', 'pool'])
  })

  it('whose making failed is not there', () => {
    const hold = new CarryShelf().open()
    const make = (): never => {
      throw new Error('no port')
    }
    expect(() => hold.keep('pool', make, () => {})).toThrow('no port')
    expect(hold.giveBack()).toEqual([])
  })

  it('is not made for work that goes on after it was given up', () => {
    const hold = new CarryShelf().open()
    hold.giveBack()
    expect(() =>
      hold.keep(
        'pool',
        () => 1,
        () => {},
      ),
    ).toThrow(expect.objectContaining({ code: 'prepare.too_late' }))
  })

  it('is made anew under the same key once the old one is gone', () => {
    const shelf = new CarryShelf()
    const [first, second] = [shelf.open(), shelf.open()]
    first.keep(
      'pool',
      () => 'old',
      () => {},
    )
    const old = first.giveBack()
    expect(
      second.keep(
        'pool',
        () => 'new',
        () => {},
      ),
    ).toBe('new')
    expect([keysOf(old), shelf.keys()]).toEqual([['pool'], ['pool']])
  })
})
