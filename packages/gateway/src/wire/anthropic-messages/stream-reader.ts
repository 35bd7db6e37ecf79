/**
 * Events of a streamed message.
 *
 * Content comes in numbered blocks; of these only the tools that the caller must answer are counted as tool
 * calls. A tool's input is empty at its start and comes in pieces; when no piece comes, the input at the start
 * was all of it.
 */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { readAnthropicError, statusOfAnthropicError } from './errors.ts'
import { parseAnthropicStop } from './stop-reason.ts'
import { parseAnthropicUsage } from './usage.ts'

interface OpenCall {
  readonly index: number
  readonly input: unknown
  said: boolean
}

const NONE: readonly NeutralDelta[] = []

export class AnthropicStreamReader implements StreamReader {
  readonly #calls = new Map<unknown, OpenCall>()
  #callCount = 0
  #usage: Usage | null = null

  read(_event: string, data: string): readonly NeutralDelta[] {
    const event: unknown = JSON.parse(data)
    if (!isFields(event)) throw new SyntaxError('an event is not an object')
    switch (event['type']) {
      case 'message_start':
        return this.#start(event['message'])
      case 'content_block_start':
        return this.#openBlock(event['index'], event['content_block'])
      case 'content_block_delta':
        return this.#blockDelta(event['index'], event['delta'])
      case 'content_block_stop':
        return this.#closeBlock(event['index'])
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
    const deltas: NeutralDelta[] = [
      { type: 'start', id: stringOr(message['id'], ''), model: stringOr(message['model'], '') },
    ]
    return this.#counted(message['usage'], deltas)
  }

  #openBlock(at: unknown, block: unknown): readonly NeutralDelta[] {
    if (!isFields(block)) return NONE
    if (block['type'] === 'text') return textDelta(block['text'])
    if (block['type'] !== 'tool_use') return NONE
    const call = { index: this.#callCount, input: block['input'], said: false }
    this.#callCount += 1
    this.#calls.set(at, call)
    const id = stringOr(block['id'], '')
    return [{ type: 'tool_call', index: call.index, id, name: stringOr(block['name'], ''), arguments: '' }]
  }

  #blockDelta(at: unknown, delta: unknown): readonly NeutralDelta[] {
    if (!isFields(delta)) return NONE
    switch (delta['type']) {
      case 'text_delta':
        return textDelta(delta['text'])
      case 'thinking_delta':
        return typeof delta['thinking'] === 'string' && delta['thinking'] !== ''
          ? [{ type: 'reasoning', text: delta['thinking'] }]
          : NONE
      case 'input_json_delta':
        return this.#inputDelta(at, delta['partial_json'])
      default:
        return NONE
    }
  }

  #inputDelta(at: unknown, text: unknown): readonly NeutralDelta[] {
    const call = this.#calls.get(at)
    if (call === undefined || typeof text !== 'string' || text === '') return NONE
    call.said = true
    return [{ type: 'tool_call', index: call.index, arguments: text }]
  }

  #closeBlock(at: unknown): readonly NeutralDelta[] {
    const call = this.#calls.get(at)
    this.#calls.delete(at)
    if (call === undefined || call.said) return NONE
    return [{ type: 'tool_call', index: call.index, arguments: JSON.stringify(call.input ?? {}) }]
  }

  #messageDelta(event: Fields): readonly NeutralDelta[] {
    const delta = event['delta']
    const deltas: NeutralDelta[] = []
    if (isFields(delta) && typeof delta['stop_reason'] === 'string') {
      deltas.push({ type: 'finish', reason: parseAnthropicStop(delta['stop_reason']) })
    }
    return this.#counted(event['usage'], deltas)
  }

  #counted(usage: unknown, deltas: NeutralDelta[]): readonly NeutralDelta[] {
    this.#usage = parseAnthropicUsage(usage, this.#usage)
    if (this.#usage !== null) deltas.push({ type: 'usage', usage: this.#usage })
    return deltas
  }
}

function textDelta(text: unknown): readonly NeutralDelta[] {
  return typeof text === 'string' && text !== '' ? [{ type: 'text', text }] : NONE
}
