/** A whole answer in another format: parsed, and written in the caller's. */
import type { OutputRun, Passed } from '../../contract/guards.ts'
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { Wire } from '../../contract/wire.ts'
import { isFields } from '../../wire/fields.ts'
import { markSigner } from '../../wire/signature-origin.ts'
import { passWhole } from './guarded-answer.ts'
import type { Reply, ReplyPort } from './reply.ts'

const LARGEST_BYTES = 32 * 1024 * 1024

export class TranslatedReply implements Reply {
  readonly #port: ReplyPort
  readonly #wire: Wire
  readonly #run: OutputRun | null
  #chunks: Buffer[] = []
  #bytes = 0

  /** `run`: what it goes through on its way out; `null` for nothing. */
  constructor(port: ReplyPort, wire: Wire, run: OutputRun | null) {
    this.#port = port
    this.#wire = wire
    this.#run = run
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > LARGEST_BYTES) this.#port.fault('upstream.protocol')
  }

  onEnd(): void {
    const deltas = this.#parse()
    if (deltas === null) {
      this.#port.fault('upstream.protocol')
      return
    }
    let refused = false
    for (const delta of deltas) {
      if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
      else if (delta.type === 'start') this.#port.seenModel(delta.model)
      else if (delta.type === 'finish') this.#port.seenFinish(delta.reason)
      else if (delta.type === 'refusal') refused = true
    }
    if (refused) this.#port.seenFinish('refusal')
    this.#port.commit()
    if (this.#run === null) {
      this.#reply(deltas)
      return
    }
    const passed = passWhole(this.#run, deltas)
    if (passed instanceof Promise) this.#port.later(passed, (it) => this.#pass(it))
    else this.#pass(passed)
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #pass(passed: Passed): void {
    if ('blocked' in passed) this.#port.replyBlocked(passed, '')
    else this.#reply(passed)
  }

  #reply(deltas: readonly NeutralDelta[]): void {
    const reply = this.#port.callerWire.writeReply(deltas, this.#port.about)
    this.#port.replyWhole(200, 'application/json', JSON.stringify(reply))
  }

  #parse(): readonly NeutralDelta[] | null {
    try {
      const body: unknown = JSON.parse(Buffer.concat(this.#chunks).toString())
      if (!isFields(body)) return null
      const deltas = this.#wire.parseReply(body)
      const { name } = this.#wire
      return name === this.#port.callerWire.name ? deltas : deltas.map((it) => markSigner(it, name))
    } catch {
      return null
    }
  }
}
