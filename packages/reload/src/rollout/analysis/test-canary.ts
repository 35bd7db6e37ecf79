/**
 * One simulated canary: traffic in time order, split by unit, looked at every second, until a verdict or until the candidate
 * has had so many requests.
 *
 * The world is unkind on purpose: rates and latencies drift over the hour, everybody has bursts of errors together, sessions
 * and tenants have habits of their own, and the candidate's share grows on the way.
 */
import type { MeasureSpec, RolloutUnit } from '../../contract/rollout.ts'
import { Arm } from './arm.ts'
import { Comparison } from './comparison.ts'
import { Guard } from './guard.ts'
import { Random } from './test-random.ts'
import type { Traffic } from './test-traffic.ts'

export interface Harm {
  readonly errors?: number
  /** Of the whole call; its first token comes as before. */
  readonly latency?: number
  readonly cost?: number
  readonly tokens?: number
  /** Share of calls that take or cost ten times as much. */
  readonly tail?: number
  /** Share of calls that fail, whatever they were. */
  readonly dead?: number
  /** Both sides: share of calls that fail from the middle on. */
  readonly outage?: number
}

export interface World {
  readonly unit: Exclude<RolloutUnit, 'key'>
  readonly errorRate: number
  readonly tenants: number
  /** How far tenants differ: deviation of the logarithm of their rate of errors; latencies and sizes differ a third as far. */
  readonly apart: number
  readonly harm: Harm
  readonly candidateRequests: number
  /** Of latency, first token and cost; that of errors is 5 %, of the rest 10 %. */
  readonly tolerance: number
  /** Shares of the canary's two halves. */
  readonly shares: readonly [number, number]
}

export interface Outcome {
  readonly failed: boolean
  /** The candidate's requests until then. */
  readonly requests: number
  /** Which measure, or `guard`. */
  readonly by: string | null
  readonly last: 'pass' | 'fail' | 'inconclusive'
}

export const usualWorld: World = {
  unit: 'request',
  errorRate: 0.01,
  tenants: 100,
  apart: 0.8,
  harm: {},
  candidateRequests: 5000,
  tolerance: 0.04,
  shares: [0.1, 0.25],
}

const LOOK = 50

/**
 * How often what is beside errors happens. With the amounts these are all measures of a gateway whose routes have a cache and
 * guards, each as it weighs it; not among them: schemas, which few callers ask for, and feedback.
 */
const RATES = Float64Array.of(0.004, 0.001, 0.0005, 0.02, 0.01, 0.3, 0.02)
const FAILURES = 2

export function measuresOf(tolerance: number): readonly MeasureSpec[] {
  const rate = { kind: 'proportion', worse: 'higher', tolerance: 0.1, minSamples: 50 } as const
  const sum = { kind: 'amount', worse: 'higher', tolerance, minSamples: 50 } as const
  return [
    { ...rate, name: 'failed_rate', tolerance: 0.05, weight: 4 },
    { ...rate, name: 'error_rate', tolerance: 0.05, weight: 4 },
    { ...rate, name: 'rejected_rate' },
    { ...rate, name: 'unauthorized_rate' },
    { ...rate, name: 'limited_rate' },
    { ...rate, name: 'retried_rate', tolerance: 0.5 },
    { ...rate, name: 'refusal_rate' },
    { ...rate, name: 'cache_hit_rate', worse: 'lower' },
    { ...rate, name: 'masked_rate', tolerance: 0.5 },
    { ...sum, name: 'latency_ms', weight: 4 },
    { ...sum, name: 'first_token_ms' },
    { ...sum, name: 'cost_micro_usd', weight: 4 },
    { ...sum, name: 'input_tokens', worse: 'either', tolerance: 0.5 },
    { ...sum, name: 'output_tokens', worse: 'either', tolerance: 0.5 },
  ]
}

interface Call {
  readonly failed: boolean
  readonly latency: number
  readonly first: number
  readonly cost: number
  readonly context: number
  readonly made: number
}

interface Caller {
  readonly hash: number
  readonly point: number
  readonly errors: number
  readonly pace: number
  readonly size: number
  /** Probability that a call is a completion of code. */
  readonly code: number
  left: number
}

export class Canary {
  readonly #world: World
  readonly #traffic: Traffic
  readonly #random: Random
  readonly #callers: Caller[] = []
  readonly #weights: number[] = []
  readonly #specs: readonly MeasureSpec[]
  readonly candidate: Arm
  readonly baseline: Arm
  readonly #comparison: Comparison
  readonly #guard = new Guard()
  readonly #said: Float64Array
  #served = 0
  #all = 0
  #burstUntil = 0

  constructor(world: World, traffic: Traffic, seed: number) {
    this.#world = world
    this.#traffic = traffic
    this.#random = new Random(seed, 77)
    this.#specs = measuresOf(world.tolerance)
    this.candidate = new Arm(this.#specs)
    this.baseline = new Arm(this.#specs)
    this.#comparison = new Comparison(this.#specs, {})
    this.#said = new Float64Array(this.#specs.length)
    const callers = world.unit === 'tenant' ? world.tenants : world.unit === 'session' ? 200 : 1
    let total = 0
    for (let i = 0; i < callers; i += 1) {
      this.#callers.push(this.#newCaller())
      // Tenants' volumes: the largest has some tenth of all calls.
      total += world.unit === 'tenant' ? this.#random.around(1.2) : 1
      this.#weights.push(total)
    }
  }

  run(): Outcome {
    const { candidateRequests } = this.#world
    let looked = 0
    let last: Outcome['last'] = 'inconclusive'
    // A canary of which no unit is in the cohort ends, too.
    while (this.#served < candidateRequests && this.#all < candidateRequests * 60) {
      this.#request()
      if (this.#guard.dead) return { failed: true, requests: this.#served, by: 'guard', last: 'fail' }
      if (this.#served < looked + LOOK) continue
      looked = this.#served
      const judged = this.#comparison.judge(this.candidate, this.baseline)
      last = judged.verdict
      if (last !== 'fail') continue
      const by = judged.measures.find((it) => it.verdict === 'fail')?.name ?? null
      return { failed: true, requests: this.#served, by, last }
    }
    return { failed: false, requests: this.#served, by: null, last }
  }

  #newCaller(): Caller {
    const random = this.#random
    const { apart, unit } = this.#world
    const far = unit === 'request' ? 0 : apart
    return {
      hash: random.bits(),
      point: random.share(),
      errors: random.around(far),
      pace: random.around(far / 3),
      size: random.around(far / 3),
      code: far === 0 ? 0.3 : random.share() ** 2,
      left: 1 + Math.floor(-Math.log(1 - random.share()) * 6),
    }
  }

  #nextCaller(): Caller {
    const { unit } = this.#world
    const random = this.#random
    const at =
      unit === 'tenant' ? weighted(this.#weights, random.share()) : random.below(this.#callers.length)
    const caller = this.#callers[at] ?? this.#newCaller()
    if (unit !== 'session') return caller
    caller.left -= 1
    if (caller.left <= 0) this.#callers[at] = this.#newCaller()
    return caller
  }

  #request(): void {
    const { unit, shares, candidateRequests, errorRate, harm } = this.#world
    const random = this.#random
    const caller = this.#nextCaller()
    const half = this.#served < candidateRequests / 2
    const chosen = (unit === 'request' ? random.share() : caller.point) < (half ? shares[0] : shares[1])
    const now = chosen ? harm : {}
    this.#all += 1
    if (chosen) this.#served += 1
    const drift = 1 + 0.4 * Math.sin(this.#all / 3000)
    const sizes = this.#traffic.kinds[random.share() < caller.code ? 0 : 1] ?? new Int32Array(2)
    const row = 2 * random.below(sizes.length / 2)
    const context = (sizes[row] ?? 0) * caller.size
    const made = (sizes[row + 1] ?? 0) * caller.size * (now.tokens ?? 1)
    const often = Math.min(0.9, errorRate * caller.errors * this.#burst() * (now.errors ?? 1))
    const failed = random.share() < Math.max(often, now.dead ?? 0, half ? 0 : (harm.outage ?? 0))
    const heavy = now.tail !== undefined && random.share() < now.tail ? 10 : 1
    const pace = drift * caller.pace * random.around(0.25)
    this.#add(chosen, caller, {
      failed,
      latency: (180 + 0.05 * context + 14 * made) * pace * (now.latency ?? 1) * heavy,
      cost: (0.5 * context + 1.5 * made) * (now.cost ?? 1) * heavy,
      first: (180 + 0.05 * context) * pace,
      context,
      made,
    })
  }

  #add(chosen: boolean, caller: Caller, call: Call): void {
    const arm = chosen ? this.candidate : this.baseline
    const unit = this.#world.unit === 'request' ? undefined : caller.hash
    if (chosen) this.#guard.candidate(call.failed, unit)
    else this.#guard.baseline(call.failed)
    this.#say(call)
    arm.addAll(this.#said, unit)
  }

  /** As numbers, in the order of the measures: hundreds of millions of calls go through here, so that nothing is allocated. */
  #say({ failed, latency, first, cost, context, made }: Call): void {
    const said = this.#said
    said[0] = failed ? 1 : 0
    said[1] = failed ? 1 : 0
    for (let i = 0; i < RATES.length; i += 1) {
      said[FAILURES + i] = this.#random.share() < (RATES[i] ?? 0) ? 1 : 0
    }
    const at = FAILURES + RATES.length
    said[at] = failed ? Number.NaN : latency
    said[at + 1] = failed ? Number.NaN : first
    said[at + 2] = failed ? Number.NaN : cost
    said[at + 3] = failed ? Number.NaN : context
    said[at + 4] = failed ? Number.NaN : made
  }

  /** Now and then everybody's errors are ten times as many for a while. */
  #burst(): number {
    if (this.#all < this.#burstUntil) return 10
    if (this.#all % 500 === 0 && this.#random.share() < 0.05) this.#burstUntil = this.#all + 300
    return 1
  }
}

function weighted(cumulated: readonly number[], share: number): number {
  const wanted = share * (cumulated.at(-1) ?? 0)
  let low = 0
  let high = cumulated.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulated[middle] ?? 0) > wanted) high = middle
    else low = middle + 1
  }
  return low
}
