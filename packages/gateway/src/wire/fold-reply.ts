/**
 * Folds a stream of deltas into the replies it spells: what the writers of whole replies work from.
 *
 * The order of text, thoughts and calls is kept; neighbours of one kind become one part. A thought ends where
 * its end is said, or where something else begins.
 */
import type {
  Citation,
  FinishDelta,
  FinishReason,
  MediaDelta,
  NeutralDelta,
  OtherDelta,
  Usage,
} from '../contract/neutral.ts'
import type { Fields } from './fields.ts'

export interface FoldedText {
  readonly type: 'text'
  text: string
  readonly citations: Citation[]
}
export interface FoldedThought {
  readonly type: 'reasoning'
  text: string
  id?: string
  signature?: string
  redacted?: string
  ended: boolean
}
export interface FoldedCall {
  readonly type: 'tool_call'
  id: string
  name: string
  arguments: string
  signature?: string
  older?: true
}
export type FoldedPart =
  | FoldedText
  | FoldedThought
  | FoldedCall
  | { readonly type: 'refusal'; text: string }
  | MediaDelta
  | OtherDelta

export interface FoldedCandidate {
  readonly parts: FoldedPart[]
  readonly logprobs: Fields[]
  finish: FinishDelta | null
}

export interface FoldedReplies {
  readonly id: string
  readonly model: string
  readonly usage: Usage | null
  /** At least one. */
  readonly candidates: readonly FoldedCandidate[]
}

export function foldCandidates(deltas: readonly NeutralDelta[]): FoldedReplies {
  const candidates: Candidate[] = [new Candidate()]
  const about = { id: '', model: '' }
  let usage: Usage | null = null
  for (const delta of deltas) {
    if (delta.type === 'start') {
      about.id = delta.id
      about.model = delta.model
    } else if (delta.type === 'usage') usage = delta.usage
    else if (delta.type !== 'error') {
      const at = delta.candidate ?? 0
      if (!isCandidate(at)) continue
      while (candidates.length <= at) candidates.push(new Candidate())
      candidates[at]?.take(delta)
    }
  }
  return { ...about, usage, candidates }
}

/** More replies at once than anybody offers; a provider that counts beyond is mistaken, and must not fill the memory. */
const MOST_CANDIDATES = 128

function isCandidate(index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < MOST_CANDIDATES
}

type CandidateDelta = Exclude<NeutralDelta, { type: 'start' | 'usage' | 'error' }>

class Candidate implements FoldedCandidate {
  readonly parts: FoldedPart[] = []
  readonly logprobs: Fields[] = []
  finish: FinishDelta | null = null
  readonly #calls = new Map<number, FoldedCall>()

  take(delta: CandidateDelta): void {
    switch (delta.type) {
      case 'text':
        if (delta.text !== '') this.#text().text += delta.text
        break
      case 'refusal':
        this.#refusal().text += delta.text
        break
      case 'reasoning':
        this.#thought(delta.id).text += delta.text
        break
      case 'reasoning_end':
        this.#endThought(delta)
        break
      case 'tool_call':
        this.#call(delta)
        break
      case 'citation':
        this.#text().citations.push(delta.citation)
        break
      case 'logprobs':
        this.logprobs.push(...delta.content)
        break
      case 'finish':
        this.finish = delta
        break
      case 'media':
        this.#show(delta)
        break
      case 'other':
        this.parts.push(delta)
    }
  }

  #text(): FoldedText {
    const last = this.parts.at(-1)
    return last?.type === 'text' ? last : this.#add<FoldedText>({ type: 'text', text: '', citations: [] })
  }

  #refusal(): { text: string } {
    const last = this.parts.at(-1)
    return last?.type === 'refusal' ? last : this.#add({ type: 'refusal' as const, text: '' })
  }

  #thought(id: string | undefined): FoldedThought {
    const last = this.parts.at(-1)
    if (last?.type === 'reasoning' && !last.ended && (id === undefined || last.id === id)) return last
    const thought: FoldedThought = { type: 'reasoning', text: '', ended: false }
    if (id !== undefined) thought.id = id
    return this.#add(thought)
  }

  #endThought(end: Extract<NeutralDelta, { type: 'reasoning_end' }>): void {
    const thought = this.#thought(end.id)
    thought.ended = true
    if (end.signature !== undefined) thought.signature = end.signature
    if (end.redacted !== undefined) thought.redacted = end.redacted
  }

  /** Sound and what is said in it may come apart, and are one recording. */
  #show(delta: MediaDelta): void {
    const last = this.parts.at(-1)
    const isRest = last?.type === 'media' && last.mediaType === delta.mediaType && delta.data === ''
    if (!isRest) {
      this.parts.push(delta)
      return
    }
    const said =
      delta.transcript === undefined ? null : { transcript: (last.transcript ?? '') + delta.transcript }
    this.parts[this.parts.length - 1] = { ...last, ...delta, data: last.data, ...said }
  }

  #call(delta: Extract<NeutralDelta, { type: 'tool_call' }>): void {
    let call = this.#calls.get(delta.index)
    if (call === undefined) {
      call = this.#add<FoldedCall>({ type: 'tool_call', id: '', name: '', arguments: '' })
      this.#calls.set(delta.index, call)
    }
    call.id ||= delta.id ?? ''
    call.name ||= delta.name ?? ''
    call.arguments += delta.arguments ?? ''
    if (delta.signature !== undefined) call.signature = delta.signature
    if (delta.older === true) call.older = true
  }

  #add<Part extends FoldedPart>(part: Part): Part {
    this.parts.push(part)
    return part
  }
}

/** The first reply in short. */
export interface FoldedReply {
  readonly id: string
  readonly model: string
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly usage: Usage | null
  readonly finish: FinishReason
}

export function foldReply(deltas: readonly NeutralDelta[]): FoldedReply {
  const { id, model, usage, candidates } = foldCandidates(deltas)
  const [first] = candidates
  const parts = first?.parts ?? []
  return {
    id,
    model,
    text: textOf(parts, ['text', 'refusal', 'media']),
    reasoning: textOf(parts, ['reasoning']),
    toolCalls: parts
      .filter((it) => it.type === 'tool_call')
      .map((it) => ({ id: it.id, name: it.name, arguments: it.arguments })),
    usage,
    finish: first?.finish?.reason ?? 'stop',
  }
}

function textOf(parts: readonly FoldedPart[], types: readonly string[]): string {
  return parts.map((it) => (types.includes(it.type) ? saidIn(it) : '')).join('')
}

/** Of a recording, what is said in it. */
function saidIn(part: FoldedPart): string {
  if (part.type === 'media') return part.transcript ?? ''
  return 'text' in part ? part.text : ''
}
