/**
 * A member of ours in W3C Baggage, beside those of whoever called.
 *
 * Whose baggage came is the first to be kept: a member of ours that would take the header over what everybody who
 * follows the recommendation passes on (64 members, 8192 bytes) is left out, and what came is not touched. Of several
 * members with our key ours is the only one left, because those behind us would not know which to believe.
 *
 * Source: W3C Baggage, "Header Content" and "Limits".
 */

const LIMIT_BYTES = 8192
const LIMIT_MEMBERS = 64

/** `config.version=3.42`. The key has to be a token; the value is percent-encoded. */
export function baggageMember(key: string, value: string): string {
  return `${key}=${encodeURIComponent(value.toWellFormed())}`
}

/** `baggage`: as it came, `undefined` for none. The value that goes on. */
export function withMember(baggage: string | undefined, member: string): string {
  if (baggage === undefined) return member
  const key = member.slice(0, member.indexOf('='))
  const others = baggage.split(',').filter((it) => it.trim() !== '' && keyOf(it) !== key)
  if (others.length === 0) return member
  const whole = `${others.join(',')},${member}`
  return others.length >= LIMIT_MEMBERS || whole.length > LIMIT_BYTES ? others.join(',') : whole
}

function keyOf(member: string): string {
  return (/^[^=;]*/.exec(member)?.[0] ?? '').trim()
}
