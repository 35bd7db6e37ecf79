/**
 * Reads `usage` out of an OpenAI reply without parsing the reply.
 *
 * In JSON the bytes `"usage":` can only be a key: inside a string its quotes would be escaped. The last one
 * that counts tokens is taken, since providers write it behind the choices.
 */
import type { Usage } from '../contract/neutral.ts'
import { endOfValue, skipSpace } from './json-members.ts'
import { parseOpenAIUsage } from './openai-chat/usage.ts'

const KEY = Buffer.from('"usage"')
const MODEL_KEY = Buffer.from('"model"')
/** How providers write a failure into a stream that has begun. */
const FAILURE = Buffer.from('data: {"error"')
const QUOTE = 34
const LF = 10
/** A line longer than this is searched only from its end. */
const CARRY_BYTES = 64 * 1024
const COLON = 58
const OPEN_OBJECT = 123

/** `null` when there is none in these bytes. */
export function scanUsage(bytes: Buffer): Usage | null {
  let at = bytes.lastIndexOf(KEY)
  while (at !== -1) {
    const usage = readUsageAt(bytes, at)
    if (usage !== null || at === 0) return usage
    at = bytes.lastIndexOf(KEY, at - 1)
  }
  return null
}

function readUsageAt(bytes: Buffer, at: number): Usage | null {
  const colon = skipSpace(bytes, at + KEY.length)
  if (bytes[colon] !== COLON) return null
  const start = skipSpace(bytes, colon + 1)
  if (bytes[start] !== OPEN_OBJECT) return null
  const end = endOfValue(bytes, start)
  if (end === -1) return null
  try {
    return parseOpenAIUsage(JSON.parse(bytes.toString('latin1', start, end)))
  } catch {
    return null
  }
}

/** The first `"model"` of a reply, or empty. */
export function scanModel(bytes: Buffer): string {
  const at = bytes.indexOf(MODEL_KEY)
  if (at === -1) return ''
  const colon = skipSpace(bytes, at + MODEL_KEY.length)
  if (bytes[colon] !== COLON) return ''
  const start = skipSpace(bytes, colon + 1)
  const end = bytes[start] === QUOTE ? endOfValue(bytes, start) : -1
  return end === -1 ? '' : bytes.toString('utf8', start + 1, end - 1)
}

/** Searches a stream while its chunks pass, wherever they are cut. Lines are what is searched. */
export class UsageScan {
  usage: Usage | null = null
  /** The provider told of a failure. */
  failed = false
  #carry: Buffer | null = null

  read(chunk: Buffer): void {
    const bytes = this.#carry === null ? chunk : Buffer.concat([this.#carry, chunk])
    const whole = bytes.lastIndexOf(LF) + 1
    this.#carry = whole === bytes.length ? null : bytes.subarray(Math.max(whole, bytes.length - CARRY_BYTES))
    if (whole > 0) this.#search(whole === bytes.length ? bytes : bytes.subarray(0, whole))
  }

  end(): void {
    if (this.#carry !== null) this.#search(this.#carry)
    this.#carry = null
  }

  #search(bytes: Buffer): void {
    this.usage = scanUsage(bytes) ?? this.usage
    if (!this.failed && bytes.includes(FAILURE)) this.failed = true
  }
}
