/** Vectors in another format: gathered, read, and written in the caller's. */
import type { EmbedReply, EmbedReplyAbout, EmbedWire } from '../../contract/embeddings.ts'
import { isFields } from '../../wire/fields.ts'
import type { Reply, ReplyPort } from './reply.ts'

/** Two thousand vectors of three thousand numbers, as text. */
const LARGEST_BYTES = 128 * 1024 * 1024

export interface EmbeddingsReplyInput {
  readonly from: EmbedWire
  readonly to: NonNullable<EmbedWire['caller']>
  readonly about: EmbedReplyAbout
  /** How many vectors were asked for. */
  readonly count: number
}

export class EmbeddingsReply implements Reply {
  readonly #port: ReplyPort
  readonly #input: EmbeddingsReplyInput
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(port: ReplyPort, input: EmbeddingsReplyInput) {
    this.#port = port
    this.#input = input
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > LARGEST_BYTES) this.#port.fault('upstream.protocol')
  }

  onEnd(): void {
    const { to, about, count } = this.#input
    const reply = this.#parse()
    // Fewer vectors than texts would belong to other texts than the caller thinks.
    if (reply === null || reply.vectors.length !== count) {
      this.#port.fault('upstream.protocol')
      return
    }
    if (reply.usage !== null) this.#port.seenUsage(reply.usage)
    if (reply.model !== '') this.#port.seenModel(reply.model)
    this.#port.commit()
    this.#port.replyWhole(200, 'application/json', JSON.stringify(to.writeReply(reply, about)))
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #parse(): EmbedReply | null {
    try {
      const body: unknown = JSON.parse(Buffer.concat(this.#chunks).toString())
      return isFields(body) ? this.#input.from.parseReply(body) : null
    } catch {
      return null
    }
  }
}
