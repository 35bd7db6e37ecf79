/**
 * Judges a measure that comes from outside, a number for each side at each tick, such as a query to Prometheus.
 *
 * Nothing is known of how such a number came about: windows of neighbouring ticks overlap, and means hide their spread. So
 * no probability is claimed. Harm takes several bad readings in a row; a pass takes as many good ones; and a rate that
 * comes with its number of samples must differ by more than chance to be bad at all.
 *
 * Whatever is not a finite number of 0 or more on both sides, from enough samples, says nothing and begins the count anew:
 * no answer, an answer of the baseline only, a baseline of zero.
 *
 * Not here: fetching (`../sources/`).
 */
import type { MeasureJudgement, MeasureSpec, Verdict } from '../../contract/rollout.ts'
import { amount, count, moreOrLess } from './words.ts'

/** One side at one tick; `samples` is `null` where the source cannot say. */
export interface Reading {
  readonly candidate: number | null
  readonly baseline: number | null
  readonly candidateSamples: number | null
  readonly baselineSamples: number | null
}

export interface ReadingVerdict {
  readonly says: 'worse' | 'fine' | 'nothing'
  readonly change: number | null
  readonly reason: string
}

/** Readings in a row that make a verdict. */
const IN_A_ROW = 3
/** Standard errors by which a rate must be worse than what is tolerated. */
const BY_CHANCE = 3

/** What one reading says by itself. `null`: there is none. */
export function readingVerdict(spec: MeasureSpec, reading: Reading | null): ReadingVerdict {
  const nothing = (reason: string): ReadingVerdict => ({ says: 'nothing', change: null, reason })
  if (reading === null) return nothing('no reading')
  const { candidate, baseline } = reading
  if (!isAmount(candidate)) return nothing('no number for the candidate')
  if (!isAmount(baseline)) return nothing('no number for the baseline')
  if (spec.kind === 'proportion' && (candidate > 1 || baseline > 1)) return nothing('a rate above 1')
  for (const samples of [reading.candidateSamples, reading.baselineSamples]) {
    if (samples === null) continue
    if (!isAmount(samples) || samples < spec.minSamples) {
      return nothing(
        `${count(isAmount(samples) ? samples : 0)} of at least ${count(spec.minSamples)} samples`,
      )
    }
  }
  if (baseline === 0 && candidate !== 0) return nothing('the baseline is zero')
  if (baseline === 0) return nothing('zero on both sides')
  const change = candidate / baseline - 1
  const said = `${amount(candidate)} against ${amount(baseline)}: ${moreOrLess(change)}`
  const isWorse = beyond(spec, change) && !isChance(spec, reading, { candidate, baseline })
  return { says: isWorse ? 'worse' : 'fine', change, reason: said }
}

/** The readings of one measure in one rollout, in the order of their ticks. */
export class Readings {
  readonly #spec: MeasureSpec
  #says: ReadingVerdict['says'] = 'nothing'
  #inARow = 0

  constructor(spec: MeasureSpec) {
    this.#spec = spec
  }

  judge(reading: Reading | null): MeasureJudgement {
    const { says, change, reason } = readingVerdict(this.#spec, reading)
    this.#inARow = says === this.#says ? this.#inARow + 1 : 1
    this.#says = says
    return {
      name: this.#spec.name,
      verdict: this.#verdict(),
      candidate: { samples: reading?.candidateSamples ?? 0, value: number(reading?.candidate) },
      baseline: { samples: reading?.baselineSamples ?? 0, value: number(reading?.baseline) },
      change,
      low: null,
      high: null,
      reason: says === 'nothing' ? reason : `${reason}; ${this.#inARow} such readings in a row`,
    }
  }

  #verdict(): Verdict {
    if (this.#says === 'nothing' || this.#inARow < IN_A_ROW) return 'inconclusive'
    return this.#says === 'worse' ? 'fail' : 'pass'
  }
}

function beyond({ worse, tolerance }: MeasureSpec, change: number): boolean {
  return (worse !== 'lower' && change > tolerance) || (worse !== 'higher' && change < -tolerance)
}

/** Whether a rate from so many samples may differ so much by chance. */
function isChance(
  spec: MeasureSpec,
  { candidateSamples, baselineSamples }: Reading,
  { candidate, baseline }: { candidate: number; baseline: number },
): boolean {
  if (spec.kind === 'amount' || candidateSamples === null || baselineSamples === null) return false
  const limit = baseline * (candidate > baseline ? 1 + spec.tolerance : Math.max(0, 1 - spec.tolerance))
  const pooled =
    (candidate * candidateSamples + baseline * baselineSamples) / (candidateSamples + baselineSamples)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / candidateSamples + 1 / baselineSamples))
  return Math.abs(candidate - limit) < BY_CHANCE * error
}

function isAmount(value: number | null): value is number {
  return value !== null && Number.isFinite(value) && value >= 0
}

function number(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) ? value : null
}
