/**
 * What the rounds say, taken together: medians, and ratios that were formed inside each round before the
 * median was taken. Void measurements are left out; disturbed ones are kept and counted.
 */
import type { Measured } from '../load/job.ts'
import type { BenchRecord, MeasuredRecord, Presence, RunRecord, StartRecord } from '../record.ts'

export interface Range {
  /** Of what changes places, the mean of the places' medians. */
  readonly median: number
  readonly min: number
  readonly max: number
}

export type Pick = (measured: Measured) => number

export const perSecond: Pick = (it) => it.requests / it.seconds
export const cpuPerRequestUs: Pick = (it) => it.gatewayCpuUs / it.requests
export const cpuPerChunkUs: Pick = (it) => it.gatewayCpuUs / (it.chunks ?? Number.NaN)
export const chunksPerSecond: Pick = (it) => (it.chunks ?? Number.NaN) / it.seconds
export const latencyP50: Pick = (it) => it.latencyUs.p50
export const latencyP99: Pick = (it) => it.latencyUs.p99
export const chunkP50: Pick = (it) => it.chunkUs?.p50 ?? Number.NaN
export const chunkP99: Pick = (it) => it.chunkUs?.p99 ?? Number.NaN
export const rssMb: Pick = (it) => it.rssBytes / 1e6
export const rssGrownMb: Pick = (it) => it.rssGrownBytes / 1e6
export const gatewayUse: Pick = (it) => it.gatewayUse

export class Summary {
  readonly run: RunRecord
  readonly measured: readonly MeasuredRecord[]
  readonly starts: readonly StartRecord[]
  readonly troubles: readonly string[]

  constructor(records: readonly BenchRecord[]) {
    const run = records.find((it) => it.kind === 'run')
    if (run === undefined) throw new Error('no run was recorded')
    this.run = run
    this.measured = records.filter((it) => it.kind === 'measured')
    this.starts = records.filter((it) => it.kind === 'start')
    this.troubles = records.flatMap((it) =>
      it.kind === 'trouble' ? [`round ${it.round}, ${it.candidate}: ${it.what}`] : [],
    )
  }

  /** Candidates in the order of the report, those that are absent included. */
  get present(): readonly Presence[] {
    return this.run.present
  }

  /** The usable measurements of a candidate, one a round. */
  of(scenario: string, candidate: string): readonly MeasuredRecord[] {
    return this.measured.filter((it) => it.scenario === scenario && it.candidate === candidate && !it.isVoid)
  }

  range(scenario: string, candidate: string, pick: Pick): Range | null {
    return rangeOf(this.of(scenario, candidate).map((it) => pick(it.measured)))
  }

  /** `combine` of both candidates' figures, round by round; rounds that lack one of them are left out. */
  paired(scenario: string, names: readonly [string, string], pick: Pick, combine: Combine): Range | null {
    const [left, right] = names
    const others = new Map(this.of(scenario, right).map((it) => [it.round, pick(it.measured)]))
    const values = this.of(scenario, left).map((it) => {
      const other = others.get(it.round)
      return other === undefined ? Number.NaN : combine(pick(it.measured), other)
    })
    return rangeOf(values)
  }

  ratio(scenario: string, names: readonly [string, string], pick: Pick): Range | null {
    return this.paired(scenario, names, pick, (left, right) => left / right)
  }

  /** Latency beyond that of the direct run of the same round. */
  added(scenario: string, candidate: string, pick: Pick): Range | null {
    return this.paired(scenario, [candidate, 'direct'], pick, (left, right) => left - right)
  }

  /** Share of throughput that reloads cost: against the runs without reloads just before and after. */
  reloadLoss(candidate: string, scenario: string): Range | null {
    return rangeOf(this.#besides([scenario, 'reload-0'], candidate, perSecond).map((it) => 1 - it.value))
  }

  /** CPU time of a request, as a multiple of that of the bare route in the same round. */
  featureCost(scenario: string, candidate: string): Range | null {
    const bare = new Map(this.of('json-c32', candidate).map((it) => [it.round, cpuPerRequestUs(it.measured)]))
    const values = this.of(scenario, candidate).map(
      (it) => cpuPerRequestUs(it.measured) / (bare.get(it.round) ?? Number.NaN),
    )
    return rangeOf(values)
  }

  /** Share of throughput that a second version beside the first costs: against the pieces with one just before and after. */
  versionsLoss(candidate: string): Range | null {
    const found = this.#besides(['versions-2', 'versions-1'], candidate, perSecond)
    return overPlaces(found.map((it) => ({ ...it, value: 1 - it.value })))
  }

  /** CPU time of a request with one thing more, as a multiple of that of the pieces with none just before and after. */
  cost(name: string, candidate: string): Range | null {
    return overPlaces(this.#besides([`cost-${name}`, 'bare'], candidate, cpuPerRequestUs))
  }

  /**
   * A scenario's figures, each as a multiple of the mean of another scenario's runs just before and after it: what a
   * machine drifts by in the meantime is taken out.
   */
  #besides([scenario, base]: readonly [string, string], candidate: string, pick: Pick): readonly Beside[] {
    const own = this.measured.filter((it) => it.candidate === candidate && !it.isVoid)
    return own.flatMap((it, at) => {
      if (it.scenario !== scenario) return []
      const isBase = (other: MeasuredRecord) => other.scenario === base && other.round === it.round
      const around = [own.slice(0, at).findLast(isBase), own.slice(at + 1).find(isBase)]
      const values = around.flatMap((other) => (other === undefined ? [] : [pick(other.measured)]))
      if (values.length === 0) return []
      const place = `${it.round}:${it.place ?? 0}`
      return [{ place, value: pick(it.measured) / mean(values) }]
    })
  }

  start(candidate: string): Range | null {
    return rangeOf(this.starts.filter((it) => it.candidate === candidate).map((it) => it.startMs))
  }

  /** At the end of the fastest open loop. Also from runs whose latencies are void: they had the same load. */
  rssMb(candidate: string): Range | null {
    const runs = this.measured.filter((it) => it.scenario === 'open-2000' && it.candidate === candidate)
    return rangeOf(runs.map((it) => it.measured.rssBytes / 1e6))
  }

  rssIdleMb(candidate: string): Range | null {
    return rangeOf(this.starts.filter((it) => it.candidate === candidate).map((it) => it.rssIdleBytes / 1e6))
  }
}

export type Combine = (left: number, right: number) => number

/** Median, least and greatest of what is finite; `null` of nothing. */
export function rangeOf(values: readonly number[]): Range | null {
  return between(values, [0, 1])
}

/** One piece, held against those beside it, and where the two processes stood. */
interface Beside {
  readonly place: string
  readonly value: number
}

/**
 * The mean of the places' medians, between the quartiles of all pieces: a place and the next, in which the processes have
 * changed, stray from the truth by as much to either side, which a mean takes out and a median over both does not. Of many
 * short pieces the least and the greatest say nothing.
 */
function overPlaces(found: readonly Beside[]): Range | null {
  const all = between(
    found.map((it) => it.value),
    [0.25, 0.75],
  )
  if (all === null) return null
  const places = [...new Set(found.map((it) => it.place))]
  const valuesIn = (place: string) => found.flatMap((it) => (it.place === place ? [it.value] : []))
  const medians = places.flatMap((place) => rangeOf(valuesIn(place))?.median ?? [])
  return { ...all, median: mean(medians) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, it) => sum + it, 0) / values.length
}

function between(values: readonly number[], [from, to]: readonly [number, number]): Range | null {
  const sorted = values.filter((it) => Number.isFinite(it)).sort((left, right) => left - right)
  if (sorted.length === 0) return null
  return { median: quantile(sorted, 0.5), min: quantile(sorted, from), max: quantile(sorted, to) }
}

/** Of what lies between two values, the share of the way from the one to the other. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}
