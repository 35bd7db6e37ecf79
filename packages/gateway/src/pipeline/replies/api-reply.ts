/**
 * The whole answer of a published API: the model's text, or the JSON in it once it has been checked.
 *
 * It is looked at before anything is promised, so an answer that cannot be used may still be asked for once more.
 */
import type { Passed } from '../../contract/guards.ts'
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { Wire } from '../../contract/wire.ts'
import { isFields } from '../../wire/fields.ts'
import { foldReply } from '../../wire/fold-reply.ts'
import { brokenEndOf } from './broken-end.ts'
import { passWhole } from './guarded-answer.ts'
import type { Reply, ReplyPort } from './reply.ts'
import { failureIn } from './whole-failure.ts'

const LARGEST_BYTES = 32 * 1024 * 1024

/** What goes out; `null` when the port has been told what becomes of it instead. */
export type MakeOutput = (text: string) => { readonly contentType: string; readonly body: string } | null

export class ApiReply implements Reply {
  readonly #port: ReplyPort
  readonly #wire: Wire
  readonly #make: MakeOutput
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(port: ReplyPort, wire: Wire, make: MakeOutput) {
    this.#port = port
    this.#wire = wire
    this.#make = make
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > LARGEST_BYTES) this.#port.fault('upstream.protocol')
  }

  onEnd(): void {
    const bytes = Buffer.concat(this.#chunks)
    const failure = failureIn(bytes, this.#wire)
    if (failure !== null) {
      this.#port.fault('upstream.failed', failure, bytes)
      return
    }
    const deltas = this.#parse(bytes)
    if (deltas === null) {
      this.#port.fault('upstream.protocol')
      return
    }
    for (const delta of deltas) {
      if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
      else if (delta.type === 'start') this.#port.seenModel(delta.model)
      else if (delta.type === 'finish') this.#port.seenFinish(delta.reason)
    }
    const broken = brokenEndOf(deltas)
    if (broken !== null) {
      this.#port.fault(broken.code, broken.status)
      return
    }
    const run = this.#port.openGuards()
    const passed = run === null ? deltas : passWhole(run, deltas)
    if (passed instanceof Promise) this.#port.later(passed, (it) => this.#pass(it))
    else this.#pass(passed)
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #pass(passed: Passed): void {
    if ('blocked' in passed) {
      this.#port.commit()
      this.#port.replyBlocked(passed, '')
      return
    }
    const output = this.#make(foldReply(passed).text)
    if (output === null) return
    this.#port.commit()
    this.#port.replyWhole(200, output.contentType, output.body)
  }

  #parse(bytes: Buffer): readonly NeutralDelta[] | null {
    try {
      const body: unknown = JSON.parse(bytes.toString())
      return isFields(body) ? this.#wire.parseReply(body) : null
    } catch {
      return null
    }
  }
}
