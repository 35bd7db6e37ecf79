/**
 * How long to wait before the next attempt: full jitter over a doubling base, so that callers who failed
 * together do not come back together; and never less than what the provider asked for.
 */
import type { UpstreamHeaders } from '../contract/upstream.ts'

/** `made` counts the attempts so far. */
export function backoffMs(made: number, baseMs: number, maxMs: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (made - 1))
}

/** What the provider asks for, in milliseconds, or `null`. Seconds, a date, or OpenAI's own milliseconds. */
export function readRetryAfter(headers: UpstreamHeaders, wallMs: number): number | null {
  const exact = Number(headers.find('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(exact) && exact >= 0) return exact
  const text = headers.find('retry-after')
  if (text === undefined || text.trim() === '') return null
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - wallMs)
}

/** What Google asks for, who says it in the body: `google.rpc.RetryInfo` among the details, with a `retryDelay` of "17.5s". */
export function readRetryInfo(body: Buffer): number | null {
  if (!body.includes('google.rpc.RetryInfo')) return null
  const found = /"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"/.exec(body.toString())
  return found === null ? null : Number(found[1]) * 1000
}
