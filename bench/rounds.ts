/**
 * Goes through the rounds: starts every candidate, warms it up, and measures scenario by scenario, the
 * candidates in a new random order each time.
 *
 * All of them run at once and are idle but for the one that is measured, so that the measurements of one
 * scenario lie seconds apart. On a shared machine absolute figures drift by a quarter within minutes; the
 * ratios of one round do not.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Candidate, Running, Surroundings } from './candidates/candidate.ts'
import { type Crossing, cross } from './crossing.ts'
import type { Measured } from './load/job.ts'
import type { LoadClient } from './load/load-client.ts'
import type { BenchRecord, MeasuredRecord } from './record.ts'
import { startStorm } from './reload-storm.ts'
import { type Scenario, type Timing, warmUpConnections } from './scenarios.ts'

export interface Plan {
  readonly rounds: number
  readonly scenarios: readonly Scenario[]
  readonly crossings: readonly Crossing[]
  readonly candidates: readonly Candidate[]
  readonly timing: Timing
  /** Factor on how long each candidate is warmed up. */
  readonly warmUpShare: number
  readonly starts: number
  /** How often a disturbed measurement is made at most. */
  readonly mostTries: number
}

export interface Conductor {
  readonly load: LoadClient
  readonly surroundings: Surroundings
  readonly write: (record: BenchRecord) => void
  readonly say: (line: string) => void
}

interface Entrant {
  readonly candidate: Candidate
  readonly running: Running
}

const mostForeignShare = 0.05
const mostLatenessUs = 500

export async function runRounds(plan: Plan, conductor: Conductor): Promise<void> {
  for (let round = 1; round <= plan.rounds; round++) {
    const entrants = await startAll(plan, conductor, round)
    try {
      for (const scenario of plan.scenarios) await runScenario(scenario, entrants, { plan, conductor, round })
      for (const it of entrants) {
        // What was measured until then is worth its report.
        await runCrossings(it, { plan, conductor, round }).catch((error: unknown) => {
          const what = `two settings beside each other: ${error instanceof Error ? error.message : String(error)}`
          conductor.write({ kind: 'trouble', round, candidate: it.candidate.name, what })
          conductor.say(`round ${round}: ${it.candidate.name}: ${what}`)
        })
      }
    } finally {
      await Promise.all(entrants.map((it) => it.running.stop()))
    }
  }
  await measureStarts(plan, conductor)
}

async function startAll(plan: Plan, conductor: Conductor, round: number): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  for (const candidate of shuffled(plan.candidates)) {
    const running = await startOne(candidate, conductor, `${round}-${candidate.name}`).catch(
      (error: unknown) => {
        const what = error instanceof Error ? error.message : String(error)
        conductor.write({ kind: 'trouble', round, candidate: candidate.name, what })
        conductor.say(`round ${round}: ${candidate.name} did not start: ${what}`)
      },
    )
    if (running !== undefined) entrants.push({ candidate, running })
  }
  for (const it of entrants) await warmUp(it, plan, conductor)
  return entrants
}

async function warmUp({ candidate, running }: Entrant, plan: Plan, conductor: Conductor): Promise<void> {
  await conductor.load.measure({
    kind: 'closed',
    target: running.target,
    connections: warmUpConnections,
    leadMs: 0,
    measureMs: candidate.warmUpMs * plan.warmUpShare,
  })
}

async function startOne(candidate: Candidate, conductor: Conductor, name: string): Promise<Running> {
  const folder = join(conductor.surroundings.folder, name)
  mkdirSync(folder, { recursive: true })
  const running = await candidate.start({ ...conductor.surroundings, folder })
  const { startMs, rssIdleBytes } = running
  if (running.child !== null)
    conductor.write({ kind: 'start', candidate: candidate.name, startMs, rssIdleBytes })
  return running
}

interface Round {
  readonly plan: Plan
  readonly conductor: Conductor
  readonly round: number
}

async function runScenario(scenario: Scenario, entrants: readonly Entrant[], it: Round): Promise<void> {
  for (const entrant of shuffled(entrants)) {
    if (!entrant.candidate.abilities.includes(scenario.needs)) continue
    const found = await measureUndisturbed(scenario, entrant, it)
    const record: MeasuredRecord = {
      kind: 'measured',
      round: it.round,
      scenario: scenario.id,
      candidate: entrant.candidate.name,
      ...found,
    }
    it.conductor.write(record)
    it.conductor.say(describe(record))
  }
}

/** Against a second process of the same candidate, which lives as long as this takes. */
async function runCrossings({ candidate, running }: Entrant, it: Round): Promise<void> {
  const { plan, conductor, round } = it
  const crossings = plan.crossings.filter(({ needs }) => candidate.abilities.includes(needs))
  if (crossings.length === 0) return
  const folder = join(conductor.surroundings.folder, `${round}-${candidate.name}-second`)
  mkdirSync(folder, { recursive: true })
  const second = await candidate.start({ ...conductor.surroundings, folder })
  try {
    await warmUp({ candidate, running: second }, plan, conductor)
    for (const crossing of crossings) await runCrossing(crossing, { candidate, pair: [running, second] }, it)
  } finally {
    await second.stop()
  }
}

/** No piece is measured again, however disturbed: what disturbs lasts for many of them, and is taken out by their pairs. */
async function runCrossing(
  crossing: Crossing,
  { candidate, pair }: { candidate: Candidate; pair: readonly [Running, Running] },
  { plan, conductor, round }: Round,
): Promise<void> {
  const pace = { pieceMs: plan.timing.measureMs / 10, settleMs: SETTLE_MS * plan.warmUpShare }
  await cross(crossing, pair, {
    pace,
    measure: (job) => conductor.load.measure(job),
    keep: ({ id }, measured, place) =>
      conductor.write({
        kind: 'measured',
        round,
        scenario: id,
        candidate: candidate.name,
        place,
        tries: 1,
        disturbed: null,
        isVoid: false,
        measured,
      }),
  })
  const { base, other, places, turns } = crossing
  conductor.say(
    `round ${round} ${other.id}, in turn with ${base.id}: ${places * turns} pieces of ${pace.pieceMs} ms`,
  )
}

const SETTLE_MS = 4_000

type Found = Pick<MeasuredRecord, 'tries' | 'disturbed' | 'isVoid' | 'measured' | 'reloads'>

/** Repeats a disturbed run; of several disturbed ones keeps the least disturbed. */
async function measureUndisturbed(scenario: Scenario, entrant: Entrant, it: Round): Promise<Found> {
  let best: Found | null = null
  for (let tries = 1; tries <= it.plan.mostTries; tries++) {
    const found = { tries, ...(await measureOnce(scenario, entrant, it)) }
    const disturbed = disturbanceOf(found.measured)
    const isVoid = isLate(found.measured)
    if (disturbed === null) return { ...found, disturbed, isVoid }
    const next = { ...found, disturbed, isVoid }
    if (best === null || isBetter(next, best)) best = next
  }
  if (best === null) throw new Error('a scenario was not measured at all')
  return { ...best, tries: it.plan.mostTries }
}

function isBetter(left: Found, right: Found): boolean {
  if (left.isVoid !== right.isVoid) return right.isVoid
  return left.measured.foreignShare < right.measured.foreignShare
}

async function measureOnce(
  scenario: Scenario,
  { running }: Entrant,
  { plan, conductor }: Round,
): Promise<Pick<Found, 'measured' | 'reloads'>> {
  const job = scenario.job(running.target, plan.timing)
  if (scenario.reloadsPerSecond === 0) return { measured: await conductor.load.measure(job) }
  const storm = startStorm(running, scenario.reloadsPerSecond)
  try {
    const measured = await conductor.load.measure(job)
    await storm.stop()
    return { measured, reloads: storm.judge(measured.versions) }
  } finally {
    await storm.stop()
  }
}

function disturbanceOf(measured: Measured): string | null {
  if (isLate(measured)) return `load side late by ${Math.round(measured.latenessUs?.p99 ?? 0)} µs (p99)`
  if (measured.foreignShare <= mostForeignShare) return null
  return `others used ${(measured.foreignShare * 100).toFixed(0)} % of the CPUs`
}

function isLate(measured: Measured): boolean {
  return (measured.latenessUs?.p99 ?? 0) > mostLatenessUs
}

/** Starts and stops each candidate again and again, with nothing else running. */
async function measureStarts(plan: Plan, conductor: Conductor): Promise<void> {
  for (let i = 1; i <= plan.starts; i++) {
    for (const candidate of shuffled(plan.candidates)) {
      const running = await startOne(candidate, conductor, `start-${i}-${candidate.name}`).catch(
        () => undefined,
      )
      await running?.stop()
    }
  }
}

function describe({ round, scenario, candidate, measured, disturbed }: MeasuredRecord): string {
  const perSecond = (measured.requests / measured.seconds).toFixed(0).padStart(6)
  const { p50, p99 } = measured.chunkUs ?? measured.latencyUs
  const latency = `p50 ${p50.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs`
  const failed =
    measured.failed === 0 ? '' : `, ${measured.failed} failed ${JSON.stringify(measured.failures)}`
  const note = disturbed === null ? '' : ` [${disturbed}]`
  const of = `round ${round} ${scenario.padEnd(9)} ${candidate.padEnd(10)}`
  return `${of} ${perSecond}/s, ${latency}, core ${(measured.gatewayUse * 100).toFixed(0)} %${failed}${note}`
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((left, right) => left.place - right.place)
    .map((it) => it.item)
}
