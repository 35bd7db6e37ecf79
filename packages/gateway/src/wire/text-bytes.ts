/**
 * How many bytes of text a stream has brought, without reading it: what a call that was cut short is estimated by, when
 * the provider's count has not come any more.
 *
 * Strings of known keys are measured as UTF-8 would be, escapes undone, so that a stream that passes measures the same as
 * one that is read and written anew. What a key of the same name holds elsewhere in an event is counted too: these are
 * the events' short words, and an estimate is all that this is for.
 */
import { skipSpace } from './json-members.ts'

const QUOTE = 34
const COLON = 58
const BACKSLASH = 92
const LETTER_U = 117

/** `keys` with the quote behind them and none before: `content"` also finds `reasoning_content`. */
export function textBytesIn(bytes: Buffer, keys: readonly Buffer[]): number {
  let sum = 0
  for (const key of keys) {
    for (let at = bytes.indexOf(key); at !== -1; at = bytes.indexOf(key, at + key.length)) {
      sum += measureAt(bytes, at + key.length)
    }
  }
  return sum
}

function measureAt(bytes: Buffer, afterKey: number): number {
  const colon = skipSpace(bytes, afterKey)
  if (bytes[colon] !== COLON) return 0
  const start = skipSpace(bytes, colon + 1)
  if (bytes[start] !== QUOTE) return 0
  let sum = 0
  for (let at = start + 1; at < bytes.length && bytes[at] !== QUOTE; ) {
    if (bytes[at] !== BACKSLASH) {
      sum += 1
      at += 1
    } else if (bytes[at + 1] === LETTER_U) {
      sum += lengthOf(Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16))
      at += 6
    } else {
      sum += 1
      at += 2
    }
  }
  return sum
}

/** In UTF-8; each half of a pair is half of four bytes. */
function lengthOf(unit: number): number {
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  return unit >= 0xd800 && unit < 0xe000 ? 2 : 3
}
