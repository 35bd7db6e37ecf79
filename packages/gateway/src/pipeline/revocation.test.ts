import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import type { Caller, CompiledIdentity } from '../contract/compiled.ts'
import { createRevocation } from './revocation.ts'

const caller = (key: string): Caller => ({ tenant: 'acme', key, allow: null, allowance: null })

function world(...running: readonly string[]) {
  const clock = new ManualClock(0)
  const left = new Set(running)
  const lines: string[] = []
  const revocation = createRevocation({
    clock,
    telemetry: { logger: { enabled: () => true, log: (it) => void lines.push(it.message) } },
    cut: (holds) => {
      const gone = [...left].filter((key) => !holds(caller(key)))
      for (const it of gone) left.delete(it)
      return gone.length
    },
  })
  const swap = (keys: readonly string[], revokedWithin: number | 'finish' = 1_000): void => {
    const identity: CompiledIdentity = {
      open: false,
      find: () => ({ refused: 'identity.unknown_key' }),
      holds: ({ key }) => keys.includes(key),
    }
    revocation.follow({ identity, revokedWithin })
  }
  return { clock, left, lines, revocation, swap }
}

describe('calls of a key that was withdrawn', () => {
  it('are cut within the time promised, and no others', async () => {
    const { clock, left, lines, swap } = world('a', 'b')
    swap(['a', 'b'])
    await clock.advance(10_000)
    swap(['b'])
    expect([...left]).toEqual(['a', 'b'])
    await clock.advance(1_000)
    expect([...left]).toEqual(['b'])
    expect(lines).toEqual(['1 running call was cut: the key was withdrawn'])
  })

  it('are cut at once where that is wished, and may end where that is', async () => {
    const one = world('a')
    one.swap([], 0)
    await one.clock.advance(0)
    expect([...one.left]).toEqual([])
    const other = world('a')
    other.swap([], 'finish')
    await other.clock.advance(3_600_000)
    expect([...other.left]).toEqual(['a'])
  })

  it('are left alone when the version that withdrew it was taken back in time', async () => {
    const { clock, left, swap } = world('a')
    swap([])
    await clock.advance(100)
    swap(['a'])
    await clock.advance(10_000)
    expect([...left]).toEqual(['a'])
  })

  it('are not put off by later changes, however often they come', async () => {
    const { clock, left, swap } = world('a', 'b')
    swap(['b'])
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(100)
      swap(['b'])
    }
    expect([...left]).toEqual(['b'])
  })

  it('are not looked for when nothing about callers changed, nor once it is closed', async () => {
    const { clock, left, revocation, swap } = world('a')
    const identity: CompiledIdentity = { open: true, find: () => caller('a') }
    revocation.follow({ identity, revokedWithin: 0 })
    revocation.follow({ identity, revokedWithin: 0 })
    await clock.advance(10)
    swap([])
    revocation.close()
    await clock.advance(10_000)
    expect([...left]).toEqual(['a'])
  })
})
