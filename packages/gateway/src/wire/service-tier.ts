/** How a provider says that it served a call, where that is not as usual: `flex`, `priority`, `batch`, `fast`. */

/** What providers say of a call that is billed as their price list says. */
const USUAL: ReadonlySet<unknown> = new Set([
  '',
  'auto',
  'default',
  'standard',
  'ON_DEMAND',
  'TRAFFIC_TYPE_UNSPECIFIED',
])
/** Beyond any such word: what is longer is not taken into records. */
const LONGEST = 64

export function serviceTierOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST || USUAL.has(value)) return undefined
  return value
}
