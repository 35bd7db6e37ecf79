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

const LF = 10
const COLON = 58
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

/** Of whole lines. */
export function scanErrors(lines: Buffer): ErrorsSeen {
  let suspect = false
  for (let at = lines.indexOf(ERROR_MARK); at !== -1; ) {
    const behind = at + ERROR_MARK.length
    const next = lines.indexOf(LF, at)
    const end = next === -1 ? lines.length : next
    const line = lines.subarray(lines.lastIndexOf(LF, at) + 1, end)
    if (isNothing(lines, behind) && !line.includes(FAILED)) {
      at = lines.indexOf(ERROR_MARK, behind)
      continue
    }
    suspect = true
    if (isFailure(line)) return { suspect, failed: true }
    at = lines.indexOf(ERROR_MARK, end)
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
