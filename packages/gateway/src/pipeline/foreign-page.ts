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

/** `onlyHere`: calls are for programs of this machine, so that pages are to be of it as well. */
export function isOfForeignPage({ origin, host }: Headers, onlyHere: boolean): boolean {
  if (origin === undefined) return false
  const page = typeof origin === 'string' ? urlOf(origin) : null
  if (page === null || page.host !== host) return true
  return onlyHere && !isLoopback(page.hostname)
}

/** `null` for `null`, which is the origin of a page that hides it. */
function urlOf(origin: string): URL | null {
  return /^https?:/i.test(origin) && URL.canParse(origin) ? new URL(origin) : null
}
