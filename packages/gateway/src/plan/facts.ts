/**
 * What the recorded calls say of how the settings are used: who calls what, when last, how often in an hour, how long
 * it takes, which variables come. Made in one pass beside the replay; what warnings are judged by.
 */
import type { ReplayRow } from '../calls/replay-rows.ts'

/** Something of the settings in use. */
export interface Use {
  readonly calls: number
  /** Wall milliseconds. */
  readonly lastAt: number
  readonly examples: readonly string[]
}

export interface CallFacts {
  /** Records looked at. */
  readonly calls: number
  readonly routes: ReadonlyMap<string, Use>
  /** By the name that callers gave. */
  readonly asked: ReadonlyMap<string, Use>
  readonly keys: ReadonlyMap<string, Use>
  readonly tenants: ReadonlyMap<string, Use>
  readonly contexts: ReadonlyMap<string, Use>
  /** By `provider/model`. */
  readonly targets: ReadonlyMap<string, Use>
  readonly providers: ReadonlyMap<string, Use>
  /** Of calls of a context, how many sent each variable. */
  readonly variables: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Calls of the last hour of the record, in the order in which they began. */
  lastHourOf(holder: 'key' | 'tenant', name: string): readonly ReplayRow[]
  /** Of good answers of a route; `null` with too few. */
  p99Of(
    route: string,
    what: 'firstTokenMs' | 'durationMs',
  ): { readonly ms: number; readonly calls: number } | null
}

const mostExamples = 3
const hourMs = 3_600_000
/** Below this many answers a p99 is an outlier. */
const enough = 100

export function factsOf(rows: readonly ReplayRow[]): CallFacts {
  const gathering = new Gathering(rows)
  for (const row of rows) gathering.add(row)
  return gathering
}

type Uses = Map<string, { calls: number; lastAt: number; examples: string[] }>

class Gathering implements CallFacts {
  readonly calls: number
  readonly routes: Uses = new Map()
  readonly asked: Uses = new Map()
  readonly keys: Uses = new Map()
  readonly tenants: Uses = new Map()
  readonly contexts: Uses = new Map()
  readonly targets: Uses = new Map()
  readonly providers: Uses = new Map()
  readonly variables = new Map<string, Map<string, number>>()
  readonly #lastHour = { key: new Map<string, ReplayRow[]>(), tenant: new Map<string, ReplayRow[]>() }
  readonly #lastHourBegins: number
  readonly #took = { firstTokenMs: new Map<string, number[]>(), durationMs: new Map<string, number[]>() }

  constructor(rows: readonly ReplayRow[]) {
    this.calls = rows.length
    this.#lastHourBegins = (rows.at(-1)?.startedAt ?? 0) - hourMs
  }

  add(row: ReplayRow): void {
    use(this.routes, row.route, row)
    use(this.asked, row.askedModel ?? row.route, row)
    use(this.keys, row.key, row)
    use(this.tenants, row.tenant, row)
    use(this.contexts, row.context, row)
    use(this.targets, row.target, row)
    use(this.providers, row.target?.slice(0, row.target.indexOf('/')) ?? null, row)
    this.#addVariables(row)
    if (row.startedAt > this.#lastHourBegins) this.#addToLastHour(row)
    if (row.route === null || row.status >= 400 || row.error !== '') return
    listIn(this.#took.durationMs, row.route).push(row.durationMs)
    if (row.firstTokenMs !== null) listIn(this.#took.firstTokenMs, row.route).push(row.firstTokenMs)
  }

  lastHourOf(holder: 'key' | 'tenant', name: string): readonly ReplayRow[] {
    return this.#lastHour[holder].get(name) ?? []
  }

  p99Of(route: string, what: 'firstTokenMs' | 'durationMs') {
    const times = this.#took[what].get(route)
    if (times === undefined || times.length < enough) return null
    const sorted = Float64Array.from(times).sort()
    return { ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0, calls: sorted.length }
  }

  #addToLastHour(row: ReplayRow): void {
    if (row.key !== null) listIn(this.#lastHour.key, row.key).push(row)
    if (row.tenant !== null) listIn(this.#lastHour.tenant, row.tenant).push(row)
  }

  /** Records from before names of variables were kept say nothing of them. */
  #addVariables({ context, endpoint, asked }: ReplayRow): void {
    if (context === null || endpoint === null) return
    const counts = this.variables.get(context) ?? new Map<string, number>()
    this.variables.set(context, counts)
    for (const name of asked?.variables ?? []) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
}

function use(uses: Uses, name: string | null, row: ReplayRow): void {
  if (name === null) return
  let found = uses.get(name)
  if (found === undefined) {
    found = { calls: 0, lastAt: 0, examples: [] }
    uses.set(name, found)
  }
  found.calls += 1
  found.lastAt = Math.max(found.lastAt, row.startedAt)
  // The newest are those that can still be looked up.
  found.examples.push(row.id)
  if (found.examples.length > mostExamples) found.examples.shift()
}

function listIn<It>(lists: Map<string, It[]>, name: string): It[] {
  let list = lists.get(name)
  if (list === undefined) {
    list = []
    lists.set(name, list)
  }
  return list
}

type Began = Pick<ReplayRow, 'startedAt'>

/** The most that calls come to in any span of `windowMs`. `calls` are in order. */
export function peakOf<Call extends Began>(
  calls: readonly Call[],
  windowMs: number,
  amountOf: (call: Call) => number = () => 1,
): number {
  let [peak, sum, from] = [0, 0, 0]
  for (const call of calls) {
    for (let first = calls[from]; first !== undefined; first = calls[from]) {
      if (call.startedAt - first.startedAt < windowMs) break
      sum -= amountOf(first)
      from += 1
    }
    sum += amountOf(call)
    peak = Math.max(peak, sum)
  }
  return peak
}

/** The most calls that were under way at the same time. `calls` are in order. */
export function mostAtOnce(calls: readonly Pick<ReplayRow, 'startedAt' | 'durationMs'>[]): number {
  const ends = calls.map((it) => it.startedAt + it.durationMs).sort((a, b) => a - b)
  let over = 0
  return calls.reduce((most, { startedAt }, i) => {
    while ((ends[over] ?? Number.POSITIVE_INFINITY) <= startedAt) over += 1
    return Math.max(most, i + 1 - over)
  }, 0)
}
