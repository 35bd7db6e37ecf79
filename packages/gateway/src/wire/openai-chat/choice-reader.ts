/**
 * One choice of a reply, whole or piece by piece: messages and their deltas have the same fields.
 *
 * Read leniently, because most servers that speak this format are not OpenAI's: calls of tools come without an
 * index, all with the same one, or without an id; content comes as a list; thoughts have three names. What a
 * caller gets is one sequence of well-formed calls in any case.
 */
import type { Citation, NeutralDelta } from '../../contract/neutral.ts'
import { type Fields, isFields, present, stringOr } from '../fields.ts'
import { failureOf, parseOpenAIFinish } from './finish-reason.ts'

interface KnownCall {
  readonly index: number
  readonly id: string
}

export class ChoiceReader {
  readonly #candidate: { readonly candidate?: number }
  readonly #byIndex = new Map<number, KnownCall>()
  readonly #byId = new Map<string, KnownCall>()
  /** Calls of tools that take a text, by their place in the stream. */
  readonly #customs = new Map<number, Fields>()
  #last: KnownCall | null = null
  #calls = 0
  #finished = false

  constructor(index: number) {
    this.#candidate = index === 0 ? {} : { candidate: index }
  }

  /** `message` is a whole message or a delta of one; `replyId` makes ids of calls that have none. */
  read(choice: Fields, message: Fields, replyId: string): NeutralDelta[] {
    const deltas: NeutralDelta[] = []
    this.#readThoughts(message, deltas)
    this.#readContent(message['content'], deltas)
    const refusal = stringOr(message['refusal'], '')
    if (refusal !== '') deltas.push({ type: 'refusal', text: refusal, ...this.#candidate })
    this.#readMedia(message, deltas)
    for (const call of listOf(message['tool_calls'])) {
      const delta = this.#readCall(call, replyId)
      if (delta !== null) deltas.push(delta)
    }
    if (isFields(message['function_call'])) {
      const call = { index: 0, function: message['function_call'] }
      const delta = this.#readCall(call, replyId, true)
      if (delta !== null) deltas.push(delta)
    }
    for (const citation of listOf(message['annotations']).map(parseCitation)) {
      if (citation !== null) deltas.push({ type: 'citation', citation, ...this.#candidate })
    }
    this.#readEnd(choice, deltas)
    return deltas
  }

  #readThoughts(message: Fields, deltas: NeutralDelta[]): void {
    const said = message['reasoning_content'] ?? message['reasoning']
    const text = typeof said === 'string' ? said : ''
    if (text !== '') deltas.push({ type: 'reasoning', text, ...this.#candidate })
    for (const detail of listOf(message['reasoning_details'])) {
      const shown = stringOr(detail['text'], '') || stringOr(detail['summary'], '')
      if (text === '' && shown !== '') deltas.push({ type: 'reasoning', text: shown, ...this.#candidate })
      const signature = textOrNone(detail['signature'])
      const redacted = textOrNone(detail['data'])
      if (signature === undefined && redacted === undefined) continue
      const id = textOrNone(detail['id'])
      deltas.push(present({ type: 'reasoning_end' as const, id, signature, redacted, ...this.#candidate }))
    }
  }

  #readContent(content: unknown, deltas: NeutralDelta[]): void {
    if (typeof content === 'string') {
      if (content !== '') deltas.push({ type: 'text', text: content, ...this.#candidate })
      return
    }
    for (const part of listOf(content)) {
      const text = stringOr(part['text'], '')
      if (part['type'] === 'thinking') {
        const thought = listOf(part['thinking'])
          .map((it) => stringOr(it['text'], ''))
          .join('')
        if (thought !== '') deltas.push({ type: 'reasoning', text: thought, ...this.#candidate })
      } else if (text !== '') deltas.push({ type: 'text', text, ...this.#candidate })
    }
  }

  #readMedia(message: Fields, deltas: NeutralDelta[]): void {
    if (isFields(message['audio'])) this.#readAudio(message['audio'], deltas)
    for (const image of listOf(message['images'])) {
      const url = isFields(image['image_url']) ? stringOr(image['image_url']['url'], '') : ''
      const found = /^data:([^;,]+);base64,/.exec(url)
      if (found === null) continue
      const data = url.slice(found[0].length)
      deltas.push({ type: 'media', mediaType: found[1] ?? '', data, ...this.#candidate })
    }
  }

  /** In a stream its id, its sound, what is said in it and its end come in pieces of their own. */
  #readAudio(audio: Fields, deltas: NeutralDelta[]): void {
    const expiresAt = audio['expires_at']
    const read = present({
      id: textOrNone(audio['id']),
      transcript: textOrNone(audio['transcript']),
      expiresAt: typeof expiresAt === 'number' ? expiresAt : undefined,
    })
    const data = stringOr(audio['data'], '')
    if (data === '' && Object.keys(read).length === 0) return
    deltas.push({ type: 'media', mediaType: 'audio/wav', data, ...read, ...this.#candidate })
  }

  /** Of a call of a tool that takes a text. In a stream it is held until it is whole: no other format has such. */
  #readCustom(call: Fields): NeutralDelta | null {
    const at = call['index']
    if (typeof at !== 'number') return this.#custom(call)
    const known = this.#customs.get(at)
    if (known === undefined) {
      this.#calls += 1
      this.#customs.set(at, call)
      return null
    }
    const [before, more] = [fieldsOr(known['custom']), fieldsOr(call['custom'])]
    const name = stringOr(before['name'], '') || stringOr(more['name'], '')
    const input = stringOr(before['input'], '') + stringOr(more['input'], '')
    this.#customs.set(at, { ...known, custom: { ...before, name, input } })
    return null
  }

  #custom(value: Fields): NeutralDelta {
    return { type: 'other', from: 'openai-chat', kind: 'custom', value, ...this.#candidate }
  }

  #readCall(call: Fields, replyId: string, older?: true): NeutralDelta | null {
    const at = call['index']
    const isCustom = call['type'] === 'custom' || (typeof at === 'number' && this.#customs.has(at))
    if (isCustom) return this.#readCustom(call)
    const named = isFields(call['function']) ? call['function'] : {}
    const said = named['arguments']
    const text = typeof said === 'string' ? said : isFields(said) ? JSON.stringify(said) : undefined
    const name = stringOr(named['name'], '')
    const known = this.#known(call, name)
    if (known !== null && text === undefined) return null
    const { index, id } = known ?? this.#open(call, replyId)
    const first = known === null ? { id, name } : null
    const signature = signatureOf(call)
    return present({
      type: 'tool_call' as const,
      index,
      ...first,
      arguments: text,
      signature,
      older,
      ...this.#candidate,
    })
  }

  /** The call that a piece goes on with; `null` when it begins one. */
  #known(call: Fields, name: string): KnownCall | null {
    const id = stringOr(call['id'], '')
    const at = call['index']
    if (typeof at !== 'number') {
      if (id !== '') return this.#byId.get(id) ?? null
      return name === '' ? this.#last : null
    }
    const here = this.#byIndex.get(at)
    if (here === undefined) return null
    const isAnother = id !== '' && id !== here.id && name !== ''
    return isAnother ? (this.#byId.get(id) ?? null) : here
  }

  #open(call: Fields, replyId: string): KnownCall {
    const index = this.#calls
    this.#calls += 1
    const opened = { index, id: stringOr(call['id'], '') || `call_${replyId}_${index}` }
    if (typeof call['index'] === 'number') this.#byIndex.set(call['index'], opened)
    this.#byId.set(opened.id, opened)
    this.#last = opened
    return opened
  }

  #readEnd(choice: Fields, deltas: NeutralDelta[]): void {
    const logprobs = isFields(choice['logprobs']) ? listOf(choice['logprobs']['content']) : []
    if (logprobs.length > 0) deltas.push({ type: 'logprobs', content: logprobs, ...this.#candidate })
    const raw = choice['finish_reason']
    if (typeof raw !== 'string' || raw === '' || this.#finished) return
    this.#finished = true
    for (const it of this.#customs.values()) deltas.push(this.#custom(it))
    const parsed = parseOpenAIFinish(raw)
    // Some servers say `stop` when the model waits for its tools.
    const reason = parsed === 'stop' && this.#calls > 0 ? 'tool_calls' : parsed
    if (reason === 'error') deltas.push({ type: 'finish', ...failureOf(choice), raw, ...this.#candidate })
    else deltas.push({ type: 'finish', reason, raw, ...this.#candidate })
  }
}

function parseCitation(annotation: Fields): Citation | null {
  const it = annotation['url_citation']
  if (!isFields(it)) return null
  return present<Citation>({
    url: textOrNone(it['url']),
    title: textOrNone(it['title']),
    text: textOrNone(it['content']),
    start: typeof it['start_index'] === 'number' ? it['start_index'] : undefined,
    end: typeof it['end_index'] === 'number' ? it['end_index'] : undefined,
  })
}

/** Where Google's own servers of this format put what proves a call. */
export function signatureOf(call: Fields): string | undefined {
  const extra = call['extra_content']
  const google = isFields(extra) ? extra['google'] : undefined
  return isFields(google) ? textOrNone(google['thought_signature']) : undefined
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function fieldsOr(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
