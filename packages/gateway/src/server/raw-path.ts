/**
 * Paths of raw pass-through: `/providers/{name}/…`, and what of them may go below a provider's address.
 *
 * Whatever a server behind makes of a path, it stays below: no segment may be `.` or `..`, plain or encoded once
 * or twice, and nothing may be empty, a backslash or a control character.
 */

export interface RawPath {
  readonly provider: string
  /** With a slash before it, and the query that may be passed on behind it. */
  readonly below: string
}

/** Keys that clients put into the query: they are the caller's, and for the gateway. */
const KEY_PARAMETERS: ReadonlySet<string> = new Set(['key', 'api_key', 'api-key', 'access_token', 'token'])
const LONGEST = 4096

/** `null` for a path that is none, or that could lead elsewhere. */
export function readRawPath(path: string, query: string): RawPath | null {
  const match = /^\/providers\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})(\/.+)$/.exec(path)
  const [, provider = '', below = ''] = match ?? []
  if (match === null || below.length + query.length > LONGEST || !staysBelow(below)) return null
  const kept = keptQuery(query)
  return { provider, below: kept === '' ? below : `${below}?${kept}` }
}

function staysBelow(path: string): boolean {
  let text = path
  for (let i = 0; i < 3; i += 1) {
    if (/[\\\0-\x20\x7f#?]/.test(i === 0 ? text : text.replace(/[ ?#]/g, '_'))) return false
    const segments = text.split('/').slice(1)
    // A slash at the end is fine, an empty segment between two is not.
    if (segments.some((it, at) => it === '.' || it === '..' || (it === '' && at < segments.length - 1)))
      return false
    try {
      text = decodeURIComponent(text)
    } catch {
      return false
    }
  }
  return true
}

function keptQuery(query: string): string {
  return query
    .split('&')
    .filter((it) => it !== '' && !/[\0-\x20\x7f-\uffff#]/.test(it) && !KEY_PARAMETERS.has(nameOf(it)))
    .join('&')
}

function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  try {
    return decodeURIComponent(name).toLowerCase()
  } catch {
    return name.toLowerCase()
  }
}
