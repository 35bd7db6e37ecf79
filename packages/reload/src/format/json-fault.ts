/**
 * Says where and why a text is not the JSON that we take: the first fault, in reading order.
 *
 * A second, exact reader beside the fast one in `json.ts`, run only when that one has refused. It keeps
 * a stack of its own instead of recursing, reads each character once, and builds nothing but the way to
 * where it is, so that a hostile text costs no more than its length.
 */
import { pointTo } from './pointer.ts'

export type Fault =
  | { readonly offset: number; readonly found: string; readonly expected: string; readonly key?: undefined }
  /** A key that is not allowed, and the object it stands in. */
  | { readonly key: string; readonly pointer: string }

type Awaiting = 'value' | 'first value' | 'first key' | 'key' | 'colon' | 'comma' | 'end'

interface Frame {
  /** Keys met so far; `null` in a list. */
  readonly keys: Set<string> | null
  /** Where we are in it: a key, or an index. */
  step: string | number
}

const EXPECTED: Record<Awaiting, string> = {
  value: 'a value',
  'first value': 'a value or "]"',
  'first key': 'a key in double quotes or "}"',
  key: 'a key in double quotes',
  colon: '":"',
  comma: '"," or the end of the list or object',
  end: 'nothing more',
}

interface Reading {
  readonly text: string
  readonly forbidden: ReadonlySet<string>
  readonly frames: Frame[]
  awaiting: Awaiting
  offset: number
}

/** The first fault of a text that was refused. */
export function findFault(text: string, forbidden: ReadonlySet<string>): Fault {
  const reading: Reading = { text, forbidden, frames: [], awaiting: 'value', offset: 0 }
  for (;;) {
    BLANKS.lastIndex = reading.offset
    BLANKS.test(text)
    reading.offset = BLANKS.lastIndex
    if (reading.offset >= text.length) return unexpected(reading)
    const fault = readToken(reading)
    if (fault) return fault
  }
}
const BLANKS = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function readToken(reading: Reading): Fault | null {
  const { text, awaiting, offset } = reading
  const char = text[offset]
  if (awaiting === 'key' || (awaiting === 'first key' && char !== '}')) return readKey(reading)
  if (awaiting === 'value' || (awaiting === 'first value' && char !== ']')) return readValue(reading)
  if (awaiting === 'colon') return char === ':' ? advance(reading, 1, 'value') : unexpected(reading)
  const inObject = reading.frames.at(-1)?.keys != null
  if (awaiting !== 'end' && char === (inObject ? '}' : ']')) {
    reading.frames.pop()
    return advance(reading, 1, afterValue(reading))
  }
  if (awaiting !== 'comma' || char !== ',') return unexpected(reading)
  const frame = reading.frames.at(-1)
  if (typeof frame?.step === 'number') frame.step++
  return advance(reading, 1, inObject ? 'key' : 'value')
}

function readKey(reading: Reading): Fault | null {
  const { text, offset, frames } = reading
  if (text[offset] !== '"') return unexpected(reading)
  const end = endOfString(text, offset)
  if (typeof end !== 'number') return end
  const key = JSON.parse(text.slice(offset, end)) as string
  const frame = frames.at(-1)
  if (frame?.keys?.has(key)) {
    return { offset, found: `the key ${clip(key)} a second time`, expected: 'each key once' }
  }
  if (reading.forbidden.has(key)) return { key, pointer: pointerOf(frames.slice(0, -1)) }
  if (!key.isWellFormed()) return half(offset)
  frame?.keys?.add(key)
  if (frame) frame.step = key
  return advance(reading, end - offset, 'colon')
}

function readValue(reading: Reading): Fault | null {
  const { text, offset, frames } = reading
  const char = text[offset]
  if (char === '{' || char === '[') {
    frames.push(char === '{' ? { keys: new Set(), step: '' } : { keys: null, step: 0 })
    return advance(reading, 1, char === '{' ? 'first key' : 'first value')
  }
  if (char === '"') {
    const end = endOfString(text, offset)
    if (typeof end !== 'number') return end
    if (!(JSON.parse(text.slice(offset, end)) as string).isWellFormed()) return half(offset)
    return advance(reading, end - offset, afterValue(reading))
  }
  const number = matchAt(NUMBER, text, offset)
  const word = number ?? matchAt(WORD, text, offset)
  if (word === null) return unexpected(reading)
  if (number !== null && !Number.isFinite(Number(number))) {
    return { offset, found: 'a number beyond 1.8e308', expected: 'a finite number' }
  }
  return advance(reading, word.length, afterValue(reading))
}

/** The offset after the closing quote of the string that opens at `start`, or what is wrong with it. */
function endOfString(text: string, start: number): number | Fault {
  for (let i = start + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 34) return i + 1
    if (unit < 32) return { offset: i, found: nameOf(text, i), expected: 'an escape such as "\\n"' }
    if (unit !== 92) continue
    const escape = matchAt(ESCAPE, text, i)
    if (escape === null) {
      return { offset: i, found: `"\\${nameOf(text, i + 1).replaceAll('"', '')}"`, expected: 'a JSON escape' }
    }
    i += escape.length - 1
  }
  return { offset: text.length, found: nameOf(text, text.length), expected: 'a closing quote' }
}

function advance(reading: Reading, by: number, awaiting: Awaiting): null {
  reading.offset += by
  reading.awaiting = awaiting
  return null
}

function afterValue(reading: Reading): Awaiting {
  return reading.frames.length > 0 ? 'comma' : 'end'
}

function unexpected(reading: Reading): Fault {
  const { text, offset, awaiting } = reading
  return { offset, found: nameOf(text, offset), expected: EXPECTED[awaiting] }
}

function half(offset: number): Fault {
  return { offset, found: 'half a surrogate pair', expected: 'whole characters' }
}

function matchAt(pattern: RegExp, text: string, offset: number): string | null {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0] ?? null
}

function pointerOf(frames: readonly Frame[]): string {
  return frames.reduce((at, frame) => pointTo(at, frame.step), '')
}

/** One character, named for a person. Never more of the text than that: it may be a secret. */
function nameOf(text: string, offset: number): string {
  const point = text.codePointAt(offset)
  if (point === undefined) return 'the end of the text'
  const visible = point > 32 && point !== 127 && point !== 0xfeff && (point < 0xd800 || point > 0xdfff)
  if (visible) return `"${String.fromCodePoint(point)}"`
  return `the character U+${point.toString(16).toUpperCase().padStart(4, '0')}`
}

function clip(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
