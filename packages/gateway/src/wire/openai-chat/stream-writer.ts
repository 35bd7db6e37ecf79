/**
 * Deltas as OpenAI's stream events: role first, then text and tool calls, the finish reason, usage when it
 * was asked for, and `[DONE]`. Each of several replies is told as a choice of its own.
 */
import type { NeutralDelta, ToolCallDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import { type Fields, present } from '../fields.ts'
import { writeEvent } from '../sse.ts'
import { writeOpenAIError } from './errors.ts'
import { writeOpenAIEnd } from './finish-reason.ts'
import { writeOpenAIUsage } from './usage.ts'
import { callExtra, isCustomCall, writeCitation, writeMediaPiece, writeThoughtDetail } from './write-parts.ts'

export class OpenAIStreamWriter implements StreamWriter {
  readonly #about: ReplyAbout
  #model: string
  #usage: Usage | null = null
  /** Choices that have their role, and what each has thought so far since its last proof. */
  readonly #thoughts = new Map<number, { text: string; ended: number }>()

  /** Choices whose call is of the first form. */
  readonly #older = new Set<number>()

  constructor(about: ReplyAbout) {
    this.#about = about
    this.#model = about.model
  }

  write(delta: NeutralDelta): string {
    if (delta.type === 'start') {
      if (delta.model !== '') this.#model = delta.model
      return this.#role(0)
    }
    if (delta.type === 'usage') {
      this.#usage = delta.usage
      return ''
    }
    if (delta.type === 'error') {
      const { status, message } = delta
      return writeEvent(writeOpenAIError({ status, code: 'upstream.failed', message }))
    }
    return this.#ofChoice(delta, delta.candidate ?? 0)
  }

  end(): string {
    const usage =
      this.#about.streamUsage && this.#usage !== null
        ? writeEvent({ ...this.#chunk([]), usage: writeOpenAIUsage(this.#usage) })
        : ''
    return `${usage}data: [DONE]\n\n`
  }

  #ofChoice(delta: Exclude<NeutralDelta, { type: 'start' | 'usage' | 'error' }>, index: number): string {
    const role = this.#role(index)
    switch (delta.type) {
      case 'text':
        return delta.text === '' ? role : role + this.#choice(index, { content: delta.text })
      case 'refusal':
        return role + this.#choice(index, { refusal: delta.text })
      case 'reasoning':
        this.#thought(index).text += delta.text
        return role + this.#choice(index, { reasoning_content: delta.text })
      case 'reasoning_end':
        return role + this.#endThought(index, delta)
      case 'tool_call':
        return role + this.#choice(index, this.#call(index, delta))
      case 'citation': {
        const annotation = writeCitation(delta.citation)
        return annotation === null ? role : role + this.#choice(index, { annotations: [annotation] })
      }
      case 'logprobs':
        return role + this.#choice(index, {}, { logprobs: { content: delta.content, refusal: null } })
      case 'media':
        return role + this.#choice(index, writeMediaPiece(delta))
      case 'finish':
        return (
          role + this.#choice(index, {}, { finish_reason: writeOpenAIEnd(delta, this.#older.has(index)) })
        )
      case 'other':
        return isCustomCall(delta) ? role + this.#choice(index, { tool_calls: [delta.value] }) : role
    }
  }

  #call(index: number, delta: ToolCallDelta): Fields {
    if (delta.older === true) this.#older.add(index)
    if (!this.#older.has(index)) return { tool_calls: [writeCall(delta)] }
    return { function_call: present({ name: delta.name, arguments: delta.arguments }) }
  }

  #role(index: number): string {
    if (this.#thoughts.has(index)) return ''
    this.#thought(index)
    return this.#choice(index, { role: 'assistant', content: '', refusal: null })
  }

  #thought(index: number): { text: string; ended: number } {
    let thought = this.#thoughts.get(index)
    if (thought === undefined) {
      thought = { text: '', ended: 0 }
      this.#thoughts.set(index, thought)
    }
    return thought
  }

  #endThought(index: number, end: Extract<NeutralDelta, { type: 'reasoning_end' }>): string {
    const thought = this.#thought(index)
    const { text } = thought
    thought.text = ''
    const { id, signature, redacted } = end
    if (signature === undefined && redacted === undefined && id === undefined) return ''
    const detail = writeThoughtDetail({ text, id, signature, redacted }, thought.ended)
    thought.ended += 1
    return this.#choice(index, { reasoning_details: [detail] })
  }

  #choice(index: number, delta: Fields, more: Fields = {}): string {
    return writeEvent(this.#chunk([{ index, delta, logprobs: null, finish_reason: null, ...more }]))
  }

  #chunk(choices: readonly Fields[]): Fields {
    const { id, created } = this.#about
    return { id, object: 'chat.completion.chunk', created, model: this.#model, choices }
  }
}

function writeCall(delta: ToolCallDelta): Fields {
  const first = delta.id !== undefined || delta.name !== undefined
  return present({
    index: delta.index,
    id: delta.id,
    type: first ? 'function' : undefined,
    function: present({ name: delta.name, arguments: delta.arguments }),
    ...callExtra(delta.signature),
  })
}
