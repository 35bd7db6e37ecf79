/**
 * A stream in the caller's own format: its bytes pass as they come.
 *
 * Until the first token the bytes are held back and read, because a provider may still fail or report a failure
 * as its first event; that costs the caller nothing, since a role without a word tells him nothing. From then
 * on the bytes are only searched: for usage, and for a failure in the middle, which may quote our key.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { CallerError, StreamReader } from '../../contract/wire.ts'
import { scanRules } from '../../wire/scan-rules.ts'
import { EventTooLarge, SseReader } from '../../wire/sse.ts'
import type { ToolCounts } from '../../wire/tool-calls.ts'
import { UsageCut } from '../../wire/usage-cut.ts'
import { UsageScan } from '../../wire/usage-scan.ts'
import { type BrokenEnd, brokenEnd } from './broken-end.ts'
import { FailureGate } from './failure-gate.ts'
import type { Reply, ReplyPort } from './reply.ts'

const HELD_BYTES = 256 * 1024

export class StreamReply implements Reply {
  readonly #port: ReplyPort
  readonly #contentType: string
  readonly #scan: UsageScan | null
  readonly #gate: FailureGate
  readonly #cut: UsageCut | null
  readonly #events = new SseReader((event, data) => this.#onEvent(event, data))
  readonly #reader: StreamReader
  #held: Buffer[] | null = []
  #heldBytes = 0
  #good = false
  #failed = false
  /** It ended as a failure, before a word of it. What is behind that end is read too: it may be the count of tokens. */
  #broken: BrokenEnd | null = null

  constructor(port: ReplyPort, contentType: string, hidesUsage: boolean) {
    this.#port = port
    this.#contentType = contentType
    this.#cut = hidesUsage ? new UsageCut() : null
    this.#reader = port.callerWire.openReader()
    const rules = scanRules[port.callerWire.name]
    this.#scan = rules === undefined ? null : new UsageScan(rules)
    this.#gate = new FailureGate({
      redact: (text) => port.redact(text),
      send: (bytes) => port.replyChunk(bytes),
    })
  }

  onData(chunk: Buffer): void {
    if (this.#held === null) {
      this.#pass(chunk)
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    this.#read(chunk)
    if (this.#failed) return
    if (this.#good || this.#heldBytes > HELD_BYTES) this.#begin()
  }

  onEnd(): void {
    if (this.#held !== null && !this.#failed) {
      this.#events.end()
      if (this.#good) this.#begin()
    }
    if (this.#failed) return
    if (this.#held !== null) {
      this.#port.fault(this.#broken?.code ?? 'upstream.reset', this.#broken?.status)
      return
    }
    this.#scan?.end()
    if (this.#cut !== null) this.#send(this.#cut.end())
    this.#gate.end()
    this.#report()
    this.#port.replyEnd()
  }

  tell(error: CallerError): void {
    this.#report()
    this.#port.replyEnd(this.#port.callerWire.writeStreamError(error))
  }

  tally(): number {
    this.#report()
    return this.#scan?.textBytes ?? 0
  }

  toolCalls(): ToolCounts | undefined {
    return this.#held === null ? this.#scan?.toolCalls : this.#toolCallsIn(this.#held)
  }

  /** Of what no caller has seen: a provider may search before it says a word. */
  #toolCallsIn(held: readonly Buffer[]): ToolCounts | undefined {
    const rules = scanRules[this.#port.callerWire.name]
    if (rules === undefined) return undefined
    const scan = new UsageScan(rules)
    scan.read(Buffer.concat(held))
    return scan.toolCalls
  }

  #begin(): void {
    const held = this.#held ?? []
    this.#held = null
    this.#port.commit()
    this.#port.replyHead(200, this.#contentType, null)
    this.#pass(held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held))
  }

  #pass(chunk: Buffer): void {
    this.#scan?.read(chunk)
    this.#send(this.#cut === null ? chunk : this.#cut.pass(chunk))
  }

  #send(bytes: Buffer): void {
    if (bytes.length > 0) this.#gate.pass(bytes, this.#scan?.suspect !== false)
  }

  #report(): void {
    const scan = this.#scan
    if (scan === null) return
    if (scan.usage !== null) this.#port.seenUsage(scan.usage)
    if (scan.failed) this.#port.noteFailure('upstream.failed')
    if (scan.finish === null) return
    this.#port.seenFinish(scan.finish)
    const broken = brokenEnd({ reason: scan.finish })
    if (broken !== null) this.#port.noteFailure(broken.code)
  }

  #read(chunk: Buffer): void {
    try {
      this.#events.read(chunk)
    } catch (thrown) {
      if (!(thrown instanceof EventTooLarge)) throw thrown
      this.#fail('upstream.protocol')
    }
  }

  #onEvent(event: string, data: string): void {
    if (this.#good || this.#failed) return
    if (data === '[DONE]') {
      this.#good = this.#broken === null
      return
    }
    try {
      for (const delta of this.#reader.read(event, data)) {
        if (delta.type === 'error') {
          this.#fail('upstream.failed', delta.status)
          return
        }
        if (delta.type === 'start') this.#port.seenModel(delta.model)
        else if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
        else this.#readContent(delta)
      }
    } catch {
      this.#fail('upstream.protocol')
    }
  }

  #readContent(delta: NeutralDelta): void {
    const broken = delta.type === 'finish' ? brokenEnd(delta) : null
    if (broken === null) this.#good = true
    else this.#broken = broken
  }

  #fail(code: 'upstream.failed' | 'upstream.protocol', status?: number): void {
    this.#failed = true
    this.#port.fault(code, status)
  }
}
