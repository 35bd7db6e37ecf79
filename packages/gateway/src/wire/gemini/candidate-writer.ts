/**
 * Writes one candidate of a reply, for a whole one and for a stream: deltas in, parts out.
 *
 * Google's function calls are whole, so a call whose arguments come in pieces is held until something else
 * follows; where another call follows, until its arguments are whole, for calls may come by turns. What closes a candidate
 * (reason, sources, probabilities) is kept for its last chunk.
 */
import type {
  Citation,
  FinishDelta,
  MediaDelta,
  NeutralDelta,
  ToolCallDelta,
} from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { isMadeId } from './call-ids.ts'
import { writeGrounding } from './citations.ts'
import { PROMPT_BLOCKED, writeGeminiFinish } from './finish-reason.ts'
import { writeGeminiLogprobs } from './logprobs.ts'

interface HeldCall {
  readonly index: number
  id: string | undefined
  name: string
  args: string
  signature: string | undefined
}

export class CandidateWriter {
  readonly index: number
  /** Those that are not written yet, in the order in which they began. */
  #calls: HeldCall[] = []
  #text = ''
  #finish: FinishDelta | null = null
  #citations: Citation[] = []
  #logprobs: Fields[] = []

  constructor(index: number) {
    this.index = index
  }

  /** The parts that are complete with this delta. */
  take(delta: NeutralDelta): Fields[] {
    if (delta.type === 'tool_call') return this.#takeCall(delta)
    if (delta.type === 'citation') this.#citations.push(delta.citation)
    else if (delta.type === 'logprobs') this.#logprobs.push(...delta.content)
    else if (delta.type === 'finish') this.#finish = delta
    else return [...this.flush(), ...this.#plain(delta)]
    return []
  }

  /** What is held back. */
  flush(): Fields[] {
    return this.#calls.splice(0).map(writeCall)
  }

  /** Fields of the candidate beside its content, once it is over. */
  closing(): Fields {
    const finish = this.#finish
    return present({
      finishReason: finish === null ? 'STOP' : writeGeminiFinish(finish.reason, finish.raw),
      groundingMetadata: this.#citations.length > 0 ? writeGrounding(this.#citations, this.#text) : undefined,
      logprobsResult: this.#logprobs.length > 0 ? writeGeminiLogprobs(this.#logprobs) : undefined,
    })
  }

  /** Why the prompt was blocked, when it was. */
  get blocked(): string | null {
    const raw = this.#finish?.raw
    return raw?.startsWith(PROMPT_BLOCKED) === true ? raw.slice(PROMPT_BLOCKED.length) : null
  }

  #plain(delta: NeutralDelta): Fields[] {
    switch (delta.type) {
      case 'text':
        this.#text += delta.text
        return [present({ text: delta.text, thoughtSignature: delta.signature })]
      case 'refusal':
        this.#text += delta.text
        return [{ text: delta.text }]
      case 'reasoning':
        return [{ text: delta.text, thought: true }]
      case 'reasoning_end':
        return delta.signature === undefined
          ? []
          : [{ text: '', thought: true, thoughtSignature: delta.signature }]
      case 'media':
        return this.#show(delta)
      case 'other':
        return delta.from === 'gemini' ? [delta.value] : []
      case 'start':
      case 'tool_call':
      case 'citation':
      case 'logprobs':
      case 'usage':
      case 'finish':
      case 'error':
        return []
    }
  }

  /** Google has no place beside a sound for what is said in it. */
  #show({ mediaType, data, transcript = '' }: MediaDelta): Fields[] {
    this.#text += transcript
    const sound = data === '' ? [] : [{ inlineData: { mimeType: mediaType, data } }]
    return transcript === '' ? sound : [...sound, { text: transcript }]
  }

  #takeCall(delta: ToolCallDelta): Fields[] {
    const held = this.#calls.find((it) => it.index === delta.index)
    if (held !== undefined) {
      held.args += delta.arguments ?? ''
      held.id ??= delta.id
      held.signature ??= delta.signature
      return []
    }
    const open = this.#calls.findIndex((it) => !isWhole(it.args))
    const whole = this.#calls.splice(0, open === -1 ? this.#calls.length : open).map(writeCall)
    const { index, id, name = '', arguments: args = '', signature } = delta
    this.#calls.push({ index, id, name, args, signature })
    return whole
  }
}

function writeCall({ id: said, name, args, signature }: HeldCall): Fields {
  const id = said === undefined || said === '' || isMadeId(said) ? undefined : said
  const functionCall = present({ id, name, args: parseArgs(args) })
  return present({ functionCall, thoughtSignature: signature })
}

/** Nothing can follow what is the whole of an object. */
function isWhole(args: string): boolean {
  try {
    return isFields(JSON.parse(args))
  } catch {
    return false
  }
}

/** A model may write what is no JSON; Google's form has no place for that but a text. */
function parseArgs(text: string): Fields {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : { value }
  } catch {
    return { unparsed: text }
  }
}
