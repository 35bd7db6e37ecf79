/** Events of a streamed chat completion, as deltas. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { isFailureEvent } from '../failure-scan.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { ChoiceReader } from './choice-reader.ts'
import { readOpenAIError } from './errors.ts'
import { parseOpenAIUsage } from './usage.ts'

const NONE: readonly NeutralDelta[] = []
/** More replies at once than anybody offers; beyond it an index is a fault. */
const MOST_CHOICES = 128

export class OpenAIStreamReader implements StreamReader {
  readonly #choices = new Map<number, ChoiceReader>()
  #started = false
  #id = ''
  #sources = false

  read(_event: string, data: string): readonly NeutralDelta[] {
    if (data === '[DONE]' || data.trim() === '') return NONE
    const chunk: unknown = JSON.parse(data)
    if (!isFields(chunk)) throw new SyntaxError('an event is not an object')
    if (isFailureEvent(chunk)) {
      const { error = chunk } = chunk
      return [{ type: 'error', status: statusOf(error), message: readOpenAIError(chunk) ?? '' }]
    }
    return this.readChunk(chunk, 'delta')
  }

  end(): readonly NeutralDelta[] {
    return NONE
  }

  /** A whole reply is a chunk whose choices have messages instead of deltas. */
  readChunk(chunk: Fields, holds: 'delta' | 'message'): NeutralDelta[] {
    const deltas: NeutralDelta[] = []
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : []
    this.#start(chunk, choices.length > 0, deltas)
    for (const choice of choices) if (isFields(choice)) this.#readChoice(choice, holds, deltas)
    this.#readSources(chunk, deltas)
    const usage = findUsage(chunk, choices)
    if (usage !== null) deltas.push({ type: 'usage', usage })
    return deltas
  }

  /** Azure's first chunk has no name and no choice, only what its filter says of the prompt. */
  #start(chunk: Fields, hasChoices: boolean, deltas: NeutralDelta[]): void {
    const id = stringOr(chunk['id'], '')
    const model = stringOr(chunk['model'], '')
    if (this.#started || (id === '' && model === '' && !hasChoices)) return
    this.#started = true
    this.#id = id
    deltas.push({ type: 'start', id, model })
  }

  #readChoice(choice: Fields, holds: 'delta' | 'message', deltas: NeutralDelta[]): void {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    if (!Number.isInteger(index) || index < 0 || index >= MOST_CHOICES) return
    let reader = this.#choices.get(index)
    if (reader === undefined) {
      reader = new ChoiceReader(index)
      this.#choices.set(index, reader)
    }
    const message = choice[holds]
    for (const delta of reader.read(choice, isFields(message) ? message : {}, this.#id)) deltas.push(delta)
  }

  /** Perplexity names its sources beside the choices, again in each chunk. */
  #readSources(chunk: Fields, deltas: NeutralDelta[]): void {
    const urls = chunk['citations']
    if (this.#sources || !Array.isArray(urls)) return
    this.#sources = true
    for (const url of urls) if (typeof url === 'string') deltas.push({ type: 'citation', citation: { url } })
  }
}

/** Beside the choices, in Groq's own corner, or in the last choice, as Moonshot has it. */
function findUsage(chunk: Fields, choices: readonly unknown[]) {
  const usage = parseOpenAIUsage(chunk['usage'], chunk['service_tier'])
  if (usage !== null) return usage
  const groq = chunk['x_groq']
  if (isFields(groq)) return parseOpenAIUsage(groq['usage'])
  const [choice] = choices
  return isFields(choice) ? parseOpenAIUsage(choice['usage']) : null
}

/** Some servers put the status they would have answered into `code`. */
function statusOf(error: unknown): number {
  const code = isFields(error) ? Number(error['code'] ?? error['status']) : Number.NaN
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 502
}
