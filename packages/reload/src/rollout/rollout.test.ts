/** The state machine alone: a clock in the hand, verdicts as they are wished for, and nothing to serve. */
import { ManualClock } from '@changeover/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Judgement, RolloutMove, RolloutPolicy, Verdict } from '../contract/rollout.ts'
import { isSplit, planOf } from './plan.ts'
import { type Failure, Rollout, type RolloutHost } from './rollout.ts'

const STEPS: RolloutPolicy = {
  strategy: 'canary',
  steps: [
    { share: 0.1, forMs: 1_000 },
    { share: 0.5, forMs: 1_000 },
  ],
  analysis: { everyMs: 100, extendMs: 500 },
}

class Host implements RolloutHost {
  readonly clock = new ManualClock(0)
  readonly rollout: Rollout
  readonly moves: RolloutMove[] = []
  readonly back: Failure[] = []
  verdict: Verdict | null = 'inconclusive'
  deadBecause: string | null = null
  burnsBecause: string | null = null
  freeze: string | null = null
  isBusy = false

  constructor(policy: RolloutPolicy) {
    this.rollout = new Rollout('r', planOf(policy, 1_000), { host: this, clock: this.clock })
    this.rollout.begin()
  }

  get isCompared(): boolean {
    return this.verdict !== null
  }

  judge(): Judgement | null {
    const { verdict } = this
    if (verdict === null) return null
    const arm = { samples: 0, value: null }
    const rest = { candidate: arm, baseline: arm, change: null, low: null, high: null }
    return { verdict, measures: [{ name: 'errors', verdict, ...rest, reason: `it is ${verdict}` }] }
  }

  dead = (): string | null => this.deadBecause
  burning = (): string | null => this.burnsBecause
  frozen = (): string | null => this.freeze
  isOvertaken = (): boolean => this.isBusy
  take = (): void => {}
  takeAll = (by: string | null): void => this.rollout.bakes(null, by)
  moved = (move: RolloutMove): void => void this.moves.push(move)
  takeBack = (failure: Failure): void => {
    this.back.push(failure)
    this.rollout.ends('rolled_back', failure.mark)
  }
}

const cannot = expect.objectContaining({ code: 'rollout.cannot' })

describe('a rollout', () => {
  it('never takes more by itself than a pass allows, and leaves no timer behind (I25)', async () => {
    const act = fc.oneof(
      fc.constantFrom<Verdict>('pass', 'inconclusive', 'fail').map((verdict) => ({ verdict })),
      fc.constantFrom(50, 400, 1_100, 10_000).map((ms) => ({ ms })),
      fc.constantFrom('pause' as const, 'resume' as const, 'next' as const).map((word) => ({ word })),
      fc.boolean().map((isOn) => ({ isOn })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const host = new Host(STEPS)
        const { rollout, clock } = host
        const tried = (run: () => void): void => {
          try {
            run()
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^rollout\.(?:cannot|frozen)$/) })
          }
        }
        for (const it of acts) {
          const [share, wasPass] = [rollout.share, host.verdict === 'pass' && host.freeze === null]
          if ('verdict' in it) host.verdict = it.verdict
          else if ('isOn' in it) host.freeze = it.isOn ? 'night' : null
          else if ('ms' in it) {
            await clock.advance(it.ms)
            if (rollout.share > share) expect(wasPass).toBe(true)
          } else if (it.word === 'pause') tried(() => rollout.pause('lunch', {}))
          else if (it.word === 'resume') tried(() => rollout.resume({}))
          else tried(() => rollout.promote('next', {}))
          expect(clock.pending).toBeLessThanOrEqual(1)
        }
        rollout.ends('superseded', null)
        expect([clock.pending, rollout.isOver]).toEqual([0, true])
      }),
      { numRuns: 300 },
    )
  })

  it('goes back within one look of a failure, and says by which measure', async () => {
    const host = new Host(STEPS)
    host.verdict = 'fail'
    await host.clock.advance(100)
    expect(host.back).toEqual([{ code: 'rollout.failed', mark: 'analysis:errors', reason: 'it is fail' }])
  })

  it('that is dead goes back as soon as somebody has seen it, at full traffic too', async () => {
    const host = new Host(STEPS)
    host.rollout.promote('full', {})
    host.deadBecause = '12 of 12 failed'
    host.rollout.look()
    await host.clock.advance(0)
    expect(host.back).toMatchObject([{ code: 'rollout.guard', reason: '12 of 12 failed' }])
  })

  it('that burns its budget goes back at the next look, beside the version in force and at full traffic', async () => {
    const burnRate = { objective: 0.99, factor: 10, longMs: 1_000, shortMs: 100 }
    for (const isFull of [false, true]) {
      const host = new Host({ ...STEPS, burnRate })
      host.verdict = null
      if (isFull) host.rollout.promote('full', {})
      await host.clock.advance(500)
      expect(host.back).toEqual([])
      host.burnsBecause = '12 times too fast'
      await host.clock.advance(100)
      expect(host.back).toEqual([{ code: 'rollout.burning', mark: 'burn_rate', reason: '12 times too fast' }])
      expect(host.clock.pending).toBe(0)
    }
  })

  it('waits with full traffic while a newer version is coming in, and with a smaller step not', async () => {
    const host = new Host(STEPS)
    host.verdict = 'pass'
    host.isBusy = true
    await host.clock.advance(1_000)
    expect(host.rollout).toMatchObject({ state: 'running', step: 1 })
    await host.clock.advance(1_000)
    expect(host.rollout).toMatchObject({
      state: 'promoting',
      reason: 'a newer version is coming in',
      share: 0.5,
    })
    expect(() => host.rollout.promote('full', {})).toThrow(cannot)
    host.isBusy = false
    await host.clock.advance(100)
    expect(host.rollout).toMatchObject({ state: 'baking', share: 1 })
  })

  it('cannot be moved in ways that its state does not know', async () => {
    const { rollout } = new Host(STEPS)
    expect(() => rollout.resume({})).toThrow(cannot)
    rollout.promote('full', { actor: 'user:ann' })
    expect(() => rollout.promote('next', {})).toThrow(cannot)
    expect(() => rollout.pause('late', {})).toThrow(cannot)
    rollout.ends('complete', null)
    rollout.ends('aborted', 'too late')
    expect(rollout.history.map((it) => [it.state, it.by])).toEqual([
      ['running', null],
      ['baking', 'user:ann'],
      ['complete', null],
    ])
  })

  it('goes on with what is left of its step when it is resumed', async () => {
    const host = new Host(STEPS)
    host.verdict = 'pass'
    await host.clock.advance(600)
    host.rollout.pause('lunch', {})
    await host.clock.advance(5_000)
    host.rollout.resume({})
    await host.clock.advance(300)
    expect(host.rollout.step).toBe(0)
    await host.clock.advance(200)
    expect(host.rollout.step).toBe(1)
  })

  it('sets no timer where nothing can happen but by hand', () => {
    const host = new Host({ strategy: 'blueGreen' })
    host.verdict = null
    host.rollout.pause('for ever', {})
    expect(host.clock.pending).toBe(0)
  })
})

describe('a plan', () => {
  it('takes a last step to all of the traffic for the time at full traffic', () => {
    const last = (forMs: number | null) =>
      planOf(
        {
          ...STEPS,
          steps: [
            { share: 0.5, forMs: 1 },
            { share: 1, forMs },
          ],
        },
        1_000,
      )
    expect(last(7_000)).toMatchObject({ steps: [{ share: 0.5 }], bakeMs: 7_000 })
    expect(last(null).bakeMs).toBeNull()
    expect(planOf({ ...STEPS, bakeMs: 9 }, 1_000).bakeMs).toBe(9)
    const only = planOf({ strategy: 'canary', steps: [{ share: 1, forMs: 5 }] }, 1_000)
    expect([isSplit(only), only.bakeMs]).toEqual([false, 5])
  })
})
