/**
 * Sees when a version spends its error budget too fast: what an objective allows to fail, times a factor, over a long window
 * and over a short one. The long one says that it matters, the short one that it still goes on (Beyer et al., *The Site
 * Reliability Workbook*, chapter 5).
 *
 * Only what the version itself answered counts, so a window that reaches further back than the version is as long as the
 * version is old. What burns for the others as well, at the same time, or burnt just before it came, is not its doing: taking
 * it back would mend nothing.
 *
 * Requests only add to sums; windows are made when somebody looks, so the request path pays nothing for them.
 *
 * Not here: how fast is too fast (the policy), whether the candidate is worse than the baseline (`comparison.ts`).
 */
import type { BurnRatePolicy } from '../../contract/rollout.ts'
import type { Seen } from './guard.ts'
import { count } from './words.ts'

/** Marks in a short window: how finely time is cut. */
const FINE = 20
/** Of a version's own requests in each window; a first failure is not yet a rate. */
const MIN_SAMPLES = 50

interface Mark {
  readonly atMs: number
  readonly candidate: Seen
  readonly others: Seen
}

export class BurnRate {
  readonly #policy: BurnRatePolicy
  readonly #marks: Mark[] = []
  readonly #candidate = { samples: 0, failures: 0 }
  readonly #others = { samples: 0, failures: 0 }
  /** How fast the others burnt before the candidate had all of the traffic; `null` while they run beside it. */
  #before: number | null

  /** `before`: what was seen just before a version that takes all at once; `null` where both run side by side. */
  constructor(policy: BurnRatePolicy, before: Seen | null) {
    this.#policy = policy
    this.#before = before === null ? null : this.#burn(before)
  }

  candidate(failed: boolean): void {
    this.#candidate.samples += 1
    if (failed) this.#candidate.failures += 1
  }

  baseline(failed: boolean): void {
    this.#others.samples += 1
    if (failed) this.#others.failures += 1
  }

  /** The candidate has all of the traffic from here on: what the others did lately stands in their place. */
  alone(nowMs: number): void {
    this.#before ??= this.#burn(since(this.#markBefore(nowMs - this.#policy.longMs)?.others, this.#others))
  }

  /** For people; `null` while the budget lasts. Times are monotonic, and never go back. */
  look(nowMs: number): string | null {
    const { longMs, shortMs, factor } = this.#policy
    this.#mark(nowMs)
    const [long, short] = [longMs, shortMs].map((windowMs) => {
      const mark = this.#markBefore(nowMs - windowMs)
      return { own: since(mark?.candidate, this.#candidate), others: since(mark?.others, this.#others) }
    })
    if (long === undefined || short === undefined) return null
    const burns = [long, short].every(
      ({ own }) => own.samples >= (this.#policy.minSamples ?? MIN_SAMPLES) && this.#burn(own) >= factor,
    )
    if (!burns || (this.#before ?? this.#burn(long.others)) >= factor) return null
    return this.#say(long.own)
  }

  #say({ samples, failures }: Seen): string {
    const { objective, factor, longMs } = this.#policy
    const burn = this.#burn({ samples, failures })
    const allowed = `${Number(((1 - objective) * 100).toPrecision(3))} %`
    return `${count(failures)} of ${count(samples)} requests failed within ${longMs / 1000} s, ${burn.toFixed(1)} times the ${allowed} that may, and ${factor} times is too fast`
  }

  /** 1 spends exactly what the objective allows. */
  #burn({ samples, failures }: Seen): number {
    return samples === 0 ? 0 : failures / samples / (1 - this.#policy.objective)
  }

  #mark(nowMs: number): void {
    const { longMs, shortMs } = this.#policy
    const last = this.#marks.at(-1)
    if (last !== undefined && nowMs - last.atMs < shortMs / FINE) return
    this.#marks.push({ atMs: nowMs, candidate: { ...this.#candidate }, others: { ...this.#others } })
    // One that is older than the long window is its beginning; those before it say nothing any more.
    while ((this.#marks[1]?.atMs ?? nowMs) <= nowMs - longMs) this.#marks.shift()
  }

  /** The newest mark that is at least so old; `undefined` while there is none: then the window begins with the version. */
  #markBefore(atMs: number): Mark | undefined {
    return this.#marks.findLast((it) => it.atMs <= atMs)
  }
}

function since(before: Seen | undefined, now: Seen): Seen {
  return {
    samples: now.samples - (before?.samples ?? 0),
    failures: now.failures - (before?.failures ?? 0),
  }
}
