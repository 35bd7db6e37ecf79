/**
 * Reads one candidate of a reply, whole or chunk by chunk: a whole reply is a stream of one chunk.
 *
 * Repaired on the way: calls without ids get some, and a call whose pieces never end is closed by what follows.
 */
import type { Citation, NeutralDelta, TextDelta, ToolCallDelta } from '../../contract/neutral.ts'
import { type Fields, isFields, present, stringOr } from '../fields.ts'
import { madeReplyId } from './call-ids.ts'
import { parseGrounding, parseRecited } from './citations.ts'
import { parseGeminiFinish } from './finish-reason.ts'
import { parseGeminiLogprobs } from './logprobs.ts'
import { PartialArgs } from './partial-args.ts'
import { camelFields } from './proto-fields.ts'

export class CandidateReader {
  readonly #index: number
  readonly #replyId: string
  /** Grounding counts from the beginning of the text. */
  #text = ''
  #calls = 0
  #open: PartialArgs | null = null
  #grounding: unknown = null
  #recited: unknown = null

  constructor(index: number, replyId: string) {
    this.#index = index
    this.#replyId = replyId
  }

  read(candidate: Fields, deltas: NeutralDelta[]): void {
    const it = camelFields(candidate)
    const content = isFields(it['content']) ? it['content'] : {}
    if (Array.isArray(content['parts'])) {
      for (const part of content['parts']) if (isFields(part)) this.#part(camelFields(part), deltas)
    }
    const logprobs = parseGeminiLogprobs(it['logprobsResult'])
    if (logprobs.length > 0) deltas.push(this.#of({ type: 'logprobs', content: logprobs }))
    // Each chunk repeats what is known so far, so only the last of them counts.
    this.#grounding = it['groundingMetadata'] ?? this.#grounding
    this.#recited = it['citationMetadata'] ?? this.#recited
    const reason = it['finishReason']
    if (typeof reason === 'string' && reason !== '') this.#finish(reason, deltas)
  }

  /** What the stream left open. */
  end(deltas: NeutralDelta[]): void {
    this.#closeCall(deltas)
  }

  #finish(reason: string, deltas: NeutralDelta[]): void {
    this.#closeCall(deltas)
    const cited: readonly Citation[] = [
      ...parseGrounding(this.#grounding, this.#text),
      ...parseRecited(this.#recited, this.#text),
    ]
    for (const citation of cited) deltas.push(this.#of({ type: 'citation', citation }))
    this.#grounding = null
    this.#recited = null
    deltas.push(this.#of({ type: 'finish', reason: parseGeminiFinish(reason, this.#calls > 0), raw: reason }))
  }

  #part(part: Fields, deltas: NeutralDelta[]): void {
    if (isFields(part['functionCall'])) {
      this.#call(camelFields(part['functionCall']), signatureOf(part), deltas)
      return
    }
    this.#closeCall(deltas)
    if (typeof part['text'] === 'string') {
      this.#said(part['text'], part, deltas)
      return
    }
    const blob = isFields(part['inlineData']) ? camelFields(part['inlineData']) : null
    if (blob !== null && part['thought'] !== true) {
      const mediaType = stringOr(blob['mimeType'], '')
      deltas.push(this.#of({ type: 'media', mediaType, data: stringOr(blob['data'], '') }))
      const signature = signatureOf(part)
      if (signature !== undefined) deltas.push(this.#of({ type: 'text', text: '', signature }))
      return
    }
    const kind = Object.keys(part).find((name) => isFields(part[name]))
    if (kind !== undefined) deltas.push(this.#of({ type: 'other', from: 'gemini', kind, value: part }))
  }

  #said(text: string, part: Fields, deltas: NeutralDelta[]): void {
    const signature = signatureOf(part)
    if (part['thought'] === true) {
      if (text !== '') deltas.push(this.#of({ type: 'reasoning', text }))
      if (signature !== undefined) deltas.push(this.#of({ type: 'reasoning_end', signature }))
      return
    }
    if (text === '' && signature === undefined) return
    this.#text += text
    deltas.push(this.#of(present<TextDelta>({ type: 'text', text, signature })))
  }

  /** A call comes whole, or begins with its name and goes on with pieces of its arguments. */
  #call(call: Fields, signature: string | undefined, deltas: NeutralDelta[]): void {
    const { name, id, args, partialArgs, willContinue } = call
    if (typeof name === 'string') {
      this.#closeCall(deltas)
      const isWhole = willContinue !== true && partialArgs === undefined
      deltas.push(
        this.#of(
          present<ToolCallDelta>({
            type: 'tool_call',
            index: this.#calls,
            id:
              typeof id === 'string' && id !== '' ? id : madeReplyId(this.#replyId, this.#index, this.#calls),
            name,
            arguments: isWhole ? JSON.stringify(args ?? {}) : '',
            signature,
          }),
        ),
      )
      this.#calls += 1
      if (isWhole) return
      this.#open = new PartialArgs(args)
    }
    if (this.#open === null) return
    if (Array.isArray(partialArgs)) this.#open.take(partialArgs)
    if (willContinue !== true) this.#closeCall(deltas)
  }

  #closeCall(deltas: NeutralDelta[]): void {
    const open = this.#open
    if (open === null) return
    this.#open = null
    deltas.push(this.#of({ type: 'tool_call', index: this.#calls - 1, arguments: open.toJson() }))
  }

  #of<Delta extends NeutralDelta>(delta: Delta): Delta {
    return this.#index === 0 ? delta : { ...delta, candidate: this.#index }
  }
}

function signatureOf(part: Fields): string | undefined {
  const signature = part['thoughtSignature']
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}
