/**
 * Sees within a handful of requests that a candidate is dead: nearly all it is given fails, while the baseline is well.
 *
 * Two questions must both be answered yes. Would so many failures in a row happen by the baseline's recent rate of failure
 * (a likelihood ratio that starts again whenever the candidate does well)? And if not, do the requests that the baseline
 * answered during that run rule out that whatever happened, happened to both? So an outage of something that both need
 * never counts against the candidate.
 *
 * Without a baseline beside it (all traffic at once), what was seen just before the swap stands in its place; an outage that
 * begins in that very moment cannot then be told from a bad version.
 *
 * A unit that does nothing but fail, such as one tenant with a revoked key, is weak evidence after its third failure.
 *
 * Not here: slow or small harm (`comparison.ts`).
 */
import { logBeta } from './numbers.ts'
import { count } from './words.ts'

/** Of the candidate's requests, how many fail when it is dead. */
const DEAD = 0.9
/** ln of the odds that must stand against chance: less than one in 10^11 from a given request on. */
const ENOUGH = 26
/** ln of the odds that must stand against an outage of both. */
const APART = Math.log(1e4)
/** The baseline's recent rate is never taken for lower or, to be well, higher than these. */
const LEAST_RATE = 0.02
const WELL = 0.2
/** Requests of the baseline that count as recent. */
const RECENT = 100
const LEAST_SEEN = 20
/** Failures of one unit in a run that count in full, and how much further ones count. */
const FULL = 3
const REPEATED = 0.25

export interface Seen {
  readonly samples: number
  readonly failures: number
}

/** Asked on every request's way out, so it allocates nothing: what it counts is changed where it stands. */
export class Guard {
  readonly #before: Seen | null
  readonly #recent = { samples: 0, failures: 0 }
  #score = 0
  /** Since the candidate's run of failures began. */
  readonly #run = { samples: 0, failures: 0, baseSamples: 0, baseFailures: 0 }
  #unit: number | undefined
  #ofUnit = 0
  #dead = false

  /** `before`: what the version before this one saw last, where no baseline runs beside. */
  constructor(before: Seen | null = null) {
    // What was seen goes on being counted where it was.
    this.#before = before === null ? null : { ...before }
    if (before === null) return
    this.#recent.samples = before.samples
    this.#recent.failures = before.failures
    this.#keepRecent(RECENT)
  }

  /** Once true, always true. */
  get dead(): boolean {
    return this.#dead
  }

  /** For people; meaningful once it is dead. */
  get reason(): string {
    const { samples, failures, baseSamples, baseFailures } = this.#run
    const beside =
      this.#before === null
        ? `${count(baseFailures)} of ${count(baseSamples)} of the baseline's meanwhile`
        : `${count(this.#before.failures)} of ${count(this.#before.samples)} before the swap`
    return `${count(failures)} of the candidate's last ${count(samples)} requests failed, against ${beside}`
  }

  baseline(failed: boolean): void {
    this.#keepRecent(RECENT - 1)
    const failures = failed ? 1 : 0
    this.#recent.samples += 1
    this.#recent.failures += failures
    this.#run.baseSamples += 1
    this.#run.baseFailures += failures
    if (this.#score >= ENOUGH) this.#decide()
  }

  /** `unit`: a hash of the unit that the request belongs to. */
  candidate(failed: boolean, unit?: number): void {
    if (this.#dead) return
    const rate = this.#rate()
    if (rate === null) return this.#begin()
    // What the baseline did before this run says nothing about an outage that begins with it.
    if (this.#score === 0) this.#begin()
    if (!failed) this.#score += Math.log((1 - DEAD) / (1 - rate))
    else this.#score += Math.log(DEAD / rate) * this.#weight(unit)
    if (this.#score <= 0) return this.#begin()
    this.#run.samples += 1
    this.#run.failures += failed ? 1 : 0
    if (this.#score >= ENOUGH) this.#decide()
  }

  #begin(): void {
    const run = this.#run
    this.#score = 0
    run.samples = 0
    run.failures = 0
    run.baseSamples = 0
    run.baseFailures = 0
    this.#ofUnit = 0
  }

  #keepRecent(most: number): void {
    const recent = this.#recent
    if (recent.samples <= most) return
    recent.failures *= most / recent.samples
    recent.samples = most
  }

  /** `null` while the baseline has said too little, or is ill itself. */
  #rate(): number | null {
    const { samples, failures } = this.#recent
    if (samples < LEAST_SEEN) return null
    const rate = (failures + 1) / (samples + 2)
    return rate > WELL ? null : Math.max(LEAST_RATE, rate)
  }

  #weight(unit: number | undefined): number {
    if (unit === undefined) return 1
    this.#ofUnit = unit === this.#unit ? this.#ofUnit + 1 : 1
    this.#unit = unit
    return this.#ofUnit <= FULL ? 1 : REPEATED
  }

  #decide(): void {
    this.#dead ||= this.#before !== null || oddsApart(this.#run) >= APART
  }
}

/** ln of the odds that candidate and baseline failed at rates of their own, rather than at one that both share. */
function oddsApart(run: {
  samples: number
  failures: number
  baseSamples: number
  baseFailures: number
}): number {
  const { samples, failures, baseSamples, baseFailures } = run
  const here = logBeta(failures + 9, samples - failures + 1) - logBeta(9, 1)
  const there = logBeta(baseFailures + 1, baseSamples - baseFailures + 9) - logBeta(1, 9)
  const both = logBeta(failures + baseFailures + 1, samples - failures + baseSamples - baseFailures + 1)
  return here + there - both
}
