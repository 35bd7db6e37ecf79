import { describe, expect, it } from 'vitest'
import type { Json, SettingsTree } from '../contract/payload.ts'
import { deepFreeze } from './freeze.ts'
import { sealAhead } from './seal-ahead.ts'
import { isSealedForGood } from './sealed-value.ts'

const treeOf = (count: number): SettingsTree =>
  deepFreeze({ routes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, { i }])) })

/** How often the event loop turned meanwhile. */
async function turnsOf(tree: SettingsTree): Promise<number> {
  let [turns, isOver] = [0, false]
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await sealAhead(tree)
  isOver = true
  return turns
}

describe('a large tree', () => {
  it('is sealed value by value, with turns of the event loop between', async () => {
    const tree = treeOf(1_000)
    expect(await turnsOf(tree)).toBeGreaterThan(10)
    expect(Object.values(tree['routes'] ?? {}).every((it) => isSealedForGood(it))).toBe(true)
    expect(await turnsOf(tree)).toBeLessThan(3)
    expect(await turnsOf(treeOf(20))).toBeLessThan(3)
    const open = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`r${i}`, { i }]))
    expect(await turnsOf({ routes: open })).toBeLessThan(3)
  })

  it('is left alone from the first value that cannot be sealed', async () => {
    const values = { a: { b: 1 }, c: { d: () => 1 }, e: { f: 2 } } as unknown as Record<string, Json>
    await sealAhead(deepFreeze({ routes: values }))
    await sealAhead({ routes: 1 as never })
    expect(Object.values(values).map((it) => isSealedForGood(it))).toEqual([true, false, false])
  })
})
