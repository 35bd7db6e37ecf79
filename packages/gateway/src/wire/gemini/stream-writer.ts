/**
 * Deltas as chunks of a streamed reply. Each chunk is a whole response with what is new; the last holds the
 * reasons and the usage.
 *
 * There are two framings: server-sent events, when the caller asks with `alt=sse`, and one JSON array that grows.
 */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import { type Fields, present } from '../fields.ts'
import { writeEvent } from '../sse.ts'
import { CandidateWriter } from './candidate-writer.ts'
import { writeGeminiError } from './errors.ts'
import { writeGeminiUsage } from './usage.ts'

export interface ChunkFraming {
  chunk(value: Fields, first: boolean): string
  end(first: boolean): string
}

export const eventFraming: ChunkFraming = { chunk: (value) => writeEvent(value), end: () => '' }

export const arrayFraming: ChunkFraming = {
  chunk: (value, first) => `${first ? '[' : ',\r\n'}${JSON.stringify(value)}`,
  end: (first) => (first ? '[]' : ']'),
}

export class GeminiStreamWriter implements StreamWriter {
  readonly #framing: ChunkFraming
  readonly #candidates = new Map<number, CandidateWriter>()
  #id: string
  #model: string
  #usage: Usage | null = null
  #first = true

  constructor(about: ReplyAbout, framing: ChunkFraming = eventFraming) {
    this.#framing = framing
    this.#id = about.id
    this.#model = about.model
  }

  write(delta: NeutralDelta): string {
    if (delta.type === 'start') {
      if (delta.model !== '') this.#model = delta.model
      return ''
    }
    if (delta.type === 'usage') {
      this.#usage = delta.usage
      return ''
    }
    if (delta.type === 'error') {
      const { status, message } = delta
      return this.#frame(writeGeminiError({ status, code: 'upstream.failed', message }))
    }
    const writer = this.#writer(delta.candidate ?? 0)
    const parts = writer.take(delta)
    return parts.length === 0 ? '' : this.#chunk([candidateOf(writer, parts, {})], null)
  }

  end(): string {
    if (this.#candidates.size === 0) this.#writer(0)
    const writers = [...this.#candidates.values()]
    const blocked = writers.find((it) => it.blocked !== null)?.blocked ?? null
    const candidates = writers.map((it) => candidateOf(it, it.flush(), it.closing()))
    const last = blocked === null ? this.#chunk(candidates, this.#usage) : this.#blocked(blocked)
    return last + this.#framing.end(this.#first)
  }

  #writer(index: number): CandidateWriter {
    let writer = this.#candidates.get(index)
    if (writer === undefined) {
      writer = new CandidateWriter(index)
      this.#candidates.set(index, writer)
    }
    return writer
  }

  #blocked(blockReason: string): string {
    return this.#frame({ promptFeedback: { blockReason }, ...this.#closing(this.#usage) })
  }

  #chunk(candidates: readonly Fields[], usage: Usage | null): string {
    return this.#frame({ candidates, ...this.#closing(usage) })
  }

  #closing(usage: Usage | null): Fields {
    return present({
      usageMetadata: usage === null ? undefined : writeGeminiUsage(usage),
      modelVersion: this.#model,
      responseId: this.#id,
    })
  }

  #frame(value: Fields): string {
    const text = this.#framing.chunk(value, this.#first)
    this.#first = false
    return text
  }
}

export function candidateOf(writer: CandidateWriter, parts: readonly Fields[], closing: Fields): Fields {
  const content = parts.length === 0 ? { role: 'model' } : { parts, role: 'model' }
  return { content, index: writer.index, ...closing }
}
