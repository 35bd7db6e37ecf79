/**
 * A stream in another format: read event by event and written in the caller's.
 *
 * As with a stream that passes, what comes before the first token is held back. A stream that stops without
 * saying why it finished was cut, and the caller is told. Where guards look at answers, they stand between: the
 * provider's first token commits the call, and the first piece that they let go begins the reply.
 */
import type { Blocked, OutputRun } from '../../contract/guards.ts'
import type { FinishDelta, NeutralDelta } from '../../contract/neutral.ts'
import type { CallerError, StreamReader, StreamWriter, Wire, WireName } from '../../contract/wire.ts'
import type { FramingReader, OpenFraming } from '../../wire/framing.ts'
import { noteSearch } from '../../wire/openai-responses/searches.ts'
import { markSigner } from '../../wire/signature-origin.ts'
import { ToolCallCount, type ToolCounts } from '../../wire/tool-calls.ts'
import { type BrokenEnd, brokenEnd } from './broken-end.ts'
import { GuardedAnswer } from './guarded-answer.ts'
import type { Reply, ReplyPort } from './reply.ts'

const EVENT_STREAM = 'text/event-stream; charset=utf-8'

export interface TranslatedStreamOptions {
  readonly openFraming: OpenFraming
  /** What it goes through on its way out; `null` for nothing. */
  readonly run: OutputRun | null
}

export class TranslatedStream implements Reply {
  readonly #port: ReplyPort
  readonly #events: FramingReader
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #wireName: WireName
  readonly #isForeign: boolean
  /** Written and not sent yet: before the first token, or within one chunk of the provider's. */
  #text = ''
  /** The provider has begun to answer; something of that may go out. */
  #good = false
  #passed = false
  #begun = false
  #finished = false
  #refused = false
  #failed = false
  #textBytes = 0
  readonly #broken: FinishDelta[] = []
  /** Searches that a response told of, for one that breaks off before its count; all others count as they go. */
  #searches: ToolCallCount | null = null
  #items = 0
  readonly #guarded: GuardedAnswer | null
  /** Replies that have begun and not finished, for one that guards end. */
  readonly #open = new Set<number>()

  constructor(port: ReplyPort, wire: Wire, { openFraming, run }: TranslatedStreamOptions) {
    this.#port = port
    this.#guarded =
      run === null
        ? null
        : new GuardedAnswer(run, port, {
            onPassed: (deltas) => this.#takeLate(deltas),
            onBlocked: (blocked) => this.#block(blocked),
          })
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
      const broken = this.#broken[0] === undefined ? null : brokenEnd(this.#broken[0])
      this.#fail(broken?.code ?? 'upstream.reset', broken?.status)
      return
    }
    if (this.#guarded === null) this.#port.replyEnd(this.#writer.end())
    else this.#guarded.end(() => this.#port.replyEnd(this.#text + this.#writer.end()))
  }

  tell(error: CallerError): void {
    this.#guarded?.close()
    this.#port.replyEnd(this.#text + this.#port.callerWire.writeStreamError(error))
  }

  tally(): number {
    return this.#textBytes
  }

  toolCalls(): ToolCounts | undefined {
    return this.#searches?.counts
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
    if (this.#finished) this.#takeGood(this.#broken)
  }

  /** An end that is a failure waits for the end of the stream: what is behind it may be the count of tokens. */
  #takeAll(deltas: readonly NeutralDelta[]): void {
    if (!deltas.some(isBroken)) {
      this.#takeGood(deltas)
      return
    }
    this.#broken.push(...deltas.filter(isBroken))
    this.#takeGood(deltas.filter((it) => !isBroken(it)))
  }

  #takeGood(deltas: readonly NeutralDelta[]): void {
    for (const delta of deltas) {
      if (this.#failed) return
      this.#note(delta)
      if (this.#guarded === null && !this.#failed) this.#write(this.#signed(delta))
    }
    if (this.#guarded === null || this.#failed || deltas.length === 0) return
    this.#guarded.take(deltas.map((it) => this.#signed(it)))
  }

  /** What the provider says, whatever becomes of it. */
  #note(delta: NeutralDelta): void {
    if (delta.type === 'error') {
      this.#fail('upstream.failed', delta.status)
      return
    }
    if (delta.type === 'start') this.#port.seenModel(delta.model)
    else if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
    else {
      this.#good = true
      this.#textBytes += textBytesOf(delta)
      if (delta.type === 'other' && delta.from === 'openai-responses') {
        this.#searches ??= new ToolCallCount()
        noteSearch(delta.value, this.#items++, this.#searches)
      }
      if (delta.type === 'refusal') this.#refused = true
      if (delta.type === 'finish') {
        this.#finished = true
        this.#port.seenFinish(this.#refused ? 'refusal' : delta.reason)
      }
    }
  }

  #signed(delta: NeutralDelta): NeutralDelta {
    return this.#isForeign ? markSigner(delta, this.#wireName) : delta
  }

  #write(delta: NeutralDelta): void {
    if (delta.type !== 'start' && delta.type !== 'usage' && delta.type !== 'error') {
      this.#passed = true
      const { candidate = 0 } = delta
      if (delta.type === 'finish') this.#open.delete(candidate)
      else this.#open.add(candidate)
    }
    this.#text += this.#writer.write(delta)
  }

  /** What guards let go, also when nothing is coming in. */
  #takeLate(deltas: readonly NeutralDelta[]): void {
    for (const it of deltas) this.#write(it)
    this.#flush()
  }

  /** What has gone out ends as what a filter has stopped; what has not begun is refused as a whole. */
  #block(blocked: Blocked): void {
    this.#failed = true
    let ending = ''
    if (this.#begun) {
      ending = this.#text
      for (const candidate of this.#open) {
        ending += this.#writer.write({ type: 'finish', reason: 'content_filter', candidate })
      }
      ending += this.#writer.end()
      this.#port.seenFinish('content_filter')
    }
    this.#port.replyBlocked(blocked, ending)
  }

  #flush(): void {
    if (this.#failed || !this.#good) return
    this.#port.commit()
    if (!this.#begun) {
      if (!this.#passed) return
      this.#begun = true
      this.#port.replyHead(200, this.#port.callerWire.streamType ?? EVENT_STREAM, null)
    }
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#port.replyChunk(text)
  }

  #fail(code: BrokenEnd['code'] | 'upstream.protocol' | 'upstream.reset', status?: number): void {
    if (this.#failed) return
    this.#failed = true
    this.#guarded?.close()
    this.#port.fault(code, status)
  }
}

function isBroken(delta: NeutralDelta): delta is FinishDelta {
  return delta.type === 'finish' && brokenEnd(delta) !== null
}

/** Of what the model says in it, as `wire/text-bytes.ts` measures it. */
function textBytesOf(delta: NeutralDelta): number {
  if (delta.type === 'tool_call') return Buffer.byteLength(delta.arguments ?? '')
  const isText = delta.type === 'text' || delta.type === 'reasoning' || delta.type === 'refusal'
  return isText ? Buffer.byteLength(delta.text) : 0
}
