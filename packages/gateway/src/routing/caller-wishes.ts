/**
 * What a caller says in headers about how a request is to be routed.
 *
 * `x-changeover-sensitive: true`: only to targets that are marked for it. `x-changeover-region: eu`: only to
 * targets there. `x-changeover-priority: 3`: where calls wait, later than others of the same key; nobody can put
 * himself before what his key is given. These narrow what the settings allow and never widen it.
 *
 * Time: `x-request-timeout-ms` is for the whole answer. `x-stainless-timeout`, in seconds, is what the official
 * clients of OpenAI and Anthropic send: they wait that long for the answer to begin, and read a stream for longer.
 */

export interface CallerWishes {
  readonly sensitive: boolean
  readonly region: string | null
  /** Those that the caller's key, team and tenant leave; `null`: all. */
  readonly regions: ReadonlySet<string> | null
  readonly priority: number
  /** Until the answer begins. `null`: not said. */
  readonly beginMs: number | null
  /** Until the answer is complete. */
  readonly totalMs: number | null
}

export const USUAL_PRIORITY = 5

export const NO_WISHES: CallerWishes = Object.freeze({
  sensitive: false,
  region: null,
  regions: null,
  priority: USUAL_PRIORITY,
  beginMs: null,
  totalMs: null,
})

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** `ownPriority` and `regions` are those of the key. */
export function readWishes(
  headers: Headers,
  ownPriority: number,
  regions: ReadonlySet<string> | null = null,
): CallerWishes {
  const sensitive = headers['x-changeover-sensitive']
  const region = headers['x-changeover-region']
  const priority = headers['x-changeover-priority']
  const whole = headers['x-request-timeout-ms']
  const begin = headers['x-stainless-timeout']
  const says = sensitive ?? region ?? priority ?? whole ?? begin
  if (says === undefined && ownPriority === USUAL_PRIORITY && regions === null) return NO_WISHES
  const beginSeconds = readPositive(begin)
  return {
    // Whatever is not plainly "no" counts as yes: a typing error must not let data out.
    sensitive: sensitive !== undefined && sensitive !== 'false' && sensitive !== '0',
    region: typeof region === 'string' && region !== '' ? region : null,
    regions,
    priority: Math.min(ownPriority, readPositive(priority) ?? (priority === '0' ? 0 : ownPriority)),
    beginMs: beginSeconds === null ? null : beginSeconds * 1000,
    totalMs: readPositive(whole),
  }
}

function readPositive(text: string | readonly string[] | undefined): number | null {
  if (typeof text !== 'string' || text === '') return null
  const number = Number(text)
  return Number.isFinite(number) && number > 0 ? number : null
}
