/**
 * Replies of Bedrock's Converse: events of a stream, and whole ones read as the stream that would have said them.
 *
 * Repaired on the way: text blocks that never begin or end, and calls whose arguments are nothing.
 */
import type { FinishDelta, NeutralDelta, ReasoningEnd } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, present, stringOr } from '../fields.ts'
import { isException, readBedrockError, statusOfException } from './errors.ts'
import { parseBedrockStop } from './stop-reason.ts'
import { parseBedrockUsage } from './usage.ts'

interface OpenCall {
  readonly index: number
  said: boolean
}

export class BedrockStreamReader implements StreamReader {
  readonly #calls = new Map<unknown, OpenCall>()
  #callCount = 0
  #started = false

  read(event: string, data: string): readonly NeutralDelta[] {
    const payload: unknown = JSON.parse(data)
    if (!isFields(payload)) throw new SyntaxError('an event is not an object')
    if (isException(event)) {
      const message = readBedrockError(payload) ?? ''
      return [{ type: 'error', status: statusOfException(event), message, code: event }]
    }
    const deltas: NeutralDelta[] = []
    if (!this.#started) {
      this.#started = true
      deltas.push({ type: 'start', id: '', model: '' })
    }
    this.#event(event, payload, deltas)
    return deltas
  }

  end(): readonly NeutralDelta[] {
    const deltas: NeutralDelta[] = []
    for (const index of this.#calls.keys()) this.#closeBlock(index, deltas)
    return deltas
  }

  #event(event: string, payload: Fields, deltas: NeutralDelta[]): void {
    const at = payload['contentBlockIndex']
    switch (event) {
      case 'contentBlockStart':
        this.#openBlock(at, payload['start'], deltas)
        return
      case 'contentBlockDelta':
        if (isFields(payload['delta'])) this.#delta(at, payload['delta'], deltas)
        return
      case 'contentBlockStop':
        this.#closeBlock(at, deltas)
        return
      case 'messageStop':
        deltas.push(readStop(payload))
        return
      case 'metadata': {
        const usage = parseBedrockUsage(payload['usage'], payload['serviceTier'])
        if (usage !== null) deltas.push({ type: 'usage', usage })
        return
      }
      default:
    }
  }

  #openBlock(at: unknown, start: unknown, deltas: NeutralDelta[]): void {
    const use = isFields(start) ? start['toolUse'] : undefined
    if (!isFields(use)) return
    const index = this.#callCount
    this.#callCount += 1
    this.#calls.set(at, { index, said: false })
    const id = stringOr(use['toolUseId'], '')
    deltas.push({ type: 'tool_call', index, id, name: stringOr(use['name'], ''), arguments: '' })
  }

  #delta(at: unknown, delta: Fields, deltas: NeutralDelta[]): void {
    const { text, toolUse, reasoningContent, citation, image } = delta
    if (typeof text === 'string' && text !== '') deltas.push({ type: 'text', text })
    if (isFields(toolUse)) this.#arguments(at, toolUse['input'], deltas)
    if (isFields(reasoningContent)) readReasoning(reasoningContent, deltas)
    if (isFields(citation)) deltas.push(readCitation(citation))
    if (isFields(image)) readImage(image, deltas)
  }

  #arguments(at: unknown, input: unknown, deltas: NeutralDelta[]): void {
    const call = this.#calls.get(at)
    if (call === undefined || typeof input !== 'string' || input === '') return
    call.said = true
    deltas.push({ type: 'tool_call', index: call.index, arguments: input })
  }

  #closeBlock(at: unknown, deltas: NeutralDelta[]): void {
    const call = this.#calls.get(at)
    this.#calls.delete(at)
    if (call !== undefined && !call.said)
      deltas.push({ type: 'tool_call', index: call.index, arguments: '{}' })
  }
}

function readStop(payload: Fields): FinishDelta {
  const raw = stringOr(payload['stopReason'], '')
  return present<FinishDelta>({
    type: 'finish',
    reason: parseBedrockStop(raw),
    raw,
    stopSequence: stopSequenceOf(payload['additionalModelResponseFields']),
  })
}

/** Models of Anthropic say there by which text they stopped. */
function stopSequenceOf(value: unknown): string | undefined {
  if (!isFields(value)) return undefined
  const delta = isFields(value['delta']) ? value['delta'] : value
  return typeof delta['stop_sequence'] === 'string' ? delta['stop_sequence'] : undefined
}

/** In a stream its fields stand alone; in a whole reply the text and its signature are one object. */
function readReasoning(content: Fields, deltas: NeutralDelta[]): void {
  const whole = isFields(content['reasoningText']) ? content['reasoningText'] : content
  const { text, signature } = whole
  if (typeof text === 'string' && text !== '') deltas.push({ type: 'reasoning', text })
  const redacted = content['redactedContent']
  const end = present<ReasoningEnd>({
    type: 'reasoning_end',
    signature: typeof signature === 'string' && signature !== '' ? signature : undefined,
    redacted: typeof redacted === 'string' ? redacted : undefined,
  })
  if (end.signature !== undefined || end.redacted !== undefined) deltas.push(end)
}

function readCitation(citation: Fields): NeutralDelta {
  const sources: readonly unknown[] = Array.isArray(citation['sourceContent'])
    ? citation['sourceContent']
    : []
  const text = sources.map((it) => (isFields(it) ? stringOr(it['text'], '') : '')).join('')
  const location = isFields(citation['location']) ? citation['location'] : {}
  const web = isFields(location['web']) ? location['web'] : {}
  const said = {
    url: typeof web['url'] === 'string' ? web['url'] : undefined,
    title: typeof citation['title'] === 'string' ? citation['title'] : undefined,
    text: text === '' ? undefined : text,
  }
  return { type: 'citation', citation: present(said) }
}

function readImage(image: Fields, deltas: NeutralDelta[]): void {
  const source = isFields(image['source']) ? image['source'] : {}
  const data = source['bytes']
  if (typeof data !== 'string') return
  deltas.push({ type: 'media', mediaType: `image/${stringOr(image['format'], 'png')}`, data })
}

export function parseBedrockReply(body: Fields): readonly NeutralDelta[] {
  const deltas: NeutralDelta[] = [{ type: 'start', id: '', model: '' }]
  const output = isFields(body['output']) ? body['output'] : {}
  const message = isFields(output['message']) ? output['message'] : {}
  const blocks: readonly unknown[] = Array.isArray(message['content']) ? message['content'] : []
  let calls = 0
  for (const block of blocks) {
    if (!isFields(block)) continue
    const use = block['toolUse']
    if (isFields(use)) {
      const id = stringOr(use['toolUseId'], '')
      const name = stringOr(use['name'], '')
      const input = JSON.stringify(use['input'] ?? {})
      deltas.push({ type: 'tool_call', index: calls, id, name, arguments: input })
      calls += 1
    } else readBlock(block, deltas)
  }
  const usage = parseBedrockUsage(body['usage'], body['serviceTier'])
  if (usage !== null) deltas.push({ type: 'usage', usage })
  deltas.push(readStop(body))
  return deltas
}

function readBlock(block: Fields, deltas: NeutralDelta[]): void {
  if (typeof block['text'] === 'string' && block['text'] !== '') {
    deltas.push({ type: 'text', text: block['text'] })
  }
  if (isFields(block['reasoningContent'])) readReasoning(block['reasoningContent'], deltas)
  if (isFields(block['image'])) readImage(block['image'], deltas)
  const cited = block['citationsContent']
  if (!isFields(cited)) return
  const contents: readonly unknown[] = Array.isArray(cited['content']) ? cited['content'] : []
  for (const it of contents) if (isFields(it)) readBlock({ text: it['text'] }, deltas)
  const citations: readonly unknown[] = Array.isArray(cited['citations']) ? cited['citations'] : []
  for (const it of citations) if (isFields(it)) deltas.push(readCitation(it))
}
