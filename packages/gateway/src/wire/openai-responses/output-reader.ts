/**
 * Items of a response as deltas, whether they come piece by piece or whole.
 *
 * What a finished item says is taken only where its pieces have not said it: some servers send an item's text
 * or arguments in one piece at the end, some send no end. Items are told apart by their place in the output,
 * because some servers change their ids between events.
 */
import type { Citation, FinishReason, NeutralDelta } from '../../contract/neutral.ts'
import { type Fields, isFields, present, stringOr } from '../fields.ts'
import { ToolCallCount, withToolCalls } from '../tool-calls.ts'
import { textOfSummary } from './content.ts'
import { noteSearch, noteSearches } from './searches.ts'
import { parseResponsesUsage } from './usage.ts'

interface Heard {
  text: boolean
  cited: boolean
  /** Of the two places where thoughts stand, the one that was read. */
  thought: 'summary' | 'content' | null
  thoughtParts: number
  /** Arguments so far, and which call of the reply it is. */
  call: { readonly index: number; said: string } | null
}

export class OutputReader {
  readonly #out: NeutralDelta[]
  readonly #heard = new Map<number, Heard>()
  readonly #searches = new ToolCallCount()
  #calls = 0
  #refused = false
  #started = false

  constructor(out: NeutralDelta[]) {
    this.#out = out
  }

  start(response: Fields): void {
    if (this.#started) return
    this.#started = true
    this.#out.push({
      type: 'start',
      id: stringOr(response['id'], ''),
      model: stringOr(response['model'], ''),
    })
  }

  itemAdded(index: number, item: unknown): void {
    if (!isFields(item) || item['type'] !== 'function_call') return
    this.#openCall(index, item)
  }

  text(index: number, text: unknown, logprobs: unknown): void {
    if (typeof text === 'string' && text !== '') {
      this.#of(index).text = true
      this.#out.push({ type: 'text', text })
    }
    if (Array.isArray(logprobs) && logprobs.length > 0) {
      this.#out.push({ type: 'logprobs', content: logprobs.filter(isFields) })
    }
  }

  refusal(index: number, text: unknown): void {
    if (typeof text !== 'string' || text === '') return
    this.#of(index).text = true
    this.#refused = true
    this.#out.push({ type: 'refusal', text })
  }

  cite(index: number, annotation: unknown): void {
    const citation = isFields(annotation) ? readCitation(annotation) : null
    if (citation === null) return
    this.#of(index).cited = true
    this.#out.push({ type: 'citation', citation })
  }

  /** Parts of a summary are paragraphs. */
  thoughtPart(index: number): void {
    const heard = this.#of(index)
    if (heard.thoughtParts > 0) this.#out.push({ type: 'reasoning', text: '\n\n' })
    heard.thoughtParts += 1
  }

  thought(index: number, place: 'summary' | 'content', text: unknown): void {
    const heard = this.#of(index)
    heard.thought ??= place
    if (heard.thought !== place || typeof text !== 'string' || text === '') return
    heard.thoughtParts = Math.max(heard.thoughtParts, 1)
    this.#out.push({ type: 'reasoning', text })
  }

  callArguments(index: number, text: unknown): void {
    const call = this.#of(index).call
    if (call === null || typeof text !== 'string' || text === '') return
    call.said += text
    this.#out.push({ type: 'tool_call', index: call.index, arguments: text })
  }

  itemDone(index: number, item: unknown): void {
    if (!isFields(item)) return
    noteSearch(item, index, this.#searches)
    switch (item['type']) {
      case 'message':
        this.#messageDone(index, item)
        return
      case 'reasoning':
        this.#thoughtDone(index, item)
        return
      case 'function_call':
        this.#callDone(index, item)
        return
      case 'image_generation_call':
        this.#imageDone(item)
        return
      default:
        this.#otherDone(item)
    }
  }

  /** The end of a response: completed, incomplete or failed. */
  finish(response: Fields): void {
    this.start(response)
    const usage = parseResponsesUsage(response['usage'], response['service_tier'])
    noteSearches(response, this.#searches)
    if (usage !== null) {
      this.#out.push({ type: 'usage', usage: withToolCalls(usage, this.#searches.counts) })
    }
    const { error, status } = response
    if (status === 'failed' || isFields(error)) {
      this.#out.push(readFailure(isFields(error) ? error : {}))
      return
    }
    const reason = this.#reasonOf(response)
    this.#out.push({ type: 'finish', reason, raw: stringOr(status, 'completed') })
  }

  #of(index: number): Heard {
    let heard = this.#heard.get(index)
    if (heard === undefined) {
      heard = { text: false, cited: false, thought: null, thoughtParts: 0, call: null }
      this.#heard.set(index, heard)
    }
    return heard
  }

  #openCall(index: number, item: Fields): { readonly index: number; said: string } {
    const call = { index: this.#calls, said: stringOr(item['arguments'], '') }
    this.#of(index).call = call
    this.#calls += 1
    const id = stringOr(item['call_id'], stringOr(item['id'], ''))
    const name = stringOr(item['name'], '')
    this.#out.push({ type: 'tool_call', index: call.index, id, name, arguments: call.said })
    return call
  }

  #messageDone(index: number, item: Fields): void {
    const heard = this.#of(index)
    const { text: isSaid, cited: isCited } = heard
    const content: readonly unknown[] = Array.isArray(item['content']) ? item['content'] : []
    for (const part of content) {
      if (!isFields(part)) continue
      if (!isSaid) this.#partDone(index, part)
      if (isCited || !Array.isArray(part['annotations'])) continue
      for (const annotation of part['annotations']) this.cite(index, annotation)
    }
  }

  #partDone(index: number, part: Fields): void {
    if (part['type'] === 'refusal') this.refusal(index, part['refusal'])
    else this.text(index, part['text'], part['logprobs'])
  }

  #thoughtDone(index: number, item: Fields): void {
    const heard = this.#of(index)
    if (heard.thought === null) {
      const summary = textOfSummary(item['summary'])
      const place = summary.length > 0 ? 'summary' : 'content'
      for (const text of summary.length > 0 ? summary : textOfSummary(item['content'])) {
        this.thoughtPart(index)
        this.thought(index, place, text)
      }
    }
    const id = stringOr(item['id'], '')
    const secret = item['encrypted_content']
    this.#out.push(
      present<Extract<NeutralDelta, { type: 'reasoning_end' }>>({
        type: 'reasoning_end',
        id: id === '' ? undefined : id,
        signature: typeof secret === 'string' ? secret : undefined,
      }),
    )
  }

  #callDone(index: number, item: Fields): void {
    const call = this.#of(index).call ?? this.#openCall(index, item)
    const said = stringOr(item['arguments'], '')
    if (said.length > call.said.length && said.startsWith(call.said)) {
      this.callArguments(index, said.slice(call.said.length))
    }
  }

  #imageDone(item: Fields): void {
    if (typeof item['result'] !== 'string') return
    const mediaType = `image/${stringOr(item['output_format'], 'png')}`
    this.#out.push({ type: 'media', mediaType, data: item['result'], id: stringOr(item['id'], '') })
  }

  #otherDone(item: Fields): void {
    const kind = stringOr(item['type'], '')
    if (kind !== '') this.#out.push({ type: 'other', from: 'openai-responses', kind, value: item })
  }

  #reasonOf(response: Fields): FinishReason {
    const details = response['incomplete_details']
    if (response['status'] === 'incomplete' || isFields(details)) {
      const reason = isFields(details) ? details['reason'] : undefined
      return reason === 'content_filter' ? 'content_filter' : 'length'
    }
    if (this.#calls > 0) return 'tool_calls'
    return this.#refused ? 'refusal' : 'stop'
  }
}

export function readFailure(error: Fields): NeutralDelta {
  const nested = isFields(error['error']) ? error['error'] : error
  const code = stringOr(nested['code'], stringOr(nested['type'], ''))
  return present<Extract<NeutralDelta, { type: 'error' }>>({
    type: 'error',
    status: statusOf(code),
    message: stringOr(nested['message'], ''),
    code: code === '' ? undefined : code,
  })
}

/** What the provider would have answered before it began. */
function statusOf(code: string): number {
  if (/rate_limit|quota/.test(code)) return 429
  if (/overloaded|unavailable/.test(code)) return 503
  return /invalid|unsupported|image|content/.test(code) ? 400 : 502
}

function readCitation(annotation: Fields): Citation | null {
  const { url, title, filename, start_index: start, end_index: end } = annotation
  const name = typeof title === 'string' ? title : filename
  if (typeof url !== 'string' && typeof name !== 'string') return null
  return present<Citation>({
    url: typeof url === 'string' ? url : undefined,
    title: typeof name === 'string' ? name : undefined,
    start: typeof start === 'number' ? start : undefined,
    end: typeof end === 'number' ? end : undefined,
  })
}
