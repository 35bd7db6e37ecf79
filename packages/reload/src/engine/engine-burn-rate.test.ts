/** A version that spends its error budget too fast, through the engine's own door. */
import { describe, expect, it } from 'vitest'
import type { BurnRatePolicy, LatelySeen, RolloutPolicy } from '../contract/rollout.ts'
import { CANARY, MEASURES, Stage } from './test-rollouts.ts'

/** One in a hundred may fail; five times as many must not. */
const burnRate: BurnRatePolicy = { objective: 0.99, factor: 5, longMs: 20_000, shortMs: 2_000 }
const AT_ONCE: RolloutPolicy = { strategy: 'allAtOnce', bakeMs: 60_000, burnRate }

/** Seconds of traffic, one request in ten of the failing version failing. */
async function burnFor(stage: Stage, seconds: number, fails: (version: string) => boolean): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    let request = 0
    stage.traffic(300, (version) => request++ % 10 === 0 && fails(version))
    await stage.toy.advance(1_000)
  }
}

const mine = (version: string): boolean => version.endsWith('.2')
const always = (): boolean => true

describe('a version that burns its error budget', () => {
  it('at full traffic is taken back while it is observed, with the numbers, and stays in quarantine', async () => {
    const stage = await Stage.with(AT_ONCE)
    expect(stage.rollout).toMatchObject({ state: 'baking' })
    await burnFor(stage, 3, mine)
    expect(stage.rollout).toMatchObject({ state: 'rolled_back' })
    expect(stage.rollout.reason).toMatch(
      /was taken back for its error budget: .* requests failed within 20 s/,
    )
    const { applied, quarantine } = stage.toy.reloader.status()
    expect(applied?.version).toBe('1.1')
    expect(quarantine).toEqual([expect.objectContaining({ reason: 'burn_rate' })])
    await stage.toy.reloader.close()
  })

  it('is confirmed when it lasts, and nobody looks any more', async () => {
    const stage = await Stage.with(AT_ONCE)
    await burnFor(stage, 60, () => false)
    expect(stage.rollout).toMatchObject({ state: 'complete' })
    await burnFor(stage, 5, always)
    expect(stage.toy.reloader.status().applied?.version).toBe('1.2')
    await stage.toy.reloader.close()
  })

  it('as a canary is taken back even where the comparison would let it go on', async () => {
    const analysis = { everyMs: 1_000, measures: { error_rate: { tolerance: 50, minSamples: 1_000_000 } } }
    const stage = await Stage.with({ ...CANARY, analysis, burnRate })
    await burnFor(stage, 6, mine)
    expect(stage.rollout).toMatchObject({ state: 'rolled_back' })
    expect(stage.rollout.reason).toContain('error budget')
    await stage.toy.reloader.close()
  })

  it('is not blamed for what burns beside it as well', async () => {
    const stage = await Stage.with({ ...CANARY, burnRate })
    await burnFor(stage, 8, always)
    expect(stage.rollout.state).toBe('running')
    await stage.toy.reloader.close()
  })

  it('is not blamed for what burnt before it took all of the traffic', async () => {
    const lately = (): LatelySeen => ({ samples: 500, failures: 50 })
    const stage = await Stage.with(AT_ONCE, { lately })
    await burnFor(stage, 8, mine)
    expect(stage.rollout.state).toBe('baking')
    await stage.toy.reloader.close()
  })

  it('counts only the measures that say so, where one does', async () => {
    const measures = [...MEASURES, { ...MEASURES[0], name: 'ours', guard: false, budget: true }]
    const stage = await Stage.with(AT_ONCE, { measures })
    // What the guard's measure counts is not what the budget counts here.
    await burnFor(stage, 8, mine)
    expect(stage.rollout.state).toBe('baking')
    for (let second = 0; second < 3; second += 1) {
      for (let i = 0; i < 100; i += 1) {
        const pin = stage.toy.reloader.acquire()
        pin.arm?.add(1, i % 10 === 0 ? 1 : 0)
        pin.release()
      }
      await stage.toy.advance(1_000)
    }
    expect(stage.rollout.state).toBe('rolled_back')
    await stage.toy.reloader.close()
  })

  it('is watched after a switch from blue to green too', async () => {
    const stage = await Stage.with({ strategy: 'blueGreen', forMs: 5_000, bakeMs: 60_000, burnRate })
    await burnFor(stage, 5, () => false)
    expect(stage.rollout.state).toBe('baking')
    await burnFor(stage, 3, mine)
    expect(stage.rollout.state).toBe('rolled_back')
    await stage.toy.reloader.close()
  })

  it('is the first of its line: there is nothing to go back to, and nobody looks', async () => {
    const stage = new Stage()
    await stage.publish({ mark: 1 }, AT_ONCE)
    await burnFor(stage, 5, always)
    expect(stage.toy.reloader.status().applied?.version).toBe('1.1')
    expect(stage.rollout.state).toBe('complete')
    await stage.toy.reloader.close()
  })
})
