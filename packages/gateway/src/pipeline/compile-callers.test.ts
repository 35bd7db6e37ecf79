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

const take = (identity: CompiledIdentity) => {
  const caller = identity.find(KEY, 0)
  if (!('limiter' in caller) || caller.limiter === null) throw new Error('nobody, or without a limit')
  return caller.limiter.take(0) === null
}

describe('callers', () => {
  it('are the same index as long as tenants, keys and limits say the same', () => {
    const shelf = new Shelf()
    const tree = settings(2)
    const first = compileCallers(tree, shelf.hold().carry)
    const again = { ...tree, tenants: { ...tree['tenants'] }, routes: {} }
    expect(compileCallers(again, shelf.hold().carry)).toBe(first)
    expect(compileCallers(settings(3), shelf.hold().carry)).not.toBe(first)
  })

  it('keep what they have used when a limit changes, and when they are gone for a version', () => {
    const shelf = new Shelf()
    const one = shelf.hold()
    const first = compileCallers(settings(2), one.carry)
    expect([take(first), take(first), take(first)]).toEqual([true, true, false])
    compileCallers(without(), shelf.hold().carry)
    const back = compileCallers(settings(3), shelf.hold().carry)
    one.letGo()
    expect([take(back), take(back)]).toEqual([true, false])
  })

  it('begin anew when no version that is alive knows them', () => {
    const shelf = new Shelf()
    const one = shelf.hold()
    const first = compileCallers(settings(1), one.carry)
    expect([take(first), take(first)]).toEqual([true, false])
    compileCallers(without(), shelf.hold().carry)
    one.letGo()
    expect(take(compileCallers(settings(1), shelf.hold().carry))).toBe(true)
  })

  it('of an attempt that came to nothing leave nothing behind', () => {
    const shelf = new Shelf()
    const first = compileCallers(settings(1), shelf.hold().carry)
    expect(take(first)).toBe(true)
    const failed = shelf.hold()
    compileCallers(without(), failed.carry)
    failed.letGo()
    expect(take(compileCallers(settings(1), shelf.hold().carry))).toBe(false)
  })
})
