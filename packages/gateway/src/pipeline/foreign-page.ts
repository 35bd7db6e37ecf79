/**
 * Whether a request without a key was made by a web page of somewhere else.
 *
 * A browser sends what any page asks it to, to this machine too. Where nobody is asked for a key, that page would spend
 * the credentials of providers; and one whose name was turned to this machine's address after it was loaded would read
 * the answers. Browsers say from which page (`Origin`, RFC 6454) with all but some requests that only read, and programs
 * say nothing. Of those that only read, newer browsers say whether another site's page made them (`Sec-Fetch-Site`), such as
 * for a picture; and where a page asks its own host, the host has to tell: of a name that anybody can own in the
 * public tree of names, a page may have been loaded.
 */
import { isLoopback } from '../contract/loopback.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const OF_THE_WEB = /^https?:/i
/** `file://`, `app://obsidian.md`, `vscode-webview://…`: of programs and what is built into them; no page of the web has one. */
const OF_A_PROGRAM = /^[a-z][a-z0-9+.-]*:\/\//i

/** Ends of names that nobody outside a machine or its network can own (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`). */
const OF_NOBODY = /\.(?:localhost|local|internal|home\.arpa|test)\.?$/i
const AS_ADDRESS = /^(?:[\d.]+|\[.*\])$/

/** `onlyHere`: calls are for programs of this machine, so that pages are to be of it as well. */
export function isOfForeignPage(headers: Headers, onlyHere: boolean): boolean {
  const { origin, host } = headers
  if (origin === undefined) {
    if (headers['sec-fetch-site'] === 'cross-site') return true
    return onlyHere && onlyReads(headers) && isPublicName(host)
  }
  if (typeof origin !== 'string') return true
  // `null` is the origin of a page that hides its own.
  if (!OF_THE_WEB.test(origin)) return !OF_A_PROGRAM.test(origin)
  if (!URL.canParse(origin)) return true
  const page = new URL(origin)
  return !isLoopback(page.hostname) && (onlyHere || page.host !== host)
}

/** What has a body is told with its page. */
function onlyReads(headers: Headers): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
}

function isPublicName(host: Headers[string]): boolean {
  if (typeof host !== 'string') return false
  const name = host.replace(/:\d*$/, '')
  return name.includes('.') && !AS_ADDRESS.test(name) && !OF_NOBODY.test(name)
}
