/**
 * Finds out of the bytes of a stream whether it tells of a failure, without parsing what does not.
 *
 * All formats use the word. Inside a string its quotes would be escaped, so what a model writes about errors is none;
 * the few events that have it (a model may call a tool with an argument of that name) are parsed.
 */
import { type Fields, isFields } from './fields.ts'
import { skipSpace } from './json-members.ts'

/** A key or a value that every event has which tells of a failure. */
export const ERROR_MARK = Buffer.from('"error"')

/** Searched for in its place: quotes and an `e` are all over an event, and each would be a try. */
const TAIL = Buffer.from('rror"')

const LF = 10
const QUOTE = 34
const COLON = 58
const E = 101
const NULL = Buffer.from('null')
/** What a line of an event has before its value. */
const DATA = Buffer.from('data:')
/** The one failure that may have no more to say of itself. */
const FAILED = Buffer.from('"response.failed"')

export interface ErrorsSeen {
  /** The mark is there, and not only as a key without a value. */
  readonly suspect: boolean
  /** An event is a failure. */
  readonly failed: boolean
}

const NO_ERRORS: ErrorsSeen = { suspect: false, failed: false }

/** Where the mark begins; -1 where it is not, or not as a whole. */
export function indexOfMark(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(TAIL, from + 2); at !== -1; at = bytes.indexOf(TAIL, at + 1)) {
    if (bytes[at - 1] === E && bytes[at - 2] === QUOTE) return at - 2
  }
  return -1
}

/** Of whole lines. */
export function scanErrors(lines: Buffer): ErrorsSeen {
  let suspect = false
  for (let at = indexOfMark(lines, 0); at !== -1; ) {
    const behind = at + ERROR_MARK.length
    const next = lines.indexOf(LF, at)
    const end = next === -1 ? lines.length : next
    const line = lines.subarray(lines.lastIndexOf(LF, at) + 1, end)
    if (isNothing(lines, behind) && !line.includes(FAILED)) {
      at = indexOfMark(lines, behind)
      continue
    }
    suspect = true
    if (isFailure(line)) return { suspect, failed: true }
    at = indexOfMark(lines, end)
  }
  return suspect ? { suspect, failed: false } : NO_ERRORS
}

/** As OpenAI's Responses have it in every event that shows the response. */
function isNothing(bytes: Buffer, behindMark: number): boolean {
  const colon = skipSpace(bytes, behindMark)
  if (bytes[colon] !== COLON) return false
  const start = skipSpace(bytes, colon + 1)
  return bytes.subarray(start, start + NULL.length).equals(NULL)
}

function isFailure(line: Buffer): boolean {
  const isData = line.subarray(0, DATA.length).equals(DATA)
  try {
    const event: unknown = JSON.parse(line.toString('utf8', isData ? DATA.length : 0))
    return isFields(event) && isFailureEvent(event)
  } catch {
    // Cut off, or a part of what is written over several lines: how the stream ends tells of it.
    return false
  }
}

/** In the words of all formats: OpenAI's and Google's key, Anthropic's and the Responses' types, vLLM's object. */
export function isFailureEvent(event: Fields): boolean {
  const { type, object, error } = event
  return type === 'error' || type === 'response.failed' || object === 'error' || Boolean(error)
}
