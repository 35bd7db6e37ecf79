/**
 * An answer that passes as it comes, whatever it is: sound, pictures, JSON, events. It is only searched for counts
 * of tokens.
 */
import type { UpstreamHeaders } from '../../contract/upstream.ts'
import type { WireName } from '../../contract/wire.ts'
import { scanRules } from '../../wire/scan-rules.ts'
import { ToolCallWalk, withToolCalls } from '../../wire/tool-calls.ts'
import { UsageScan } from '../../wire/usage-scan.ts'
import type { Reply, ReplyPort } from './reply.ts'

/** What could hold counts. */
const TEXT = /^(?:application\/json|text\/event-stream)/i
const JSON_TEXT = /^application\/json/i

export class PassReply implements Reply {
  readonly #port: ReplyPort
  readonly #status: number
  readonly #contentType: string
  readonly #length: string | null
  readonly #scan: UsageScan | null
  /** Of an answer that is no stream: its lines are no events. */
  readonly #walk: ToolCallWalk | null
  #begun = false

  /** `counts`: the format that it counts tokens in. */
  constructor(port: ReplyPort, answer: { status: number; headers: UpstreamHeaders }, counts: WireName) {
    this.#port = port
    this.#status = answer.status
    this.#contentType = answer.headers.find('content-type') ?? 'application/octet-stream'
    this.#length = answer.headers.find('content-length') ?? null
    const rules = TEXT.test(this.#contentType) ? scanRules[counts] : undefined
    this.#scan = rules === undefined ? null : new UsageScan(rules)
    const calls = JSON_TEXT.test(this.#contentType) ? (rules?.toolCalls ?? null) : null
    this.#walk = calls === null ? null : new ToolCallWalk(calls)
  }

  onData(chunk: Buffer): void {
    this.#begin()
    this.#scan?.read(chunk)
    this.#walk?.read(chunk)
    this.#port.replyChunk(chunk)
  }

  onEnd(): void {
    this.#begin()
    this.#scan?.end()
    const usage = this.#scan?.usage ?? null
    if (usage !== null) this.#port.seenUsage(withToolCalls(usage, this.#walk?.counts))
    this.#port.replyEnd()
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#port.commit()
    this.#port.replyHead(this.#status, this.#contentType, this.#length)
  }
}
