/**
 * Whether a request without a key was made by a web page of somewhere else.
 *
 * A browser sends what any page asks it to, to this machine too. Where nobody is asked for a key, that page would spend
 * the credentials of providers; and one whose name was turned to this machine's address after it was loaded would read
 * the answers. Browsers say from which page (`Origin`, RFC 6454) with every request that could do that, and programs say
 * nothing.
 */
import { isLoopback } from '../contract/loopback.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const OF_THE_WEB = /^https?:/i
/** `file://`, `app://obsidian.md`, `vscode-webview://…`: of programs and what is built into them; no page of the web has one. */
const OF_A_PROGRAM = /^[a-z][a-z0-9+.-]*:\/\//i

/** `onlyHere`: calls are for programs of this machine, so that pages are to be of it as well. */
export function isOfForeignPage({ origin, host }: Headers, onlyHere: boolean): boolean {
  if (origin === undefined) return false
  if (typeof origin !== 'string') return true
  // `null` is the origin of a page that hides its own.
  if (!OF_THE_WEB.test(origin)) return !OF_A_PROGRAM.test(origin)
  if (!URL.canParse(origin)) return true
  const page = new URL(origin)
  return !isLoopback(page.hostname) && (onlyHere || page.host !== host)
}
