/**
 * A whole answer in the caller's own format: its bytes pass.
 *
 * It is gathered first and sent in one write, so that a provider that breaks off in the middle costs a further
 * attempt and not half an answer. One that grows beyond any usual answer is passed on as it comes.
 */
import type { UpstreamHeaders } from '../../contract/upstream.ts'
import { hasObject, scanFinish } from '../../wire/finish-scan.ts'
import { type ScanRules, scanRules } from '../../wire/scan-rules.ts'
import { textBytesIn } from '../../wire/text-bytes.ts'
import { ToolCallWalk, type ToolCounts, withToolCalls } from '../../wire/tool-calls.ts'
import { scanModel, scanUsage } from '../../wire/usage-scan.ts'
import { type BrokenEnd, brokenEnd, brokenEndIn } from './broken-end.ts'
import type { Reply, ReplyPort } from './reply.ts'
import { failureIn } from './whole-failure.ts'

const GATHERED_BYTES = 1024 * 1024
/** Where usage stands in an answer that is not gathered: at its end. */
const TAIL_BYTES = 4096
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

export class PlainReply implements Reply {
  readonly #port: ReplyPort
  readonly #status: number
  readonly #contentType: string
  readonly #length: string | null
  #chunks: Buffer[] = []
  #bytes = 0
  #passing = false
  #ended = false
  /** Of one that passes: what its tail does not tell. */
  #walk: ToolCallWalk | null = null

  constructor(port: ReplyPort, status: number, headers: UpstreamHeaders) {
    this.#port = port
    this.#status = status
    this.#contentType = headers.find('content-type') ?? 'application/json'
    this.#length = headers.find('content-length') ?? null
  }

  onData(chunk: Buffer): void {
    if (this.#passing) {
      this.#port.replyChunk(chunk)
      this.#walk?.read(chunk)
      this.#keepTail(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > GATHERED_BYTES) this.#pass()
  }

  onEnd(): void {
    this.#ended = true
    const [first] = this.#chunks
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    if (!this.#passing && !isWhole(body)) {
      this.#port.fault('upstream.protocol')
      return
    }
    const { callerWire } = this.#port
    const failure = this.#passing ? null : failureIn(body, callerWire)
    if (failure !== null) {
      this.#port.fault('upstream.failed', failure, body)
      return
    }
    const rules = scanRules[callerWire.name]
    const broken = rules === undefined ? null : this.#report(body, rules)
    if (broken !== null && !this.#passing) {
      this.#port.fault(broken.code, broken.status)
      return
    }
    if (this.#passing) {
      if (broken !== null) this.#port.noteFailure(broken.code)
      this.#port.replyEnd()
      return
    }
    if (this.#port.traced && rules !== undefined) this.#port.seenModel(scanModel(body, rules))
    this.#port.commit()
    this.#port.replyWhole(this.#status, this.#contentType, body)
  }

  tell(): void {
    this.#port.replyBroken()
  }

  /** Of one that is complete its text is no measure: it may be a picture. */
  tally(): number {
    const rules = scanRules[this.#port.callerWire.name]
    if (this.#ended || this.#passing || rules === undefined) return 0
    return textBytesIn(Buffer.concat(this.#chunks), rules.textKeys)
  }

  toolCalls(): ToolCounts | undefined {
    return this.#walk?.counts
  }

  /** Returns what it failed with. */
  #report(body: Buffer, rules: ScanRules): BrokenEnd | null {
    const usage = scanUsage(body, rules)
    if (usage !== null) this.#port.seenUsage(withToolCalls(usage, this.#walk?.counts))
    const finish = scanFinish(body, rules.finish, null)
    if (finish !== null) this.#port.seenFinish(finish)
    const broken = finish === null ? null : brokenEnd({ reason: finish })
    if (this.#passing) return broken
    return broken !== null || (rules.errorKey !== null && hasObject(body, rules.errorKey))
      ? brokenEndIn(body, this.#port.callerWire)
      : null
  }

  #pass(): void {
    this.#passing = true
    this.#port.commit()
    this.#port.replyHead(this.#status, this.#contentType, this.#length)
    const chunks = this.#chunks
    this.#chunks = []
    const calls = scanRules[this.#port.callerWire.name]?.toolCalls ?? null
    this.#walk = calls === null ? null : new ToolCallWalk(calls)
    for (const chunk of chunks) {
      this.#port.replyChunk(chunk)
      this.#walk?.read(chunk)
    }
    for (const chunk of chunks.slice(-2)) this.#keepTail(chunk)
  }

  #keepTail(chunk: Buffer): void {
    const last = this.#chunks.at(-1)
    this.#chunks = [...(last === undefined ? [] : [last.subarray(-TAIL_BYTES)]), chunk.subarray(-TAIL_BYTES)]
  }
}

/** An object from its first to its last byte: a proxy's error page or half an answer is not. */
function isWhole(body: Buffer): boolean {
  let end = body.length - 1
  while (end > 0 && isSpace(body[end])) end -= 1
  let start = 0
  while (start < end && isSpace(body[start])) start += 1
  return body[start] === OPEN_OBJECT && body[end] === CLOSE_OBJECT && end > start
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
