/**
 * What callers of a published API speak: their input as JSON, and for an answer the output and nothing around it.
 *
 * Inside it is a chat request: it is written in OpenAI's form, so this is that format with errors and streams of its
 * own. Errors have OpenAI's shape, and beside it every place of the input that is wrong. A stream is `data: {"text": …}`
 * for each piece, then one event `done`, or `error`.
 */
import type { NeutralDelta } from '../contract/neutral.ts'
import type { CallerError, StreamWriter, Wire } from '../contract/wire.ts'
import { writeOpenAIError } from './openai-chat/errors.ts'
import { openaiChat } from './openai-chat.ts'
import { writeEvent } from './sse.ts'

export const publishedApi: Wire = {
  ...openaiChat,
  writeError: writeApiError,
  writeStreamError: (error) => writeEvent(writeApiError(error), 'error'),
}

/** The same, for one call: what its stream says at the end is known when all of it has been seen. */
export function publishedApiOf(check: CheckOutput): Wire {
  return { ...publishedApi, openWriter: () => new OutputWriter(check) }
}

/** Of a whole output; the error to end the stream with, or `null`. */
export type CheckOutput = (text: string) => CallerError | null

function writeApiError(error: CallerError): Record<string, unknown> {
  const written = writeOpenAIError(error)
  if (error.issues === undefined) return written
  return { error: { ...(written['error'] as object), issues: error.issues } }
}

class OutputWriter implements StreamWriter {
  readonly #check: CheckOutput
  #text = ''
  #finish = 'stop'

  constructor(check: CheckOutput) {
    this.#check = check
  }

  write(delta: NeutralDelta): string {
    if (delta.type === 'finish') this.#finish = delta.reason
    if (delta.type !== 'text' && delta.type !== 'refusal') return ''
    if (delta.text === '' || (delta.candidate ?? 0) !== 0) return ''
    this.#text += delta.text
    return writeEvent({ text: delta.text })
  }

  end(): string {
    const error = this.#check(this.#text)
    return error === null
      ? writeEvent({ finish: this.#finish }, 'done')
      : publishedApi.writeStreamError(error)
  }
}
