/**
 * The calls of a window as columns of numbers: one metric of each, when it began, under which of some versions, and
 * numbers in place of names. An hour of two thousand calls a second is then a few hundred megabytes less than rows.
 *
 * Read in pages from the newest, each a transaction of its own, as `replay-rows.ts` does and for the same reason. Runs in
 * a worker, never on the thread that serves.
 */
import { connect } from './call-table.ts'

export const BLAME_METRICS = ['error_rate', 'latency', 'first_token', 'cost', 'tokens', 'refusals'] as const
export type BlameMetricName = (typeof BLAME_METRICS)[number]

export interface BlameAsk {
  readonly metric: BlameMetricName
  /** Wall milliseconds. */
  readonly fromMs: number
  readonly toMs: number
  /** Newest calls at most. */
  readonly most: number
}

export interface BlameColumns {
  readonly atMs: Float64Array
  /** `NaN` where the call says nothing in this metric. */
  readonly value: Float64Array
  /** Place in `versions`. */
  readonly version: Int32Array
  /** 1 where a candidate answered. */
  readonly candidate: Uint8Array
  readonly tenant: Int32Array
  readonly route: Int32Array
  readonly versions: readonly string[]
  /** When each of them took its first call in the window. */
  readonly firstMs: readonly number[]
  /** There are more than `most` in the window: the oldest were left out. */
  readonly isCut: boolean
}

/** What a metric is of one call, in SQL; `NULL` where the call says nothing. */
const VALUES: Readonly<Record<BlameMetricName, string>> = {
  error_rate: "error <> ''",
  latency: "CASE error WHEN '' THEN duration_ms END",
  first_token: "CASE WHEN error = '' AND stream = 1 THEN first_token_ms END",
  cost: 'cost_micro_usd',
  tokens: "CASE error WHEN '' THEN coalesce(input_tokens, 0) + output_tokens END",
  refusals: "CASE WHEN finish IS NOT NULL THEN finish IN ('refusal', 'content_filter') END",
}

/** A caller who left, or gave too little time, has not failed; nor does it say anything what such a call cost until then. */
const SAYS_NOTHING = "error IN ('call.cancelled', 'call.out_of_time')"

const pageRows = 8_192

export function readBlameColumns(path: string, ask: BlameAsk): BlameColumns {
  const database = connect(path, 'PRAGMA query_only=ON')
  try {
    const select = database.prepare(
      `SELECT row, started_at AS at, CASE WHEN NOT ${SAYS_NOTHING} THEN ${VALUES[ask.metric]} END AS value,
         version, role, tenant, route FROM calls WHERE row < ? ORDER BY row DESC LIMIT ?`,
    )
    const growing = new GrowingColumns(ask)
    let before = Number.MAX_SAFE_INTEGER
    for (;;) {
      const page = select.all(before, pageRows) as unknown as Raw[]
      const found = growing.add(page)
      before = page.at(-1)?.row ?? 0
      // Calls are written as they end: a page in which all began too early is far behind the last that did not.
      if (page.length < pageRows || found === 'older' || growing.isFull) return growing.finish()
    }
  } finally {
    database.close()
  }
}

interface Raw {
  readonly row: number
  readonly at: number
  readonly value: number | null
  readonly version: string
  readonly role: string | null
  readonly tenant: string | null
  readonly route: string | null
}

class GrowingColumns {
  isFull = false
  readonly #ask: BlameAsk
  readonly #at: number[] = []
  readonly #value: number[] = []
  readonly #version: number[] = []
  readonly #candidate: number[] = []
  readonly #tenant: number[] = []
  readonly #route: number[] = []
  readonly #versions = new Names()
  readonly #tenants = new Names()
  readonly #routes = new Names()
  readonly #firstMs: number[] = []

  constructor(ask: BlameAsk) {
    this.#ask = ask
  }

  /** `older`: all of the page began before the window. */
  add(page: readonly Raw[]): 'older' | 'some' {
    let older = 0
    for (const it of page) {
      if (it.at < this.#ask.fromMs) older += 1
      else if (it.at < this.#ask.toMs) this.#take(it)
      if (this.isFull) break
    }
    return page.length > 0 && older === page.length ? 'older' : 'some'
  }

  finish(): BlameColumns {
    return {
      atMs: Float64Array.from(this.#at),
      value: Float64Array.from(this.#value),
      version: Int32Array.from(this.#version),
      candidate: Uint8Array.from(this.#candidate),
      tenant: Int32Array.from(this.#tenant),
      route: Int32Array.from(this.#route),
      versions: this.#versions.names,
      firstMs: this.#firstMs,
      isCut: this.isFull,
    }
  }

  #take(it: Raw): void {
    if (this.#at.length >= this.#ask.most) {
      this.isFull = true
      return
    }
    const version = this.#versions.numberOf(it.version)
    this.#firstMs[version] = Math.min(this.#firstMs[version] ?? Number.POSITIVE_INFINITY, it.at)
    this.#at.push(it.at)
    this.#value.push(it.value ?? Number.NaN)
    this.#version.push(version)
    this.#candidate.push(it.role === 'candidate' ? 1 : 0)
    this.#tenant.push(this.#tenants.numberOf(it.tenant ?? ''))
    this.#route.push(this.#routes.numberOf(it.route ?? ''))
  }
}

/** The same number for the same name. */
class Names {
  readonly names: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.names.length)
    this.names.push(name)
    return this.names.length - 1
  }
}
