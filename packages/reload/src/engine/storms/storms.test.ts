/** The small machines against storms, each on its own. */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../contract/receipt.ts'
import { Breaker } from './breaker.ts'
import { Bucket } from './bucket.ts'
import { Idempotency } from './idempotency.ts'
import { Quarantine } from './quarantine.ts'

describe('a bucket', () => {
  it('gives a burst, then one token for each time that has passed', async () => {
    const clock = new ManualClock()
    const bucket = new Bucket(clock, { burst: 3, refillMs: 1_000 })
    const taken = [1, 2, 3, 4].map(() => bucket.take())
    expect([taken, bucket.waitMs()]).toEqual([[true, true, true, false], 1_000])
    await clock.advance(400)
    expect(bucket.waitMs()).toBe(600)
    await clock.advance(1_700)
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false])
    expect(bucket.waitMs()).toBe(900)
  })

  it('never holds more than its burst', async () => {
    const clock = new ManualClock()
    const bucket = new Bucket(clock, { burst: 2, refillMs: 1_000 })
    await clock.advance(1_000_000)
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false])
  })

  it('without a refill time never runs dry', () => {
    const bucket = new Bucket(new ManualClock(), { burst: 1, refillMs: 0 })
    expect([bucket.take(), bucket.take(), bucket.waitMs()]).toEqual([true, true, 0])
  })
})

describe('a breaker', () => {
  const limits = { breakerFailures: 3, breakerWindowMs: 10_000, breakerOpenMs: 1_000 }

  it('forgets failures that are long ago', async () => {
    const clock = new ManualClock()
    const breaker = new Breaker(clock, limits)
    for (let i = 0; i < 6; i++) {
      breaker.failed(`rl_${i}`)
      await clock.advance(5_000)
    }
    expect(breaker.state).toBe('closed')
  })

  it('half open lets one through, and the next one when that ended without a verdict', async () => {
    const clock = new ManualClock()
    const breaker = new Breaker(clock, limits)
    for (const it of ['a', 'b', 'c']) breaker.failed(it)
    expect(breaker.admit('d')).toEqual({ waitMs: 1_000, failures: 3 })
    await clock.advance(1_000)
    expect([breaker.state, breaker.admit('d'), breaker.admit('d')]).toEqual(['half_open', null, null])
    expect(breaker.admit('e')).not.toBeNull()
    breaker.undecided('d')
    expect(breaker.admit('e')).toBeNull()
    breaker.succeeded()
    expect([breaker.state, breaker.admit('f')]).toEqual(['closed', null])
  })
})

describe('quarantine', () => {
  const failure = (version: string) => ({
    ref: { version, digest: `sha256:${version}` },
    tree: `tree ${version}`,
    reason: 'errors',
    lasting: true,
  })

  it('counts what fails again, and remembers since when', async () => {
    const clock = new ManualClock()
    const quarantine = new Quarantine(clock)
    quarantine.add(failure('1.2'))
    const [{ since } = { since: '' }] = quarantine.entries
    await clock.advance(1_000)
    quarantine.add(failure('1.2'))
    expect(quarantine.entries).toMatchObject([{ count: 2, since }])
  })

  it('keeps the newest hundred', () => {
    const quarantine = new Quarantine(new ManualClock())
    for (let seq = 1; seq <= 101; seq++) quarantine.add(failure(`1.${seq}`))
    expect(quarantine.entries).toHaveLength(100)
    expect(quarantine.has('sha256:1.1')).toBe(false)
  })

  it('writes down only what was in service', () => {
    const quarantine = new Quarantine(new ManualClock())
    quarantine.add(failure('1.2'))
    quarantine.add({ ...failure('1.3'), lasting: false })
    expect(quarantine.lasting).toMatchObject([{ version: '1.2' }])
    const offered = { digest: 'sha256:1.3', tree: null }
    expect([quarantine.blocks(offered, true), quarantine.blocks(offered, false)]).toEqual([true, false])
  })
})

describe('an idempotency key', () => {
  const receipt = (over: object): Promise<Receipt> =>
    Promise.resolve({ outcome: 'refused', retry: false, ...over } as Receipt)

  it('brings the first answer back, unless that said to try again', async () => {
    const keys = new Idempotency()
    keys.remember('kept', 'd', receipt({}))
    keys.remember('retry', 'd', receipt({ retry: true }))
    keys.remember('superseded', 'd', receipt({ outcome: 'superseded' }))
    await Promise.resolve()
    expect(['kept', 'retry', 'superseded'].map((it) => keys.find(it)?.digest ?? null)).toEqual([
      'd',
      null,
      null,
    ])
  })

  it('is remembered among the newest thousand', () => {
    const keys = new Idempotency()
    const version = { digest: 'd', isSealedHere: false }
    for (let i = 0; i <= 1_000; i++) keys.rememberVersion(`k${i}`, version)
    for (let i = 0; i <= 1_000; i++) keys.remember(`k${i}`, 'd', receipt({}))
    expect([keys.versionOf('k0'), keys.versionOf('k1'), keys.find('k0')]).toEqual([undefined, version, null])
  })
})
