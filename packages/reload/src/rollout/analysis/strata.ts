/**
 * The difference between two arms over many looks, and how sure it is.
 *
 * Each look is a stratum with weight n·m / (n + m), the weight of Mantel and Haenszel: best where all strata are alike,
 * and unbiased where they are not, however the share of traffic moves between them.
 *
 * The variance is the largest of three, for each side: as if calls were independent; as the groups of units really
 * strayed; and as far apart as the baseline's units are, for as few units as this side has. The third is what a canary of
 * five tenants needs: five cannot tell how far tenants differ, but the other ninety-five can. The uncertainty of what they
 * tell counts in full, so few units on the baseline's side make everything uncertain. No side's calls can be more alike than
 * identical within each unit, which bounds it all.
 */
import { type Arm, GROUPS } from './arm.ts'
import { ArmTrace } from './arm-trace.ts'
import { chiSquareLow } from './numbers.ts'

/** Estimated difference of means (candidate less baseline) and variances of it. */
export interface Estimate {
  readonly difference: number
  readonly variance: number
  /** By how much it is larger than if all calls had been independent. */
  readonly design: number
  /** Units that carry the candidate's traffic; as many as calls when units are calls. */
  readonly units: number
}

/** What one call varies by. */
export interface Spread {
  readonly candidate: number
  readonly baseline: number
  /** What the baseline's was seen from. */
  readonly events: number
}

export class Strata {
  readonly candidate: ArmTrace
  readonly baseline: ArmTrace
  #weights = 0
  #weighted = 0
  /** Sums of weight² / n: what a variance of 1 per call comes to. */
  #candidatePlain = 0
  #baselinePlain = 0

  constructor(measure: number) {
    this.candidate = new ArmTrace(measure)
    this.baseline = new ArmTrace(measure)
  }

  /** False when there is nothing to compare yet; what came in is then part of the next look. */
  look(candidate: Arm, baseline: Arm): boolean {
    this.candidate.look(candidate)
    this.baseline.look(baseline)
    return this.candidate.newSamples > 0 && this.baseline.newSamples > 0
  }

  /** Takes the look into the estimate. */
  settle(): void {
    const { candidate, baseline } = this
    const n = candidate.newSamples
    const m = baseline.newSamples
    const weight = (n * m) / (n + m)
    const candidateMean = candidate.newSum / n
    const baselineMean = baseline.newSum / m
    this.#weights += weight
    this.#weighted += weight * (candidateMean - baselineMean)
    this.#candidatePlain += (weight * weight) / n
    this.#baselinePlain += (weight * weight) / m
    candidate.settle(baselineMean + this.difference(), weight / n)
    baseline.settle(baselineMean, weight / m)
  }

  difference(): number {
    return this.#weights === 0 ? 0 : this.#weighted / this.#weights
  }

  estimate({ candidate: own, baseline: usual, events }: Spread): Estimate {
    const scale = this.#weights * this.#weights
    const plainCandidate = (own * this.#candidatePlain) / scale
    const plainBaseline = (usual * this.#baselinePlain) / scale
    const { candidate, baseline } = this
    const units = effectiveUnits(candidate)
    const difference = this.difference()
    if (!candidate.hasUnits && !baseline.hasUnits) {
      return { difference, variance: plainCandidate + plainBaseline, design: 1, units }
    }
    const seenBaseline = Math.max(plainBaseline, baseline.strayedSquares() / scale)
    const apart = unitVariance(seenBaseline, plainBaseline, effectiveUnits(baseline), events)
    const expected = (usual * this.#candidatePlain) / scale
    const seen = (candidate.strayedSquares() / scale) * (units / Math.max(units - 1, 0.5))
    const times = Math.max(1, seen / plainCandidate, 1 + apart / units / expected)
    const variance = plainCandidate * Math.min(times, Math.max(1, candidate.samples / units))
    const design = (variance + seenBaseline) / (plainCandidate + plainBaseline)
    return { difference, variance: variance + seenBaseline, design, units }
  }
}

/** As many equal units would be as uneven as these. */
function effectiveUnits(trace: ArmTrace): number {
  if (trace.samples === 0) return 0
  if (!trace.hasUnits) return trace.samples
  const { samples } = trace
  return Math.max(1, Math.min(samples, (samples * samples) / Math.max(trace.unitSquares(), samples)))
}

/** Groups from which on what they tell is hardly doubted, and how much it is doubted below: the lowest hundredth. */
const MANY = 20
const DOUBT = 2.33

/** How far units differ, at worst, from how far the baseline's groups of them strayed. */
function unitVariance(seen: number, plain: number, units: number, events: number): number {
  const freedom = Math.min(units, GROUPS, events) - 1
  const low = chiSquareLow(freedom, DOUBT * Math.min(1, MANY / freedom))
  if (low <= 0) return Number.POSITIVE_INFINITY
  return Math.max(0, seen * (freedom / low) - plain) * units
}
