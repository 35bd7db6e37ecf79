/**
 * What is measured of all candidates, each scenario by name, in the order in which a round goes through them. What two
 * settings of this gateway differ by comes after them (`crossing.ts`).
 */
import type { Ability } from './candidates/candidate.ts'
import { features } from './features.ts'
import type { Job, Target } from './load/job.ts'

export interface Timing {
  readonly leadMs: number
  readonly measureMs: number
}

export interface Scenario {
  readonly id: string
  readonly needs: Ability
  readonly reloadsPerSecond: number
  job(target: Target, timing: Timing): Job
}

export const warmUpConnections = 32

const openConnections = 64

function closed(connections: number): Scenario {
  return {
    id: `json-c${connections}`,
    needs: 'json',
    reloadsPerSecond: 0,
    job: (target, timing) => ({ kind: 'closed', target, connections, ...timing }),
  }
}

function open(perSecond: number): Scenario {
  return {
    id: `open-${perSecond}`,
    needs: 'json',
    reloadsPerSecond: 0,
    job: (target, timing) => ({ kind: 'open', target, connections: openConnections, perSecond, ...timing }),
  }
}

interface Pace {
  readonly chunks: number
  readonly periodMs: number
}

function streams(count: number, pace: Pace, slowReaders = 0): Scenario {
  return {
    id: `sse-${count}`,
    needs: 'streams',
    reloadsPerSecond: 0,
    job: (target, timing) => ({ kind: 'streams', target, streams: count, slowReaders, ...pace, ...timing }),
  }
}

/** The same load as `json-c32`, for a route that uses one more thing than the bare one. */
function feature(name: string): Scenario {
  const { job } = closed(32)
  return {
    id: `feature-${name}`,
    needs: 'features',
    reloadsPerSecond: 0,
    job: (target, timing) => job({ ...target, model: `feature-${name}` }, timing),
  }
}

/** The same load as `json-c32`. Without reloads too: what is lost is compared with a run of the same round. */
function reloads(perSecond: number): Scenario {
  return { ...closed(32), id: `reload-${perSecond}`, needs: 'reload', reloadsPerSecond: perSecond }
}

/** Each between two runs of the other, so many times: what they differ by is less than what a shared machine drifts by. */
function inTurn(base: Scenario, others: readonly Scenario[], times: number): readonly Scenario[] {
  const turns = Array.from({ length: times }, () => others).flat()
  return [base, ...turns.flatMap((it) => [it, base])]
}

const RELOAD_TURNS = 3

export const scenarios: readonly Scenario[] = [
  closed(1),
  closed(32),
  closed(128),
  open(500),
  open(1000),
  open(2000),
  streams(50, { chunks: 100, periodMs: 10 }),
  streams(200, { chunks: 100, periodMs: 10 }),
  // As people use it: many at a time, each as slow as somebody reads, and some who do not read at all.
  streams(2000, { chunks: 25, periodMs: 200 }, 20),
  ...features.map((it) => feature(it.name)),
  ...inTurn(reloads(0), [reloads(1), reloads(10)], RELOAD_TURNS),
]
