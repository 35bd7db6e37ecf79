/**
 * Headers that cross the gateway, up to a provider and down to a caller: those that the provider's allow-list
 * names, and no other.
 *
 * An allow-list and not a list of what is refused: a header that nobody thought of may carry a key, choose a
 * project that is billed, or tell a caller whose account he uses. What may never cross (credentials, headers of
 * the connection) is refused where the lists are written (`providers/spec.ts`).
 */
import type { CallHead } from '../contract/downstream.ts'
import type { Provider } from '../contract/provider.ts'
import type { UpstreamHeaders } from '../contract/upstream.ts'

const NONE: readonly string[] = []

/** As name, value, name, value …: what of a caller's headers goes to this provider. What is sent anyway (`own`) stays. */
export function passedUp(
  provider: Provider,
  headers: CallHead['headers'],
  own: readonly string[],
): readonly string[] {
  const { callerHeaders = NONE } = provider
  if (callerHeaders.length === 0) return NONE
  const taken = new Set(own.filter((_, i) => i % 2 === 0).map((it) => it.toLowerCase()))
  return pick(callerHeaders, (name) => (taken.has(name) ? undefined : textOf(headers[name])))
}

/** As name, value, name, value …: what of a provider's headers goes to the caller. */
export function passedDown(provider: Provider, headers: UpstreamHeaders): readonly string[] {
  const { replyHeaders = NONE } = provider
  return replyHeaders.length === 0 ? NONE : pick(replyHeaders, (name) => headers.find(name))
}

function pick(names: readonly string[], find: (name: string) => string | undefined): readonly string[] {
  const passed: string[] = []
  for (const name of names) {
    const value = find(name)
    if (value !== undefined && isHeaderValue(value)) passed.push(name, value)
  }
  return passed
}

/** Of several headers of one name, what HTTP makes of them. */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

/** Both sides' parsers refuse line breaks; that they do is not taken for granted here. */
function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text)
}
