/**
 * A measure that Prometheus answers: one instant query for each side, by its HTTP API (`/api/v1/query`).
 *
 * A query is written once, with `${version}` where the version stands; it must come to one number, a scalar or a vector with
 * a single series. No series, several, and `NaN` (what a rate of nothing is) are no reading.
 */
import type { Reading } from '../analysis/reading.ts'
import { fetchJson, type SourceOptions } from './fetch-json.ts'
import type { Compared } from './webhook.ts'

export interface PrometheusQueries {
  /** Of the server, such as `http://prometheus:9090`. */
  readonly url: string
  readonly value: string
  /** How many samples the value was made from. */
  readonly samples?: string
}

const VERSION = /\$\{version\}/g

export async function readPrometheus(
  queries: PrometheusQueries,
  compared: Pick<Compared, 'candidate' | 'baseline'>,
  options: SourceOptions = {},
): Promise<Reading | null> {
  const ask = (query: string | undefined, version: string): Promise<number | null> =>
    query === undefined ? Promise.resolve(null) : readNumber(queries.url, fill(query, version), options)
  const { value, samples } = queries
  const [candidate, baseline, candidateSamples, baselineSamples] = await Promise.all([
    ask(value, compared.candidate),
    ask(value, compared.baseline),
    ask(samples, compared.candidate),
    ask(samples, compared.baseline),
  ])
  if (candidate === null && baseline === null) return null
  // Samples that were asked for and did not come are none, not unknown.
  const known = (it: number | null): number | null => (samples === undefined ? null : (it ?? 0))
  return {
    candidate,
    baseline,
    candidateSamples: known(candidateSamples),
    baselineSamples: known(baselineSamples),
  }
}

/** Within a string of PromQL, where a quote or a backslash would end it or mean something else. */
function fill(query: string, version: string): string {
  const escaped = version.replace(/[\\"'`\n]/g, (it) => (it === '\n' ? '\\n' : `\\${it}`))
  return query.replace(VERSION, () => escaped)
}

async function readNumber(url: string, query: string, options: SourceOptions): Promise<number | null> {
  const asked = `${url.replace(/\/$/, '')}/api/v1/query?query=${encodeURIComponent(query)}`
  const reply = (await fetchJson(asked, { method: 'GET' }, options)) as QueryReply | null
  if (reply?.status !== 'success') return null
  const { resultType, result } = reply.data ?? {}
  if (!Array.isArray(result)) return null
  const pair: unknown = resultType === 'scalar' ? result : seriesOf(resultType, result)
  const text: unknown = Array.isArray(pair) ? pair[1] : undefined
  if (typeof text !== 'string' || text === '') return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

interface QueryReply {
  readonly status?: unknown
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown }
}

function seriesOf(resultType: unknown, result: readonly unknown[]): unknown {
  if (resultType !== 'vector' || result.length !== 1) return undefined
  return (result[0] as { readonly value?: unknown } | null)?.value
}
