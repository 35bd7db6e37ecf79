/**
 * One simulated hour of a gateway with its reloads, of which one is guilty or none.
 *
 * The hour has troubles of its own: it drifts, everybody's errors and latencies burst for a while, single tenants wake up and
 * fall silent, and tenants and routes differ.
 */
import type { BlameInput, BlameReload } from './blame-report.ts'

export interface Hour {
  readonly metric: 'error_rate' | 'latency_ms'
  readonly reloads: number
  readonly callsPerSecond: number
  /** Of the guilty one: times as much; 1: nobody is guilty. */
  readonly times: number
  /** Seen only by calls of one route in so many. */
  readonly routes: number
  /** The guilty one is mended by a later reload. */
  readonly mended: boolean
  /** As a canary of so many of a hundred tenants for five minutes before it is taken back; 0: no canary. */
  readonly canaryShare: number
  /** Something outside becomes worse for good at a random moment. */
  readonly outside: boolean
}

export const usualHour: Hour = {
  metric: 'error_rate',
  reloads: 50,
  callsPerSecond: 50,
  times: 1,
  routes: 1,
  mended: false,
  canaryShare: 0,
  outside: false,
}

export interface MadeHour {
  readonly input: BlameInput
  /** Version; `null` where nobody is. */
  readonly guilty: string | null
}

const HOUR_MS = 3_600_000
const TENANTS = 100
const ROUTES = 5
const CANARY_MS = 300_000

interface Burst {
  readonly from: number
  readonly to: number
  readonly times: number
}

export function makeHour(hour: Hour, seed: number): MadeHour {
  const random = new HourRandom(seed)
  const reloads = makeReloads(hour, random)
  const index = 5 + random.below(Math.max(1, hour.reloads - 15))
  const from = reloads[index]?.atMs ?? 0
  const mendedBy = reloads[index + 4]?.atMs ?? HOUR_MS
  const until = hour.canaryShare > 0 ? from + CANARY_MS : hour.mended ? mendedBy : HOUR_MS
  const bursts = makeBursts(random)
  const drift = makeDrift(random)
  const outsideFrom = hour.outside ? random.below(HOUR_MS) : HOUR_MS
  const tenants = makeTenants(random)
  const rows = Math.round((HOUR_MS / 1000) * hour.callsPerSecond)
  const calls = {
    atMs: new Float64Array(rows),
    value: new Float64Array(rows),
    reload: new Int32Array(rows),
    candidate: new Uint8Array(rows),
    tenant: new Int32Array(rows),
    route: new Int32Array(rows),
  }
  for (let row = 0; row < rows; row += 1) {
    const at = (row + random.share()) * (HOUR_MS / rows)
    const tenant = pick(tenants, random, at)
    const route = random.below(ROUTES)
    const isInForce = at >= from && at < until
    const isCandidate = isInForce && hour.canaryShare > 0 && tenant < hour.canaryShare
    const isHit = isInForce && (hour.canaryShare === 0 || isCandidate) && route % hour.routes === 0
    const trouble = drift(at) * (at >= outsideFrom ? 2 : 1) * (isHit ? hour.times : 1)
    const { errors, pace } = tenants[tenant] ?? quiet
    const heated = bursts.reduce((times, it) => (at >= it.from && at < it.to ? times * it.times : times), 1)
    calls.atMs[row] = at
    calls.tenant[row] = tenant
    calls.route[row] = route
    calls.reload[row] = isCandidate ? index : lastBefore(reloads, at)
    calls.candidate[row] = isCandidate ? 1 : 0
    calls.value[row] =
      hour.metric === 'error_rate'
        ? Number(random.share() < Math.min(0.95, 0.01 * errors * trouble * heated))
        : 900 * pace * (1 + route / 4) * trouble * Math.sqrt(heated) * Math.exp(0.8 * random.normal())
  }
  const metric = { name: hour.metric, kind: hour.metric === 'error_rate' ? 'proportion' : 'amount' } as const
  const input: BlameInput = { metric, fromMs: 0, toMs: HOUR_MS, calls, reloads }
  return { input, guilty: hour.times === 1 ? null : (reloads[index]?.version ?? null) }
}

function makeReloads({ reloads }: Hour, random: HourRandom): readonly BlameReload[] {
  const times = Array.from({ length: reloads }, () => 30_000 + random.below(HOUR_MS - 60_000))
  times.sort((a, b) => a - b)
  return times.map((atMs, i) => ({
    version: `1.${i + 1}`,
    atMs,
    attempt: `at_${i + 1}`,
    author: ['ana', 'bo', 'chi'][i % 3] ?? null,
    changed: ['/routes/chat'],
  }))
}

/** Up to three, of half a minute to three: up to eight times the errors, and up to three times the latency. */
function makeBursts(random: HourRandom): readonly Burst[] {
  return Array.from({ length: random.below(4) }, () => {
    const from = random.below(HOUR_MS)
    return { from, to: from + 30_000 + random.below(150_000), times: 2 + random.below(7) }
  })
}

/** A slow wave, and a walk of one step every 20 s that pulls back to its middle. */
function makeDrift(random: HourRandom): (at: number) => number {
  const phase = random.share() * 2 * Math.PI
  const slope = 0.4 * random.normal()
  const walk: number[] = []
  let level = 0
  for (let i = 0; i <= HOUR_MS / 20_000; i += 1) {
    level = 0.95 * level + 0.04 * random.normal()
    walk.push(level)
  }
  return (at) =>
    Math.exp(
      0.25 * Math.sin(phase + (2 * Math.PI * at) / HOUR_MS) +
        (slope * at) / HOUR_MS +
        (walk[Math.floor(at / 20_000)] ?? 0),
    )
}

interface Tenant {
  readonly weight: number
  readonly errors: number
  readonly pace: number
  readonly from: number
  readonly to: number
}

const quiet: Tenant = { weight: 1, errors: 1, pace: 1, from: 0, to: HOUR_MS }

/** One in ten comes or goes in the middle of the hour. */
function makeTenants(random: HourRandom): readonly Tenant[] {
  return Array.from({ length: TENANTS }, () => {
    const moves = random.share() < 0.1
    const at = random.below(HOUR_MS)
    const comes = random.share() < 0.5
    return {
      weight: Math.exp(random.normal()),
      errors: Math.exp(0.6 * random.normal() - 0.18),
      pace: Math.exp(0.4 * random.normal()),
      from: moves && comes ? at : 0,
      to: moves && !comes ? at : HOUR_MS,
    }
  })
}

/** By weight, of those who are there. */
function pick(tenants: readonly Tenant[], random: HourRandom, at: number): number {
  for (;;) {
    const found = random.below(tenants.length)
    const it = tenants[found] ?? quiet
    if (at >= it.from && at < it.to && random.share() < it.weight / 8) return found
  }
}

function lastBefore(reloads: readonly BlameReload[], at: number): number {
  return reloads.findLastIndex((it) => it.atMs <= at)
}

/** A seed decides all of it, on every machine. */
class HourRandom {
  #state: number
  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1) >>> 0
    for (let i = 0; i < 4; i += 1) this.share()
  }

  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(limit: number): number {
    return Math.floor(this.share() * limit)
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.share())) * Math.cos(2 * Math.PI * this.share())
  }
}
