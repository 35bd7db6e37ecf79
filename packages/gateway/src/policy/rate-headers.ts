/**
 * What is left of a caller's limits, as headers of an answer: in OpenAI's form, which its clients read, and as fields
 * of the IETF's draft (`RateLimit`, `RateLimit-Policy`; draft-ietf-httpapi-ratelimit-headers).
 *
 * Budgets are not among them: what a tenant may still spend is for those who look after it, not for whoever holds one
 * of its keys. Of several limits OpenAI's form has room for one, the one of which the smallest share is left.
 *
 * What does not change from call to call is written once.
 */
import type { Count, RateCount } from './counts.ts'

export interface RateHeaders {
  /** `left`: of each count, in order; `null` where it is not known. */
  of(left: readonly (number | null)[]): readonly string[]
}

const NONE: readonly string[] = Object.freeze([])
const REQUESTS = namesOf('requests')
const TOKENS = namesOf('tokens')
const UNITS: Partial<Record<Count['counts'], string>> = {
  requests: 'requests',
  concurrent: 'concurrent-requests',
  inputTokens: 'input-tokens',
  outputTokens: 'output-tokens',
  tokens: 'tokens',
}

export function rateHeaders(counts: readonly Count[]): RateHeaders {
  return counts.some((it) => it.of !== 'budget') ? new Headers(counts) : { of: () => NONE }
}

class Headers implements RateHeaders {
  readonly #counts: readonly Count[]
  readonly #names: readonly string[]
  readonly #policy: string
  readonly #requests: readonly number[]
  readonly #tokens: readonly number[]

  constructor(counts: readonly Count[]) {
    this.#counts = counts
    this.#names = counts.map((it) => `"${it.kind}-${it.entry}-${UNITS[it.counts] ?? ''}"`)
    this.#policy = counts
      .flatMap((it, i) => (it.of === 'budget' ? [] : [policyOf(it, this.#names[i] ?? '')]))
      .join(', ')
    const placesOf = (isMeant: (it: Count) => boolean): readonly number[] =>
      counts.flatMap((it, i) => (it.of === 'rate' && isMeant(it) ? [i] : []))
    this.#requests = placesOf((it) => it.counts === 'requests')
    this.#tokens = placesOf((it) => it.counts !== 'requests')
  }

  of(left: readonly (number | null)[]): readonly string[] {
    const headers: string[] = []
    this.#push(headers, REQUESTS, this.#tightest(this.#requests, left))
    this.#push(headers, TOKENS, this.#tightest(this.#tokens, left))
    const limits = this.#limits(left)
    headers.push('ratelimit-policy', this.#policy)
    if (limits !== '') headers.push('ratelimit', limits)
    return headers
  }

  #push(
    headers: string[],
    names: ReturnType<typeof namesOf>,
    it: { readonly count: RateCount; readonly left: number } | null,
  ): void {
    if (it === null) return
    const { count, left } = it
    headers.push(names.limit, String(count.burst))
    headers.push(names.remaining, String(Math.floor(left)))
    headers.push(names.reset, durationText(fullInMs(count, left)))
  }

  #tightest(
    places: readonly number[],
    left: readonly (number | null)[],
  ): { readonly count: RateCount; readonly left: number } | null {
    let found: { readonly count: RateCount; readonly left: number } | null = null
    for (const place of places) {
      const [count, now = null] = [this.#counts[place], left[place]]
      if (count === undefined || count.of !== 'rate' || now === null) continue
      if (found === null || now / count.burst < found.left / found.count.burst) found = { count, left: now }
    }
    return found
  }

  #limits(left: readonly (number | null)[]): string {
    let text = ''
    for (let i = 0; i < this.#counts.length; i += 1) {
      const [count, now = null] = [this.#counts[i], left[i]]
      if (count === undefined || count.of === 'budget' || now === null) continue
      text += `${text === '' ? '' : ', '}${this.#names[i]};r=${Math.floor(now)}`
      if (count.of === 'rate') text += `;t=${Math.ceil(fullInMs(count, now) / 1000)}`
    }
    return text
  }
}

/** Of OpenAI. */
function namesOf(unit: string) {
  return {
    limit: `x-ratelimit-limit-${unit}`,
    remaining: `x-ratelimit-remaining-${unit}`,
    reset: `x-ratelimit-reset-${unit}`,
  }
}

function policyOf(it: Exclude<Count, { of: 'budget' }>, name: string): string {
  const unit = it.counts === 'requests' ? '' : `;qu="${UNITS[it.counts] ?? ''}"`
  if (it.of === 'places') return `${name};q=${it.most}${unit}`
  return `${name};q=${it.rate};w=${Math.ceil(it.perMs / 1000)}${unit}`
}

/** Until nothing counts any more. */
function fullInMs({ burst, rate, perMs }: RateCount, left: number): number {
  return ((burst - left) * perMs) / rate
}

/** As OpenAI writes it: `12ms`, `1.5s`, `6m0s`, `1h0m0s`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms))
  if (whole < 1000) return `${whole}ms`
  if (whole < 60_000) return `${whole / 1000}s`
  const seconds = Math.ceil(whole / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return `${hours === 0 ? '' : `${hours}h`}${minutes}m${seconds % 60}s`
}
