/**
 * Deltas as OpenAI's stream events: role first, then text and tool calls, the finish reason, usage when it
 * was asked for, and `[DONE]`.
 */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import { present } from '../fields.ts'
import { writeEvent } from '../sse.ts'
import { writeOpenAIError } from './errors.ts'
import { writeOpenAIFinish } from './finish-reason.ts'
import { writeOpenAIUsage } from './usage.ts'

export class OpenAIStreamWriter implements StreamWriter {
  readonly #about: ReplyAbout
  #model: string
  #usage: Usage | null = null

  constructor(about: ReplyAbout) {
    this.#about = about
    this.#model = about.model
  }

  write(delta: NeutralDelta): string {
    switch (delta.type) {
      case 'start':
        if (delta.model !== '') this.#model = delta.model
        return this.#choice({ role: 'assistant', content: '', refusal: null }, null)
      case 'text':
        return this.#choice({ content: delta.text }, null)
      case 'reasoning':
        return this.#choice({ reasoning_content: delta.text }, null)
      case 'tool_call':
        return this.#choice({ tool_calls: [writeCall(delta)] }, null)
      case 'finish':
        return this.#choice({}, writeOpenAIFinish(delta.reason))
      case 'usage':
        this.#usage = delta.usage
        return ''
      case 'refusal':
        return this.#choice({ refusal: delta.text }, null)
      case 'reasoning_end':
      case 'citation':
      case 'logprobs':
      case 'media':
      case 'other':
        return ''
      case 'error':
        return writeEvent(
          writeOpenAIError({ status: delta.status, code: 'upstream.failed', message: delta.message }),
        )
    }
  }

  end(): string {
    const usage =
      this.#about.streamUsage && this.#usage !== null
        ? writeEvent({ ...this.#chunk([]), usage: writeOpenAIUsage(this.#usage) })
        : ''
    return `${usage}data: [DONE]\n\n`
  }

  #choice(delta: object, finish: string | null): string {
    return writeEvent(this.#chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }]))
  }

  #chunk(choices: readonly object[]): object {
    const { id, created } = this.#about
    return { id, object: 'chat.completion.chunk', created, model: this.#model, choices }
  }
}

function writeCall(delta: Extract<NeutralDelta, { type: 'tool_call' }>): object {
  const first = delta.id !== undefined || delta.name !== undefined
  return present({
    index: delta.index,
    id: delta.id,
    type: first ? 'function' : undefined,
    function: present({ name: delta.name, arguments: delta.arguments }),
  })
}
