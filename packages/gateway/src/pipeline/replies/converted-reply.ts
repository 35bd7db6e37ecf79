/** A whole answer to what is asked beside generating, written in the caller's format. */

import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields } from '../../wire/fields.ts'
import type { Reply, ReplyPort } from './reply.ts'

/** An answer read from the target's format and written in the caller's; `null` when it is no such answer. */
export type ConvertReply = (body: Fields) => { readonly body: Fields; readonly usage: Usage | null } | null

const LARGEST_BYTES = 32 * 1024 * 1024

export class ConvertedReply implements Reply {
  readonly #port: ReplyPort
  readonly #convert: ConvertReply
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(port: ReplyPort, convert: ConvertReply) {
    this.#port = port
    this.#convert = convert
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > LARGEST_BYTES) this.#port.fault('upstream.protocol')
  }

  onEnd(): void {
    const converted = this.#read()
    if (converted === null) {
      this.#port.fault('upstream.protocol')
      return
    }
    if (converted.usage !== null) this.#port.seenUsage(converted.usage)
    this.#port.commit()
    this.#port.replyWhole(200, 'application/json', JSON.stringify(converted.body))
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #read(): ReturnType<ConvertReply> {
    try {
      const body: unknown = JSON.parse(Buffer.concat(this.#chunks).toString())
      return isFields(body) ? this.#convert(body) : null
    } catch {
      return null
    }
  }
}
