/**
 * Deltas as Anthropic's stream events. Blocks come one after another, each closed before the next begins; but
 * where pieces of several tool calls come by turns, a call whose input is not complete stays open beside.
 */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import type { Fields } from '../fields.ts'
import { writeEvent } from '../sse.ts'
import { writeAnthropicCitation } from './citations.ts'
import { writeAnthropicError } from './errors.ts'
import { writeAnthropicStop } from './stop-reason.ts'
import { writeAnthropicUsage } from './usage.ts'

type Finish = Extract<NeutralDelta, { type: 'finish' }>
type ToolCall = Extract<NeutralDelta, { type: 'tool_call' }>

interface CallBlock {
  readonly block: number
  input: string
  open: boolean
}

export class AnthropicStreamWriter implements StreamWriter {
  readonly #about: ReplyAbout
  readonly #calls = new Map<number, CallBlock>()
  #started = false
  #blocks = 0
  /** The block of text or thoughts that is open. */
  #open: 'text' | 'thinking' | null = null
  #usage: Usage | null = null
  #finish: Finish | null = null

  constructor(about: ReplyAbout) {
    this.#about = about
  }

  write(delta: NeutralDelta): string {
    if (delta.type === 'start') return this.#start(delta.model)
    if (delta.type === 'usage') {
      this.#usage = delta.usage
      return ''
    }
    if (delta.type === 'error') {
      const { status, message } = delta
      return writeEvent(writeAnthropicError({ status, code: 'upstream.failed', message }), 'error')
    }
    // Of several replies only the first can be told.
    return (delta.candidate ?? 0) === 0 ? this.#content(delta) : ''
  }

  end(): string {
    const { reason = 'stop', stopSequence } = this.#finish ?? {}
    const delta = {
      stop_reason: writeAnthropicStop(reason, stopSequence),
      stop_sequence: stopSequence ?? null,
    }
    return (
      this.#start('') +
      this.#closeAll() +
      typed({ type: 'message_delta', delta, usage: writeAnthropicUsage(this.#usage) }) +
      typed({ type: 'message_stop' })
    )
  }

  #content(delta: Exclude<NeutralDelta, { type: 'start' | 'usage' | 'error' }>): string {
    switch (delta.type) {
      case 'text':
      case 'refusal':
        return this.#say(delta.text)
      case 'reasoning':
        return this.#in('thinking') + this.#piece({ type: 'thinking_delta', thinking: delta.text })
      case 'reasoning_end':
        return this.#endThought(delta)
      case 'citation': {
        const citation = writeAnthropicCitation(delta.citation)
        return citation === null ? '' : this.#in('text') + this.#piece({ type: 'citations_delta', citation })
      }
      case 'tool_call':
        return this.#call(delta)
      case 'finish':
        this.#finish = delta
        return ''
      case 'other':
        return delta.from === 'anthropic-messages' ? this.#whole(delta.value) : ''
      case 'media':
        return this.#say(delta.transcript ?? '')
      case 'logprobs':
        return ''
    }
  }

  #say(text: string): string {
    return text === '' ? '' : this.#in('text') + this.#piece({ type: 'text_delta', text })
  }

  #start(model: string): string {
    if (this.#started) return ''
    this.#started = true
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

  #in(name: 'text' | 'thinking'): string {
    if (this.#open === name) return ''
    const closed = this.#closeAll()
    this.#open = name
    const block = name === 'text' ? { type: name, text: '' } : { type: name, thinking: '', signature: '' }
    return closed + this.#begin(block)
  }

  #endThought({ signature, redacted }: Extract<NeutralDelta, { type: 'reasoning_end' }>): string {
    if (redacted !== undefined) return this.#whole({ type: 'redacted_thinking', data: redacted })
    if (signature === undefined) return this.#open === 'thinking' ? this.#closeText() : ''
    return this.#in('thinking') + this.#piece({ type: 'signature_delta', signature }) + this.#closeText()
  }

  #call(delta: ToolCall): string {
    const known = this.#calls.get(delta.index)
    if (known !== undefined) return known.open ? inputPiece(known, delta.arguments) : ''
    const closed = this.#closeText() + this.#closeCalls((it) => isWhole(it.input))
    const call = { block: this.#blocks, input: '', open: true }
    this.#calls.set(delta.index, call)
    const block = { type: 'tool_use', id: delta.id ?? '', name: delta.name ?? '', input: {} }
    return closed + this.#begin(block) + inputPiece(call, delta.arguments)
  }

  #whole(block: Fields): string {
    const closed = this.#closeAll()
    const index = this.#blocks
    return closed + this.#begin(block) + typed({ type: 'content_block_stop', index })
  }

  #begin(block: Fields): string {
    const index = this.#blocks
    this.#blocks += 1
    return typed({ type: 'content_block_start', index, content_block: block })
  }

  /** Of the block that was begun last. */
  #piece(delta: Fields): string {
    return typed({ type: 'content_block_delta', index: this.#blocks - 1, delta })
  }

  #closeAll(): string {
    return this.#closeText() + this.#closeCalls(() => true)
  }

  #closeText(): string {
    if (this.#open === null) return ''
    this.#open = null
    return typed({ type: 'content_block_stop', index: this.#blocks - 1 })
  }

  #closeCalls(which: (it: CallBlock) => boolean): string {
    let text = ''
    for (const call of this.#calls.values()) {
      if (!call.open || !which(call)) continue
      call.open = false
      text += typed({ type: 'content_block_stop', index: call.block })
    }
    return text
  }
}

function inputPiece(call: CallBlock, text: string | undefined): string {
  if (text === undefined || text === '') return ''
  call.input += text
  const delta = { type: 'input_json_delta', partial_json: text }
  return typed({ type: 'content_block_delta', index: call.block, delta })
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function typed(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return writeEvent(event, event.type)
}
