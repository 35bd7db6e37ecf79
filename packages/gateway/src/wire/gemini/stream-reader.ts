/** Chunks of a streamed reply. Each is a whole response that holds what is new. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { ToolCallCount, withToolCalls } from '../tool-calls.ts'
import { CandidateReader } from './candidate-reader.ts'
import { errorOf, readGeminiError, statusOfError } from './errors.ts'
import { PROMPT_BLOCKED } from './finish-reason.ts'
import { camelFields } from './proto-fields.ts'
import { geminiToolCalls } from './searches.ts'
import { parseGeminiUsage } from './usage.ts'

/** More answers to one request than any model gives. */
const MOST_CANDIDATES = 64

export class GeminiStreamReader implements StreamReader {
  readonly #candidates = new Map<number, CandidateReader>()
  readonly #searches = new ToolCallCount()
  #started = false
  #id = ''

  read(_event: string, data: string): readonly NeutralDelta[] {
    if (data === '[DONE]') return []
    const chunk: unknown = JSON.parse(data)
    if (!isFields(chunk)) throw new SyntaxError('an event is not an object')
    return this.readChunk(chunk)
  }

  readChunk(body: Fields): readonly NeutralDelta[] {
    const error = errorOf(body)
    if (error !== null) {
      const status = stringOr(error['status'], '')
      const said = {
        type: 'error' as const,
        status: statusOfError(error),
        message: readGeminiError(body) ?? '',
      }
      return [status === '' ? said : { ...said, code: status }]
    }
    const chunk = camelFields(body)
    const deltas: NeutralDelta[] = []
    if (!this.#started) {
      this.#started = true
      this.#id = stringOr(chunk['responseId'], '')
      deltas.push({ type: 'start', id: this.#id, model: stringOr(chunk['modelVersion'], '') })
    }
    readFeedback(chunk['promptFeedback'], deltas)
    if (Array.isArray(chunk['candidates'])) {
      for (const it of chunk['candidates']) if (isFields(it)) this.#reader(it)?.read(it, deltas)
    }
    const usage = parseGeminiUsage(chunk['usageMetadata'])
    geminiToolCalls.note(chunk, this.#searches)
    if (usage !== null) {
      deltas.push({ type: 'usage', usage: withToolCalls(usage, this.#searches.counts) })
    }
    return deltas
  }

  end(): readonly NeutralDelta[] {
    const deltas: NeutralDelta[] = []
    for (const reader of this.#candidates.values()) reader.end(deltas)
    return deltas
  }

  #reader(candidate: Fields): CandidateReader | undefined {
    const index = typeof candidate['index'] === 'number' ? candidate['index'] : 0
    let reader = this.#candidates.get(index)
    if (reader === undefined && this.#candidates.size < MOST_CANDIDATES) {
      reader = new CandidateReader(index, this.#id)
      this.#candidates.set(index, reader)
    }
    return reader
  }
}

/** A prompt that was blocked has no candidate, only the reason. */
function readFeedback(value: unknown, deltas: NeutralDelta[]): void {
  if (!isFields(value)) return
  const reason = camelFields(value)['blockReason']
  if (typeof reason !== 'string' || reason === '') return
  deltas.push({ type: 'finish', reason: 'content_filter', raw: `${PROMPT_BLOCKED}${reason}` })
}
