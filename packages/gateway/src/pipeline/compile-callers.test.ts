import type { Carry, SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { CompiledIdentity } from '../contract/compiled.ts'
import { readSettingsText } from '../settings/reader.ts'
import { compileCallers } from './compile-callers.ts'

const HASH = '8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a'
const KEY = 'k'
const settings = (requests: number, keys = `{ ci: { hash: "sha256:${HASH}" } }`): SettingsTree =>
  readSettingsText(
    `limits:\n  few: { requests: ${requests}, perMs: 60000 }\ntenants:\n  acme:\n    limit: few\n    keys: ${keys}\n`,
    'a.yaml',
  ).tree
const without = (): SettingsTree => settings(2, '{}')

/** As the engine carries: what was kept stays until everybody who kept it has let go. */
class Shelf {
  private readonly kept = new Map<string, { value: unknown; holders: number; free: () => void }>()

  hold(): { carry: Carry; letGo: () => void } {
    const held = new Set<string>()
    const carry: Carry = {
      keep: (key, create, dispose) => {
        const known = this.kept.get(key)
        const value = (known?.value ?? create()) as ReturnType<typeof create>
        const it = known ?? { value, holders: 0, free: () => void dispose(value) }
        this.kept.set(key, it)
        if (!held.has(key)) it.holders += 1
        held.add(key)
        return value
      },
    }
    const letGo = (): void => {
      for (const key of [...held].toReversed()) {
        const it = this.kept.get(key)
        if (it === undefined) continue
        it.holders -= 1
        if (it.holders > 0) continue
        this.kept.delete(key)
        it.free()
      }
    }
    return { carry, letGo }
  }
}

const take = (identity: CompiledIdentity, nowMs = 0) => {
  const caller = identity.find(KEY, nowMs)
  if (!('allowance' in caller) || caller.allowance === null) throw new Error('nobody, or without a limit')
  const ask = { id: 'call_1', startedAt: nowMs, startedMono: nowMs, routeName: 'chat' }
  const estimates = {
    inputTokens: () => 0,
    outputTokens: () => 0,
    mostCost: () => ({ microUsd: 0, isKnown: true }),
  }
  return !('refused' in caller.allowance.hold({ ...ask, ...estimates }))
}

describe('callers', () => {
  it('are the same index as long as tenants, keys and limits say the same', () => {
    const shelf = new Shelf()
    const tree = settings(2)
    const first = compileCallers(tree, shelf.hold())
    const again = { ...tree, tenants: { ...tree['tenants'] }, routes: {} }
    expect(compileCallers(again, shelf.hold())).toBe(first)
    expect(compileCallers(settings(3), shelf.hold())).not.toBe(first)
  })

  it('keep what they have used when a limit changes, and when they are gone for a version', () => {
    const shelf = new Shelf()
    const one = shelf.hold()
    const first = compileCallers(settings(2), one)
    expect([take(first), take(first), take(first)]).toEqual([true, true, false])
    compileCallers(without(), shelf.hold())
    const back = compileCallers(settings(3), shelf.hold())
    one.letGo()
    expect([take(back), take(back)]).toEqual([true, false])
  })

  it('get nothing back by being gone from every version that is alive', () => {
    const shelf = new Shelf()
    const one = shelf.hold()
    const first = compileCallers(settings(1), one)
    expect([take(first), take(first)]).toEqual([true, false])
    compileCallers(without(), shelf.hold())
    one.letGo()
    expect(take(compileCallers(settings(1), shelf.hold()))).toBe(false)
  })

  it('of an attempt that came to nothing leave nothing behind', () => {
    const shelf = new Shelf()
    const first = compileCallers(settings(1), shelf.hold())
    expect(take(first)).toBe(true)
    const failed = shelf.hold()
    compileCallers(without(), failed)
    failed.letGo()
    expect(take(compileCallers(settings(1), shelf.hold()))).toBe(false)
  })
})
