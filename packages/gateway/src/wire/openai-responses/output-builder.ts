/**
 * Deltas as the events of a response, in the order that its clients insist on: created, in progress; each item
 * added, filled part by part, done; completed, incomplete or failed. Every event that names an item comes
 * after the one that added it, and every item is done before the response is.
 *
 * A whole reply is the last event's response, so whole and streamed cannot differ. Tool calls stay open until
 * the end, because providers may interleave their pieces; all else is closed by what follows it. Of several
 * candidates only the first is written: this format has one reply.
 */
import type { FinishReason, NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import type { Fields } from '../fields.ts'
import { errorEvent } from './errors.ts'
import {
  type CallItem,
  type ItemStatus,
  type MessageItem,
  type MessagePart,
  type OutputItem,
  type ReasoningItem,
  writeCitation,
  writeItem,
  writePart,
} from './output-items.ts'
import { writeResponseObject } from './response-object.ts'

export type TakeEvent = (event: Fields & { readonly type: string }) => void

type Failure = Extract<NeutralDelta, { type: 'error' }>
type ToolCall = Extract<NeutralDelta, { type: 'tool_call' }>

export class OutputBuilder {
  readonly #about: ReplyAbout
  readonly #emit: TakeEvent
  readonly #items: OutputItem[] = []
  readonly #calls = new Map<number, CallItem>()
  readonly #done: Fields[] = []
  /** The message or thought that is being said. */
  #open: MessageItem | ReasoningItem | null = null
  #model: string
  #usage: Usage | null = null
  #finish: FinishReason = 'stop'
  #sequence = 0
  #started = false
  #ended = false

  constructor(about: ReplyAbout, emit: TakeEvent) {
    this.#about = about
    this.#emit = emit
    this.#model = about.model
  }

  take(delta: NeutralDelta): void {
    if (this.#ended || ('candidate' in delta && (delta.candidate ?? 0) > 0)) return
    if (delta.type === 'start' && delta.model !== '') this.#model = delta.model
    this.#start()
    switch (delta.type) {
      case 'start':
        return
      case 'text':
        return this.#say('output_text', delta.text)
      case 'refusal':
        return this.#say('refusal', delta.text)
      case 'reasoning':
        return this.#think(delta.text)
      case 'reasoning_end':
        return this.#endThought(delta.signature ?? delta.redacted)
      case 'tool_call':
        return this.#call(delta)
      case 'citation':
        return this.#cite(delta.citation)
      case 'logprobs':
        return this.#addLogprobs(delta.content)
      case 'media':
        return this.#show(delta)
      case 'other':
        return this.#pass(delta)
      case 'usage':
        this.#usage = delta.usage
        return
      case 'finish':
        this.#finish = delta.reason
        return
      case 'error':
        this.#fail(delta)
    }
  }

  /** The last event, and the response that it carries; `null` when it has failed before. */
  end(): Record<string, unknown> | null {
    if (this.#ended) return null
    this.#start()
    this.#ended = true
    const reason = incompleteReason(this.#finish)
    const status = reason === undefined ? 'completed' : 'incomplete'
    this.#closeAll(status)
    const response = this.#response({ status, ...(reason === undefined ? {} : { reason }) })
    this.#send({ type: `response.${status}`, response })
    return response
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    const response = this.#response({ status: 'in_progress' })
    this.#send({ type: 'response.created', response })
    this.#send({ type: 'response.in_progress', response })
  }

  #response(state: {
    readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
    readonly reason?: string
    readonly error?: { readonly code: string; readonly message: string }
  }): Record<string, unknown> {
    const usage = state.status === 'in_progress' ? null : this.#usage
    return writeResponseObject(this.#about, { model: this.#model, output: [...this.#done], usage, ...state })
  }

  #send(event: Fields & { readonly type: string }): void {
    this.#emit({ ...event, sequence_number: this.#sequence })
    this.#sequence += 1
  }

  // Items.

  #idOf(prefix: string): { id: string; index: number } {
    const index = this.#items.length
    const own = this.#about.id.replace(/^resp_/, '')
    return { id: `${prefix}_${own}_${index}`, index }
  }

  #add<Item extends OutputItem>(item: Item): Item {
    this.#items.push(item)
    const added = writeItem(item, 'in_progress')
    this.#send({ type: 'response.output_item.added', output_index: item.index, item: added })
    return item
  }

  #finishItem(item: OutputItem, status: ItemStatus): void {
    const done = writeItem(item, status)
    this.#done[item.index] = done
    this.#send({ type: 'response.output_item.done', output_index: item.index, item: done })
  }

  #say(type: MessagePart['type'], text: string): void {
    if (text === '') return
    const { message, part } = this.#partOf(type)
    part.text += text
    this.#send({
      type: type === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta',
      ...at(message),
      delta: text,
      ...(type === 'refusal' ? {} : { logprobs: [] }),
    })
  }

  /** The open part of this type, opened if it is not. */
  #partOf(type: MessagePart['type']): { readonly message: MessageItem; readonly part: MessagePart } {
    const message = this.#open?.kind === 'message' ? this.#open : this.#openItem(this.#messageItem())
    const last = message.isOpen ? message.parts.at(-1) : undefined
    if (last?.type === type) return { message, part: last }
    this.#closePart(message)
    const part: MessagePart = { type, text: '', annotations: [], logprobs: [] }
    message.parts.push(part)
    message.isOpen = true
    this.#send({ type: 'response.content_part.added', ...at(message), part: writePart(part) })
    return { message, part }
  }

  #messageItem(): MessageItem {
    return { kind: 'message', ...this.#idOf('msg'), parts: [], isOpen: false }
  }

  #openItem<Item extends MessageItem | ReasoningItem>(item: Item): Item {
    this.#closeOpen('completed')
    // The id was counted before what stood open was closed, which adds none.
    this.#open = item
    return this.#add(item)
  }

  #closePart(message: MessageItem): void {
    const part = message.isOpen ? message.parts.at(-1) : undefined
    if (part === undefined) return
    const place = at(message)
    if (part.type === 'refusal') this.#send({ type: 'response.refusal.done', ...place, refusal: part.text })
    else {
      const { text, logprobs } = part
      this.#send({ type: 'response.output_text.done', ...place, text, logprobs })
    }
    this.#send({ type: 'response.content_part.done', ...place, part: writePart(part) })
    message.isOpen = false
  }

  #think(text: string): void {
    if (text === '') return
    const item = this.#thought()
    const place = { item_id: item.id, output_index: item.index, summary_index: 0 }
    if (item.text === '') {
      const part = { type: 'summary_text', text: '' }
      this.#send({ type: 'response.reasoning_summary_part.added', ...place, part })
    }
    item.text += text
    this.#send({ type: 'response.reasoning_summary_text.delta', ...place, delta: text })
  }

  #thought(): ReasoningItem {
    if (this.#open?.kind === 'reasoning') return this.#open
    return this.#openItem({ kind: 'reasoning', ...this.#idOf('rs'), text: '', signature: undefined })
  }

  #endThought(signature: string | undefined): void {
    if (this.#open?.kind !== 'reasoning' && signature === undefined) return
    this.#thought().signature = signature
    this.#closeOpen('completed')
  }

  #closeOpen(status: ItemStatus): void {
    const item = this.#open
    if (item === null) return
    this.#open = null
    if (item.kind === 'message') this.#closePart(item)
    else this.#closeThought(item)
    this.#finishItem(item, status)
  }

  #closeThought(item: ReasoningItem): void {
    if (item.text === '') return
    const place = { item_id: item.id, output_index: item.index, summary_index: 0 }
    const { text } = item
    this.#send({ type: 'response.reasoning_summary_text.done', ...place, text })
    this.#send({
      type: 'response.reasoning_summary_part.done',
      ...place,
      part: { type: 'summary_text', text },
    })
  }

  #call(delta: ToolCall): void {
    this.#closeOpen('completed')
    const item = this.#calls.get(delta.index) ?? this.#openCall(delta)
    const text = delta.arguments ?? ''
    if (text === '') return
    item.arguments += text
    this.#send({
      type: 'response.function_call_arguments.delta',
      item_id: item.id,
      output_index: item.index,
      delta: text,
    })
  }

  #openCall(delta: ToolCall): CallItem {
    const place = this.#idOf('fc')
    const callId = delta.id === undefined || delta.id === '' ? `call_${place.id}` : delta.id
    const item: CallItem = { kind: 'call', ...place, callId, name: delta.name ?? '', arguments: '' }
    this.#calls.set(delta.index, item)
    return this.#add(item)
  }

  #closeAll(status: 'completed' | 'incomplete'): void {
    this.#closeOpen(status)
    for (const item of this.#calls.values()) {
      const { id, index, arguments: text, name } = item
      this.#send({
        type: 'response.function_call_arguments.done',
        item_id: id,
        output_index: index,
        name,
        arguments: text,
      })
      this.#finishItem(item, status)
    }
  }

  #cite(citation: Extract<NeutralDelta, { type: 'citation' }>['citation']): void {
    const { message, part } = this.#partOf('output_text')
    const annotation = writeCitation(citation, part.text.length)
    part.annotations.push(annotation)
    this.#send({
      type: 'response.output_text.annotation.added',
      ...at(message),
      annotation_index: part.annotations.length - 1,
      annotation,
    })
  }

  /** An event of its own, without text: the text they belong to has gone already. */
  #addLogprobs(content: readonly Fields[]): void {
    const { message, part } = this.#partOf('output_text')
    part.logprobs.push(...content)
    this.#send({ type: 'response.output_text.delta', ...at(message), delta: '', logprobs: content })
  }

  /** Images are items. Audio is none in this format; what was said in it is. */
  #show(delta: Extract<NeutralDelta, { type: 'media' }>): void {
    if (!delta.mediaType.startsWith('image/')) {
      if (delta.transcript !== undefined) this.#say('output_text', delta.transcript)
      return
    }
    this.#closeOpen('completed')
    const format = delta.mediaType.slice('image/'.length)
    const item = this.#add({ kind: 'image', ...this.#idOf('ig'), data: delta.data, format })
    this.#finishItem(item, 'completed')
  }

  /** Whole, without the events in between that its kind has: clients read the item. */
  #pass({ from, value }: Extract<NeutralDelta, { type: 'other' }>): void {
    if (from !== 'openai-responses') return
    this.#closeOpen('completed')
    const place = this.#idOf('it')
    const id = typeof value['id'] === 'string' ? value['id'] : place.id
    this.#finishItem(this.#add({ kind: 'own', index: place.index, id, value }), 'completed')
  }

  #fail(failure: Failure): void {
    this.#ended = true
    const { status, message } = failure
    const code = failure.code ?? 'server_error'
    const event = errorEvent({ status, code, message }, this.#sequence)
    this.#send({ ...event, type: 'error' })
    this.#send({
      type: 'response.failed',
      response: this.#response({ status: 'failed', error: { code, message } }),
    })
  }
}

function at(message: MessageItem): Fields {
  const index = message.isOpen ? message.parts.length - 1 : message.parts.length
  return { item_id: message.id, output_index: message.index, content_index: Math.max(0, index) }
}

function incompleteReason(finish: FinishReason): string | undefined {
  if (finish === 'length' || finish === 'context_length') return 'max_output_tokens'
  return finish === 'content_filter' ? finish : undefined
}
