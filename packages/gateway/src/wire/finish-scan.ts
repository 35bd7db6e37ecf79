/**
 * Reads why a reply ended out of its bytes, without parsing the reply.
 *
 * In JSON the bytes `"finish_reason"` can only be a key: inside a string its quotes would be escaped. The last one
 * with a word behind it counts; a refusal that the model wrote counts more than the reason beside it, since OpenAI's
 * formats call such an end a plain stop.
 */
import type { FinishReason } from '../contract/neutral.ts'
import { endOfValue, skipSpace } from './json-members.ts'

export interface FinishRules {
  /** The key of the reason, with its quotes. */
  readonly key: Buffer
  parse(word: string): FinishReason
  /** The key, with its quotes, under which a refusal stands in words. */
  readonly refusalKey: Buffer | null
  /** The key, with its quotes, of a reason for which nothing was answered at all. */
  readonly blockKey: Buffer | null
}

const QUOTE = 34
const COLON = 58
const OPEN_OBJECT = 123

/** `before` when these bytes do not say. */
export function scanFinish(
  bytes: Buffer,
  rules: FinishRules,
  before: FinishReason | null,
): FinishReason | null {
  if (before === 'refusal') return before
  if (rules.refusalKey !== null && lastWord(bytes, rules.refusalKey) !== null) return 'refusal'
  const word = lastWord(bytes, rules.key)
  if (word !== null) return rules.parse(word)
  if (rules.blockKey !== null && lastWord(bytes, rules.blockKey) !== null) return 'content_filter'
  return before
}

/** Whether an object stands under the first of a key. */
export function hasObject(bytes: Buffer, key: Buffer): boolean {
  const at = bytes.indexOf(key)
  if (at === -1) return false
  const colon = skipSpace(bytes, at + key.length)
  return bytes[colon] === COLON && bytes[skipSpace(bytes, colon + 1)] === OPEN_OBJECT
}

/** The last text that is not empty under a key; `null` when there is none. */
function lastWord(bytes: Buffer, key: Buffer): string | null {
  let at = bytes.lastIndexOf(key)
  while (at !== -1) {
    const word = wordAt(bytes, at + key.length)
    if (word !== null) return word
    if (at === 0) return null
    at = bytes.lastIndexOf(key, at - 1)
  }
  return null
}

function wordAt(bytes: Buffer, behindKey: number): string | null {
  const colon = skipSpace(bytes, behindKey)
  if (bytes[colon] !== COLON) return null
  const start = skipSpace(bytes, colon + 1)
  if (bytes[start] !== QUOTE) return null
  const end = endOfValue(bytes, start)
  return end <= start + 2 ? null : bytes.toString('latin1', start + 1, end - 1)
}
