/** Deltas as Anthropic's stream events: one block open at a time, closed before the next begins. */
import type { FinishReason, NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import { writeEvent } from '../sse.ts'
import { writeAnthropicError } from './errors.ts'
import { writeAnthropicStop } from './stop-reason.ts'
import { writeAnthropicUsage } from './usage.ts'

export class AnthropicStreamWriter implements StreamWriter {
  readonly #about: ReplyAbout
  #block = -1
  /** `text`, `thinking` or the index of a tool call. */
  #open: string | null = null
  #usage: Usage | null = null
  #finish: FinishReason = 'stop'

  constructor(about: ReplyAbout) {
    this.#about = about
  }

  write(delta: NeutralDelta): string {
    switch (delta.type) {
      case 'start':
        return this.#start(delta.model)
      case 'refusal':
      case 'text':
        return this.#in('text', { type: 'text', text: '' }, { type: 'text_delta', text: delta.text })
      case 'reasoning':
        return this.#in(
          'thinking',
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: delta.text },
        )
      case 'tool_call':
        return this.#in(
          `tool ${delta.index}`,
          { type: 'tool_use', id: delta.id ?? '', name: delta.name ?? '', input: {} },
          delta.arguments ? { type: 'input_json_delta', partial_json: delta.arguments } : null,
        )
      case 'reasoning_end':
      case 'citation':
      case 'logprobs':
      case 'media':
      case 'other':
        return ''
      case 'usage':
        this.#usage = delta.usage
        return ''
      case 'finish':
        this.#finish = delta.reason
        return ''
      case 'error':
        return writeEvent(
          writeAnthropicError({ status: delta.status, code: 'upstream.failed', message: delta.message }),
          'error',
        )
    }
  }

  end(): string {
    const delta = { stop_reason: writeAnthropicStop(this.#finish), stop_sequence: null }
    const usage = writeAnthropicUsage(this.#usage)
    return this.#close() + typed({ type: 'message_delta', delta, usage }) + typed({ type: 'message_stop' })
  }

  #start(model: string): string {
    const message = {
      id: this.#about.id,
      type: 'message',
      role: 'assistant',
      model: model === '' ? this.#about.model : model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: writeAnthropicUsage(this.#usage),
    }
    return typed({ type: 'message_start', message })
  }

  #in(name: string, block: object, delta: object | null): string {
    let text = ''
    if (this.#open !== name) {
      text = this.#close()
      this.#open = name
      this.#block += 1
      text += typed({ type: 'content_block_start', index: this.#block, content_block: block })
    }
    return delta === null ? text : text + typed({ type: 'content_block_delta', index: this.#block, delta })
  }

  #close(): string {
    if (this.#open === null) return ''
    this.#open = null
    return typed({ type: 'content_block_stop', index: this.#block })
  }
}

function typed(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return writeEvent(event, event.type)
}
