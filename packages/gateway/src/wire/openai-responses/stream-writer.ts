/** Deltas as the events of a streamed response, each named by its kind, and numbered. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import { writeEvent } from '../sse.ts'
import { OutputBuilder } from './output-builder.ts'

export class ResponsesStreamWriter implements StreamWriter {
  #written = ''
  readonly #output: OutputBuilder

  constructor(about: ReplyAbout) {
    this.#output = new OutputBuilder(about, (event) => {
      this.#written += writeEvent(event, event.type)
    })
  }

  write(delta: NeutralDelta): string {
    this.#output.take(delta)
    return this.#flush()
  }

  end(): string {
    this.#output.end()
    return this.#flush()
  }

  #flush(): string {
    const written = this.#written
    this.#written = ''
    return written
  }
}
