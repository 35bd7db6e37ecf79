/**
 * One text for all ways of writing the same JSON: members sorted, no space, numbers as JavaScript prints them, as
 * RFC 8785 has it.
 *
 * What is told apart here must be told apart by every provider. Where a parser might see something else than this one
 * does, there is no such text and nothing is kept: a member that occurs twice (which one counts differs), and a number
 * of which a double would lose digits.
 */

/** `null`: not to be compared with others. Throws what `JSON.parse` throws. */
export function parsePlain(text: string): unknown {
  const found = scan(text)
  if (found === null) return null
  const value: unknown = JSON.parse(text)
  return membersOf(value) === found.members ? value : null
}

export function writeCanonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(writeCanonical).join(',')}]`
  const fields = value as Readonly<Record<string, unknown>>
  const members = Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${writeCanonical(fields[name])}`)
  return `{${members.join(',')}}`
}

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58
const ZERO = 48
const NINE = 57
/** A number in full: whole part, fraction, exponent. */
const NUMBER = /-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/y
/** Doubles tell all numbers of so many digits apart. */
const MOST_DIGITS = 15
/** Beyond it a number may be zero, or without end. */
const MOST_EXPONENT = 99

/** Members of all objects, counted by their colons; `null` where a number would lose something. */
function scan(text: string): { readonly members: number } | null {
  let members = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfText(text, i)
    else if (code === COLON) members += 1
    else if (code >= ZERO && code <= NINE) {
      NUMBER.lastIndex = i
      const found = NUMBER.exec(text)
      if (found === null || !isExact(found)) return null
      i = NUMBER.lastIndex - 1
    }
  }
  return { members }
}

function isExact([token, whole = '', fraction = '', exponent = '0']: RegExpExecArray): boolean {
  if (Math.abs(Number(exponent)) > MOST_EXPONENT) return false
  return whole.length + fraction.length <= MOST_DIGITS || String(Number(token)) === token
}

/** Where the closing quote is. */
function endOfText(text: string, open: number): number {
  let at = open
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return at
  }
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const values: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let members = Array.isArray(value) ? 0 : values.length
  for (const it of values) members += membersOf(it)
  return members
}
