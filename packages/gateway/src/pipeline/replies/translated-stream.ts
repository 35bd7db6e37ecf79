/**
 * A stream in another format: read event by event and written in the caller's.
 *
 * As with a stream that passes, what comes before the first token is held back. A stream that stops without
 * saying why it finished was cut, and the caller is told.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { CallerError, StreamReader, StreamWriter, Wire, WireName } from '../../contract/wire.ts'
import type { FramingReader, OpenFraming } from '../../wire/framing.ts'
import { markSigner } from '../../wire/signature-origin.ts'
import type { Reply, ReplyPort } from './reply.ts'

const EVENT_STREAM = 'text/event-stream; charset=utf-8'

export class TranslatedStream implements Reply {
  readonly #port: ReplyPort
  readonly #events: FramingReader
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #wireName: WireName
  readonly #isForeign: boolean
  /** Written and not sent yet: before the first token, or within one chunk of the provider's. */
  #text = ''
  #good = false
  #begun = false
  #finished = false
  #refused = false
  #failed = false
  #textBytes = 0

  constructor(port: ReplyPort, wire: Wire, openFraming: OpenFraming) {
    this.#port = port
    this.#events = openFraming((event, data) => this.#onEvent(event, data))
    this.#reader = wire.openReader()
    this.#wireName = wire.name
    this.#isForeign = wire.name !== port.callerWire.name
    this.#writer = port.callerWire.openWriter(port.about)
  }

  onData(chunk: Buffer): void {
    if (this.#failed) return
    this.#read(() => this.#events.read(chunk))
    this.#flush()
  }

  onEnd(): void {
    if (this.#failed) return
    this.#read(() => this.#endOfEvents())
    this.#flush()
    if (this.#failed) return
    if (!this.#finished) {
      this.#fail('upstream.reset')
      return
    }
    this.#port.replyEnd(this.#writer.end())
  }

  tell(error: CallerError): void {
    this.#port.replyEnd(this.#text + this.#port.callerWire.writeStreamError(error))
  }

  tally(): number {
    return this.#textBytes
  }

  #read(step: () => void): void {
    try {
      step()
    } catch {
      this.#fail('upstream.protocol')
    }
  }

  #onEvent(event: string, data: string): void {
    this.#takeAll(this.#reader.read(event, data))
  }

  #endOfEvents(): void {
    this.#events.end()
    this.#takeAll(this.#reader.end())
  }

  #takeAll(deltas: readonly NeutralDelta[]): void {
    for (const delta of deltas) {
      if (this.#failed) return
      this.#take(delta)
    }
  }

  #take(delta: NeutralDelta): void {
    if (delta.type === 'error') {
      this.#fail('upstream.failed', delta.status)
      return
    }
    if (delta.type === 'start') this.#port.seenModel(delta.model)
    else if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
    else {
      this.#good = true
      this.#textBytes += textBytesOf(delta)
      if (delta.type === 'refusal') this.#refused = true
      if (delta.type === 'finish') {
        this.#finished = true
        this.#port.seenFinish(this.#refused ? 'refusal' : delta.reason)
      }
    }
    this.#text += this.#writer.write(this.#isForeign ? markSigner(delta, this.#wireName) : delta)
  }

  #flush(): void {
    if (this.#failed || !this.#good) return
    if (!this.#begun) {
      this.#begun = true
      this.#port.commit()
      this.#port.replyHead(200, this.#port.callerWire.streamType ?? EVENT_STREAM, null)
    }
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#port.replyChunk(text)
  }

  #fail(code: 'upstream.failed' | 'upstream.protocol' | 'upstream.reset', status?: number): void {
    if (this.#failed) return
    this.#failed = true
    this.#port.fault(code, status)
  }
}

/** Of what the model says in it, as `wire/text-bytes.ts` measures it. */
function textBytesOf(delta: NeutralDelta): number {
  if (delta.type === 'tool_call') return Buffer.byteLength(delta.arguments ?? '')
  const isText = delta.type === 'text' || delta.type === 'reasoning' || delta.type === 'refusal'
  return isText ? Buffer.byteLength(delta.text) : 0
}
