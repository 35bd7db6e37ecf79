/** Reloads a candidate at a steady rate while it is under load, and judges afterwards what callers were given. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReloadDone, Running } from './candidates/candidate.ts'
import type { VersionSeen } from './load/job.ts'
import { Samples } from './load/spread.ts'
import type { ReloadTally } from './record.ts'

const keptTexts = 3

export interface Storm {
  /** Ends the storm; resolves once the reload that is under way has been answered. */
  stop(): Promise<void>
  judge(seen: readonly VersionSeen[]): ReloadTally
}

/** One reload at a time: where one takes longer than the period, the next follows at once and the rate drops. */
export function startStorm(running: Running, perSecond: number): Storm {
  const done: ReloadDone[] = []
  const refused: string[] = []
  const stopped = new AbortController()
  const turning = turn()

  async function turn(): Promise<void> {
    const reload = running.reload
    if (reload === undefined) return
    for (let dueMs = performance.now(); !stopped.signal.aborted; dueMs += 1000 / perSecond) {
      await reload().then(
        (it) => done.push(it),
        (error: unknown) => refused.push(error instanceof Error ? error.message : String(error)),
      )
      const pauseMs = Math.max(0, dueMs + 1000 / perSecond - performance.now())
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }

  return {
    stop: async () => {
      stopped.abort()
      await turning
    },
    judge: (seen) => ({
      asked: done.length + refused.length,
      taken: done.length,
      refused: refused.slice(0, keptTexts),
      tookMs: spreadOf(done),
      mixedVersions: countMixed(seen, done),
    }),
  }
}

function spreadOf(done: readonly ReloadDone[]): ReloadTally['tookMs'] {
  const samples = new Samples()
  for (const it of done) samples.add(it.tookMs)
  return samples.spread()
}

/**
 * Answers of another model than their version prescribes. For a version that nobody announced (the first, or
 * one from before the measured part), those beside its most frequent model.
 */
export function countMixed(seen: readonly VersionSeen[], done: readonly ReloadDone[]): number {
  const expected = new Map(done.flatMap((it) => (it.expects ? [[it.expects.version, it.expects.model]] : [])))
  return seen.reduce((mixed, { version, models }) => {
    const counts = Object.values(models)
    const model = expected.get(version)
    const right = model === undefined ? Math.max(0, ...counts) : (models[model] ?? 0)
    return mixed + counts.reduce((sum, it) => sum + it, 0) - right
  }, 0)
}
