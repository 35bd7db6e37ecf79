/**
 * The formats of JSON Schema that are checked, and not only told: those of dates, addresses and identities that nearly all
 * schemas use, each as its RFC has it. What is checked comes from anybody, so each check is linear in its text: lengths are
 * bounded, and no expression has two ways to match.
 *
 * Why not a library: those there are test texts of any length by backtracking expressions, which is what patterns of
 * schemas are kept from here.
 *
 * Not here: all other formats, which are what the standard calls an annotation (`uncheckedIn` finds them).
 */
import { isIPv4, isIPv6 } from 'node:net'

export type FormatCheck = (text: string) => boolean

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,12})?(?:z|([+-])(\d{2}):(\d{2}))$/i
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/i
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"$/u
/** Characters of RFC 3986, and its escapes. */
const URI = /^[a-z][a-z0-9+.-]*:(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[0-9a-f]{2})*$/i

const LONGEST_TIME = 64
const LONGEST_HOST = 253
const LONGEST_LOCAL = 64
const LONGEST_URI = 8192

export const FORMATS: Readonly<Record<string, FormatCheck>> = {
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  // An address, without the zone of one machine.
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  uri: isUri,
  uuid: (text) => UUID.test(text),
}

/** Names of formats that a schema uses, wherever it does, and that are not checked. */
export function uncheckedIn(schema: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  const left: unknown[] = [schema]
  for (let it = left.pop(); it !== undefined; it = left.pop()) {
    if (typeof it !== 'object' || it === null) continue
    const { format } = it as { readonly format?: unknown }
    if (typeof format === 'string' && !Object.hasOwn(FORMATS, format)) found.add(format)
    left.push(...Object.values(it))
  }
  return found
}

function isDate(text: string): boolean {
  const parts = DATE.exec(text)
  if (parts === null) return false
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isTime(text: string): boolean {
  const parts = text.length > LONGEST_TIME ? null : TIME.exec(text)
  if (parts === null) return false
  const number = (at: number): number => Number(parts[at] ?? 0)
  const [hours, minutes, seconds] = [number(1), number(2), number(3)]
  const [offsetHours, offsetMinutes] = [number(5), number(6)]
  if (hours > 23 || minutes > 59 || seconds > 60 || offsetHours > 23 || offsetMinutes > 59) return false
  // A leap second is the last of a day in Greenwich.
  const sign = parts[4] === '-' ? -1 : 1
  const inUtc = hours * 60 + minutes - sign * (offsetHours * 60 + offsetMinutes)
  return seconds < 60 || ((inUtc % 1440) + 1440) % 1440 === 1439
}

function isDateTime(text: string): boolean {
  const between = text[10]
  return (between === 'T' || between === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

function isHostname(text: string): boolean {
  return text.length <= LONGEST_HOST && text.split('.').every((it) => LABEL.test(it))
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > LONGEST_LOCAL || text.length - at - 1 > LONGEST_HOST) return false
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  const isLocal = QUOTED.test(local) || local.split('.').every((it) => ATOM.test(it))
  return isLocal && (isHostname(domain) || isLiteral(domain))
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]` */
function isLiteral(domain: string): boolean {
  if (!domain.startsWith('[') || !domain.endsWith(']')) return false
  const address = domain.slice(1, -1)
  return isIPv4(address) || (/^ipv6:/i.test(address) && isIPv6(address.slice(5)))
}

function isUri(text: string): boolean {
  return text.length <= LONGEST_URI && URI.test(text) && URL.canParse(text)
}
