/**
 * One simulated canary: traffic in time order, split by unit, looked at every second, until a verdict or until the candidate
 * has had so many requests.
 *
 * The world is unkind on purpose: rates and latencies drift over the hour, everybody has bursts of errors together, sessions
 * and tenants have habits of their own, and the candidate's share grows on the way.
 */
import type { RolloutUnit } from '../../contract/rollout.ts'
import { Arm } from './arm.ts'
import { Comparison } from './comparison.ts'
import { Guard } from './guard.ts'
import { AT, simulatedMeasures, usualPolicy } from './test-measures.ts'
import { Random } from './test-random.ts'
import type { Traffic } from './test-traffic.ts'

export interface Harm {
  readonly errors?: number
  /** Of the whole call; its first token comes as before. */
  readonly latency?: number
  readonly cost?: number
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
  shares: [0.1, 0.25],
}

const LOOK = 50

/** How often calls of good callers fail by what they ask, each in one way: shares that add up. */
const MISTAKES = [
  { at: AT.rejected, upTo: 0.004 },
  { at: AT.unauthorized, upTo: 0.005 },
  { at: AT.limited, upTo: 0.0055 },
] as const
/** Of the calls that are answered. */
const RETRIED = 0.02
const REFUSED = 0.01
const HIT = 0.3
const MASKED = 0.02
/** Of the same: those that ask for a schema, and get what fits it; those of which somebody says something, and something good. */
const SCHEMAS = { asked: 0.1, kept: 0.1 * 0.97 }
const FEEDBACK = { said: 0.05, good: 0.05 * 0.8 }

const ANSWERED = -1

interface Call {
  /** The place of the measure that counts how it failed, or `ANSWERED`. */
  readonly fails: number
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
  readonly #candidate = new Arm(simulatedMeasures)
  readonly #baseline = new Arm(simulatedMeasures)
  readonly #comparison: Comparison
  readonly #guard = new Guard()
  readonly #said = new Float64Array(simulatedMeasures.length)
  #served = 0
  #all = 0
  #burstUntil = 0

  constructor(world: World, traffic: Traffic, seed: number) {
    this.#world = world
    this.#traffic = traffic
    this.#random = new Random(seed, 77)
    this.#comparison = new Comparison(simulatedMeasures, usualPolicy(world.unit))
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
      const judged = this.#comparison.judge(this.#candidate, this.#baseline)
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
    const made = (sizes[row + 1] ?? 0) * caller.size
    const often = Math.min(0.9, errorRate * caller.errors * this.#burst() * (now.errors ?? 1))
    const failed = random.share() < Math.max(often, now.dead ?? 0, half ? 0 : (harm.outage ?? 0))
    const heavy = now.tail !== undefined && random.share() < now.tail ? 10 : 1
    const pace = drift * caller.pace * random.around(0.25)
    this.#add(chosen, caller, {
      fails: failed ? AT.error : this.#mistake(),
      latency: (180 + 0.05 * context + 14 * made) * pace * (now.latency ?? 1) * heavy,
      cost: (0.5 * context + 1.5 * made) * (now.cost ?? 1) * heavy,
      first: (180 + 0.05 * context) * pace,
      context,
      made,
    })
  }

  #mistake(): number {
    const share = this.#random.share()
    for (const { at, upTo } of MISTAKES) if (share < upTo) return at
    return ANSWERED
  }

  #add(chosen: boolean, caller: Caller, call: Call): void {
    const arm = chosen ? this.#candidate : this.#baseline
    const unit = this.#world.unit === 'request' ? undefined : caller.hash
    const failed = call.fails !== ANSWERED
    if (chosen) this.#guard.candidate(failed, unit)
    else this.#guard.baseline(failed)
    const said = this.#said
    for (let i = 0; i < said.length; i += 1) said[i] = Number.NaN
    if (failed) this.#sayFailure(call.fails)
    else this.#sayAnswer(call)
    arm.addAll(said, unit)
  }

  /** As a gateway does: what failed in one way says nothing of the others, and only what a provider failed was tried. */
  #sayFailure(fails: number): void {
    const said = this.#said
    said[AT.failed] = 1
    said[fails] = 1
    if (fails !== AT.error) return
    said[AT.retried] = 1
    said[AT.cacheHit] = 0
  }

  #sayAnswer({ latency, first, cost, context, made }: Call): void {
    const said = this.#said
    for (let i = AT.failed; i <= AT.limited; i += 1) said[i] = 0
    said[AT.retried] = this.#happens(RETRIED)
    said[AT.refusal] = this.#happens(REFUSED)
    said[AT.cacheHit] = this.#happens(HIT)
    said[AT.masked] = this.#happens(MASKED)
    const schema = this.#random.share()
    if (schema < SCHEMAS.asked) said[AT.schemaValid] = schema < SCHEMAS.kept ? 1 : 0
    const feedback = this.#random.share()
    if (feedback < FEEDBACK.said) said[AT.feedback] = feedback < FEEDBACK.good ? 1 : 0
    said[AT.latency] = latency
    said[AT.firstToken] = first
    said[AT.cost] = cost
    said[AT.inputTokens] = context
    said[AT.outputTokens] = made
  }

  #happens(often: number): number {
    return this.#random.share() < often ? 1 : 0
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
