/** Events of a streamed message. A stream that says twice that it starts has started once. */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { BlockReader } from './block-reader.ts'
import { readAnthropicError, statusOfAnthropicError } from './errors.ts'
import { finishOf } from './stop-reason.ts'
import { parseAnthropicUsage } from './usage.ts'

const NONE: readonly NeutralDelta[] = []

export class AnthropicStreamReader implements StreamReader {
  readonly #blocks = new BlockReader()
  #started = false
  #finished = false
  #usage: Usage | null = null

  read(_event: string, data: string): readonly NeutralDelta[] {
    if (data.trim() === '') return NONE
    const event: unknown = JSON.parse(data)
    if (!isFields(event)) throw new SyntaxError('an event is not an object')
    switch (event['type']) {
      case 'message_start':
        return this.#start(event['message'])
      case 'content_block_start':
        return this.#blocks.open(event['index'], event['content_block'])
      case 'content_block_delta':
        return this.#blocks.piece(event['index'], event['delta'])
      case 'content_block_stop':
        return this.#blocks.close(event['index'])
      case 'message_delta':
        return this.#messageDelta(event)
      case 'error':
        return [
          { type: 'error', status: statusOfAnthropicError(event), message: readAnthropicError(event) ?? '' },
        ]
      default:
        return NONE
    }
  }

  end(): readonly NeutralDelta[] {
    return NONE
  }

  #start(message: unknown): readonly NeutralDelta[] {
    if (!isFields(message)) return NONE
    const deltas: NeutralDelta[] = []
    if (!this.#started) {
      deltas.push({ type: 'start', id: stringOr(message['id'], ''), model: stringOr(message['model'], '') })
    }
    this.#started = true
    return this.#counted(message['usage'], deltas)
  }

  #messageDelta(event: Fields): readonly NeutralDelta[] {
    const finish = isFields(event['delta']) ? finishOf(event['delta']) : null
    const deltas: NeutralDelta[] = []
    if (finish !== null && !this.#finished) {
      this.#finished = true
      deltas.push(finish)
    }
    return this.#counted(event['usage'], deltas)
  }

  #counted(usage: unknown, deltas: NeutralDelta[]): readonly NeutralDelta[] {
    this.#usage = parseAnthropicUsage(usage, this.#usage)
    if (this.#usage !== null) deltas.push({ type: 'usage', usage: this.#usage })
    return deltas
  }
}
