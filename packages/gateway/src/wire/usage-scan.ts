/**
 * Reads the counts of tokens out of a reply without parsing the reply.
 *
 * In JSON the bytes `"usage":` can only be a key: inside a string its quotes would be escaped. Where counts come
 * whole, the last one that counts tokens is taken, since providers write it behind the text.
 */
import type { FinishReason, Usage } from '../contract/neutral.ts'
import { scanErrors } from './failure-scan.ts'
import { isFields } from './fields.ts'
import { scanFinish } from './finish-scan.ts'
import { endOfValue, skipSpace } from './json-members.ts'
import type { ScanRules } from './scan-rules.ts'
import { textBytesIn } from './text-bytes.ts'
import {
  ToolCallCount,
  type ToolCallRules,
  ToolCallWalk,
  type ToolCounts,
  withToolCalls,
} from './tool-calls.ts'

const QUOTE = 34
const LF = 10
/** A line longer than this is searched only from its end. */
const CARRY_BYTES = 64 * 1024
const COLON = 58
const OPEN_OBJECT = 123
/** What a line of an event has before its value. */
const DATA = Buffer.from('data:')

/** Of a whole answer; `null` when nothing is counted in it. */
export function scanUsage(bytes: Buffer, rules: ScanRules): Usage | null {
  const usage = scanCounts(bytes, rules, null)
  const mark = rules.toolCalls?.mark
  if (usage === null || mark === undefined || !bytes.includes(mark)) return usage
  const calls = new ToolCallCount()
  noteCalls(bytes, rules.toolCalls, calls)
  return withToolCalls(usage, calls.counts)
}

/** `before` when there is none in these bytes. */
function scanCounts(bytes: Buffer, rules: ScanRules, before: Usage | null): Usage | null {
  return rules.inParts ? scanParts(bytes, rules, before) : scanLast(bytes, rules, before)
}

/** Of an answer, or an event of one. Only what tells of such a call comes here, and is read whole. */
function noteCalls(json: Buffer, rules: ToolCallRules | null, calls: ToolCallCount): void {
  try {
    const said: unknown = JSON.parse(json.toString())
    if (isFields(said)) rules?.note(said, calls)
  } catch {
    // Cut off, or a text that has the mark: it tells of nothing.
  }
}

function scanLast(bytes: Buffer, rules: ScanRules, before: Usage | null): Usage | null {
  let at = bytes.lastIndexOf(rules.usageKey)
  while (at !== -1) {
    const usage = readUsageAt(bytes, at, { rules, before: null })
    if (usage !== null) return usage
    if (at === 0) break
    at = bytes.lastIndexOf(rules.usageKey, at - 1)
  }
  return before
}

function scanParts(bytes: Buffer, rules: ScanRules, before: Usage | null): Usage | null {
  let usage = before
  let at = bytes.indexOf(rules.usageKey)
  while (at !== -1) {
    usage = readUsageAt(bytes, at, { rules, before: usage })
    at = bytes.indexOf(rules.usageKey, at + 1)
  }
  return usage
}

function readUsageAt(
  bytes: Buffer,
  at: number,
  { rules, before }: { readonly rules: ScanRules; readonly before: Usage | null },
): Usage | null {
  const colon = skipSpace(bytes, at + rules.usageKey.length)
  if (bytes[colon] !== COLON) return before
  const start = skipSpace(bytes, colon + 1)
  if (bytes[start] !== OPEN_OBJECT) return before
  const end = endOfValue(bytes, start)
  if (end === -1) return before
  try {
    const value: unknown = JSON.parse(bytes.toString('latin1', start, end))
    return rules.read(value, before, lastText(bytes, rules.servedKey))
  } catch {
    return before
  }
}

/** The first model that a reply names, or empty. */
export function scanModel(bytes: Buffer, rules: ScanRules): string {
  const at = bytes.indexOf(rules.modelKey)
  return at === -1 ? '' : textAt(bytes, at + rules.modelKey.length)
}

/** The last text under a key, or empty. */
function lastText(bytes: Buffer, key: Buffer | null): string {
  const at = key === null ? -1 : bytes.lastIndexOf(key)
  return key === null || at === -1 ? '' : textAt(bytes, at + key.length)
}

function textAt(bytes: Buffer, at: number): string {
  const colon = skipSpace(bytes, at)
  if (bytes[colon] !== COLON) return ''
  const start = skipSpace(bytes, colon + 1)
  const end = bytes[start] === QUOTE ? endOfValue(bytes, start) : -1
  return end === -1 ? '' : bytes.toString('utf8', start + 1, end - 1)
}

/** Searches a stream while its chunks pass, wherever they are cut. Lines are what is searched. */
export class UsageScan {
  finish: FinishReason | null = null
  /** The provider told of a failure. */
  failed = false
  /** The word for it has come, which may be a part of the answer. */
  suspect = false
  /** Of what the model has said. */
  textBytes = 0
  readonly #rules: ScanRules
  #usage: Usage | null = null
  #calls: ToolCallCount | null = null
  #carry: Buffer | null = null
  /** Reads the line that is carried, where its beginning is not carried any more. */
  #walk: ToolCallWalk | null = null

  constructor(rules: ScanRules) {
    this.#rules = rules
  }

  /** What was counted so far, with the calls of tools. */
  get usage(): Usage | null {
    return this.#usage === null ? null : withToolCalls(this.#usage, this.toolCalls)
  }

  /** Those that the answer told of so far; absent where it told of none. */
  get toolCalls(): ToolCounts | undefined {
    return this.#calls?.counts
  }

  read(chunk: Buffer): void {
    if (this.#walk !== null) this.#goOn(this.#walk, chunk)
    const bytes = this.#carry === null ? chunk : Buffer.concat([this.#carry, chunk])
    const whole = bytes.lastIndexOf(LF) + 1
    const rest = whole === bytes.length ? null : bytes.subarray(whole)
    this.#carry = rest === null ? null : this.#cut(rest)
    if (whole > 0) this.#search(whole === bytes.length ? bytes : bytes.subarray(0, whole))
  }

  end(): void {
    if (this.#walk !== null) this.#endWalk(this.#walk)
    if (this.#carry !== null) this.#search(this.#carry)
    this.#carry = null
  }

  /** What is kept of a line that has not ended. */
  #cut(line: Buffer): Buffer {
    if (line.length <= CARRY_BYTES) return line
    const { toolCalls } = this.#rules
    if (toolCalls !== null && this.#walk === null) {
      this.#walk = new ToolCallWalk(toolCalls)
      this.#walk.read(line)
    }
    return line.subarray(line.length - CARRY_BYTES)
  }

  #goOn(walk: ToolCallWalk, chunk: Buffer): void {
    const end = chunk.indexOf(LF)
    walk.read(end === -1 ? chunk : chunk.subarray(0, end))
    if (end !== -1) this.#endWalk(walk)
  }

  #endWalk(walk: ToolCallWalk): void {
    this.#calls ??= new ToolCallCount()
    walk.note(this.#calls)
    this.#walk = null
  }

  #search(bytes: Buffer): void {
    this.#usage = scanCounts(bytes, this.#rules, this.#usage)
    this.finish = scanFinish(bytes, this.#rules.finish, this.finish)
    this.textBytes += textBytesIn(bytes, this.#rules.textKeys)
    if (this.#rules.toolCalls !== null) this.#noteCalls(bytes, this.#rules.toolCalls)
    if (this.failed) return
    const errors = scanErrors(bytes)
    this.failed = errors.failed
    this.suspect ||= errors.suspect
  }

  /** In each line that has the mark. */
  #noteCalls(bytes: Buffer, rules: ToolCallRules): void {
    for (let at = bytes.indexOf(rules.mark); at !== -1; ) {
      const start = bytes.lastIndexOf(LF, at) + 1
      const next = bytes.indexOf(LF, at)
      const end = next === -1 ? bytes.length : next
      const isData = bytes.subarray(start, start + DATA.length).equals(DATA)
      this.#calls ??= new ToolCallCount()
      noteCalls(bytes.subarray(isData ? start + DATA.length : start, end), rules, this.#calls)
      at = bytes.indexOf(rules.mark, end)
    }
  }
}
