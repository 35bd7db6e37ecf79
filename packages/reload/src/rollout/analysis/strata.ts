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
import type { Arm } from './arm.ts'
import { ArmTrace } from './arm-trace.ts'
import { chiSquareLow } from './numbers.ts'

/** Estimated difference of means (candidate less baseline) and variances of it. */
export interface Estimate {
  readonly difference: number
  readonly variance: number
  /** `variance`, had all calls been independent. */
  readonly plain: number
  /** Units that carry the candidate's traffic; as many as calls when units are calls. */
  readonly units: number
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

  /** `spread`: variance of one call, in the candidate and in the baseline. `events`: what the baseline's variance was seen from. */
  estimate(spread: readonly [number, number], events: number): Estimate {
    const scale = this.#weights * this.#weights
    const plainCandidate = (spread[0] * this.#candidatePlain) / scale
    const plainBaseline = (spread[1] * this.#baselinePlain) / scale
    const plain = plainCandidate + plainBaseline
    const { candidate, baseline } = this
    const units = effectiveUnits(candidate)
    if (!candidate.hasUnits && !baseline.hasUnits) {
      return { difference: this.difference(), variance: plain, plain, units }
    }
    const others = effectiveUnits(baseline)
    const seenBaseline = Math.max(plainBaseline, baseline.strayedSquares() / scale)
    const apart = unitVariance(seenBaseline, plainBaseline, others, events)
    const own = (candidate.strayedSquares() / scale) * (units / Math.max(units - 1, 0.5))
    const worst = plainCandidate * Math.max(1, candidate.samples / units)
    const variance = Math.min(worst, Math.max(plainCandidate, own, plainCandidate + apart / units))
    return { difference: this.difference(), variance: variance + seenBaseline, plain, units }
  }
}

/** As many equal units would be as uneven as these. */
function effectiveUnits(trace: ArmTrace): number {
  if (trace.samples === 0) return 0
  if (!trace.hasUnits) return trace.samples
  const { samples } = trace
  return Math.max(1, Math.min(samples, (samples * samples) / Math.max(trace.unitSquares(), samples)))
}

/** How far units differ, at worst, from how far the baseline's groups of them strayed. */
function unitVariance(seen: number, plain: number, units: number, events: number): number {
  const freedom = Math.min(units, 64, events) - 1
  const low = chiSquareLow(freedom)
  if (low <= 0) return Number.POSITIVE_INFINITY
  return Math.max(0, seen * (freedom / low) - plain) * units
}
