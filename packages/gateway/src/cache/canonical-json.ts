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
  const value: unknown = JSON.parse(text)
  return isPlain(text, value) ? value : null
}

/** Whether every parser sees the same in a text. `value`: what ours has seen in it. */
export function isPlain(text: string, value: unknown): boolean {
  return scan(text) === membersOf(value)
}

/** Adds to one text as it goes: lists of pieces to be joined cost more than the rest. */
export function writeCanonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (!Array.isArray(value)) return writeMembers(value as Fields, Object.keys(value))
  let text = '['
  for (let i = 0; i < value.length; i += 1) text += `${i === 0 ? '' : ','}${writeCanonical(value[i])}`
  return `${text}]`
}

/** An object with these of its members alone. Sorts the names. */
export function writeMembers(fields: Fields, names: string[]): string {
  sort(names)
  let text = '{'
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] ?? ''
    text += i === 0 ? written(name) : `,${written(name)}`
    text += writeCanonical(fields[name])
  }
  return `${text}}`
}

/** `Array.sort` takes copies; an object has few members, mostly in order. */
const FEW = 32

function sort(names: string[]): void {
  if (names.length > FEW) {
    names.sort()
    return
  }
  for (let i = 1; i < names.length; i += 1) {
    const name = names[i] ?? ''
    let at = i
    for (; at > 0 && (names[at - 1] ?? '') > name; at -= 1) names[at] = names[at - 1] ?? ''
    names[at] = name
  }
}

/** Names with quotes and colon: those of a format are the same in all requests. */
const known = new Map<string, string>()
/** Beyond it they are somebody's own. */
const MOST_KNOWN = 500
const LONGEST_KNOWN = 40

function written(name: string): string {
  const found = known.get(name)
  if (found !== undefined) return found
  const text = `${JSON.stringify(name)}:`
  if (known.size < MOST_KNOWN && name.length <= LONGEST_KNOWN) known.set(name, text)
  return text
}

type Fields = Readonly<Record<string, unknown>>

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

/** Members of all objects, counted by their colons; -1 where a number would lose something. */
function scan(text: string): number {
  let members = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfText(text, i)
    else if (code === COLON) members += 1
    else if (code >= ZERO && code <= NINE) {
      NUMBER.lastIndex = i
      const found = NUMBER.exec(text)
      if (found === null || !isExact(found)) return -1
      i = NUMBER.lastIndex - 1
    }
  }
  return members
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
  if (Array.isArray(value)) return value.reduce<number>((sum, it) => sum + membersOf(it), 0)
  const values: readonly unknown[] = Object.values(value)
  return values.reduce<number>((sum, it) => sum + membersOf(it), values.length)
}
