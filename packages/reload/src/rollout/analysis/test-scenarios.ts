/**
 * The rows of the table in docs/reference/analysis.md, and what a row comes to.
 *
 * A row is a world and how many canaries of it are run. Canary i of every row has the seed `seed + i`, so that a row can be
 * run in parts, and a single canary again.
 */
import { Canary, type Outcome, usualWorld, type World } from './test-canary.ts'
import type { Traffic } from './test-traffic.ts'

export interface Scenario {
  readonly name: string
  /** What the row counts, and what is promised of it. */
  readonly counts: 'false rollbacks' | 'caught'
  readonly promise: string
  readonly world: Partial<World>
  /** Canaries. */
  readonly runs: number
}

export interface Row {
  readonly name: string
  readonly counts: string
  readonly promise: string
  readonly canaries: number
  readonly failed: number
  /** The candidate's requests until the verdict, of those with one. */
  readonly median: number | null
  readonly most: number | null
  readonly passed: number
}

const good = { counts: 'false rollbacks', promise: 'at most 1 %', runs: 10_000 } as const
const caught = { counts: 'caught', promise: '', runs: 1000 } as const

export const scenarios: readonly Scenario[] = [
  { ...good, name: 'good; by request', world: {} },
  { ...good, name: 'good; by session, sessions differ', world: { unit: 'session' } },
  { ...good, name: 'good; by tenant, 100 that differ', world: { unit: 'tenant' } },
  { ...good, name: 'good; by tenant, 20 that differ', runs: 2000, world: { unit: 'tenant', tenants: 20 } },
  { ...good, name: 'good; by tenant, 100 alike', runs: 2000, world: { unit: 'tenant', apart: 0 } },
  {
    ...good,
    name: 'good; outage of both, half of the traffic',
    runs: 2000,
    world: { harm: { outage: 1 }, shares: [0.5, 0.5] },
  },
  {
    ...caught,
    name: 'errors 1 % → 2 %; by request',
    promise: 'at least 95 %',
    runs: 10_000,
    world: { harm: { errors: 2 } },
  },
  { ...caught, name: 'errors 1 % → 2 %; by session', world: { unit: 'session', harm: { errors: 2 } } },
  {
    ...caught,
    name: 'errors 1 % → 2 %; 100 tenants alike',
    world: { unit: 'tenant', apart: 0, harm: { errors: 2 } },
  },
  {
    ...caught,
    name: 'errors 1 % → 2 %; 100 tenants that differ',
    world: { unit: 'tenant', harm: { errors: 2 } },
  },
  {
    ...caught,
    name: 'errors 1 % → 10 %; 100 tenants that differ',
    world: { unit: 'tenant', harm: { errors: 10 } },
  },
  {
    ...caught,
    name: 'errors 1 % → 2 %; by session, 10,000 requests',
    world: { unit: 'session', harm: { errors: 2 }, candidateRequests: 10_000 },
  },
  {
    ...caught,
    name: 'errors 1 % → 2 %; 100 tenants alike, 10,000 requests',
    world: { unit: 'tenant', apart: 0, harm: { errors: 2 }, candidateRequests: 10_000 },
  },
  ...shifts('cost'),
  ...shifts('latency'),
  {
    ...caught,
    name: 'latency + 20 %; by session, 10,000 requests',
    world: { unit: 'session', harm: { latency: 1.2 }, candidateRequests: 10_000 },
  },
  { ...caught, name: 'cost + 10 %; by request', world: { harm: { cost: 1.1 } } },
  { ...caught, name: 'latency + 10 %; by request', world: { harm: { latency: 1.1 } } },
  { ...caught, name: 'cost × 3; 100 tenants that differ', world: { unit: 'tenant', harm: { cost: 3 } } },
  { ...caught, name: '3 % of calls ten times as slow and dear', world: { harm: { tail: 0.03 } } },
  { ...caught, name: 'provider down', promise: 'a handful', runs: 10_000, world: { harm: { dead: 1 } } },
  {
    ...caught,
    name: 'provider down; by tenant',
    promise: 'a handful',
    runs: 10_000,
    world: { unit: 'tenant', harm: { dead: 1 } },
  },
  { ...caught, name: 'every other call fails', world: { harm: { dead: 0.5 } } },
]

function shifts(what: 'cost' | 'latency'): readonly Scenario[] {
  const world = { harm: { [what]: 1.2 }, candidateRequests: 2000 }
  return [
    { ...caught, name: `${what} + 20 %; by request`, promise: 'at least 95 %', runs: 5000, world },
    { ...caught, name: `${what} + 20 %; by session`, world: { ...world, unit: 'session' } },
    { ...caught, name: `${what} + 20 %; 100 tenants alike`, world: { ...world, unit: 'tenant', apart: 0 } },
  ]
}

/** Canaries `from` to `to` of a scenario. */
export function outcomes(
  scenario: Scenario,
  traffic: Traffic,
  range: { readonly seed: number; readonly from: number; readonly to: number },
): readonly Outcome[] {
  const world = { ...usualWorld, ...scenario.world }
  const found: Outcome[] = []
  for (let i = range.from; i < range.to; i += 1) found.push(new Canary(world, traffic, range.seed + i).run())
  return found
}

export function rowOf(scenario: Scenario, found: readonly Outcome[]): Row {
  const { name, counts, promise } = scenario
  const until = found.filter((it) => it.failed).map((it) => it.requests)
  until.sort((a, b) => a - b)
  return {
    name,
    counts,
    promise,
    canaries: found.length,
    failed: until.length,
    median: until[Math.floor(until.length / 2)] ?? null,
    most: until[Math.floor(until.length * 0.95)] ?? null,
    passed: found.filter((it) => it.last === 'pass').length,
  }
}
