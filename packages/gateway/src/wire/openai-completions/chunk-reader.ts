/**
 * A completion as deltas. A whole reply and a chunk of a stream have the same shape; both are read here.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { readOpenAIError } from '../openai-chat/errors.ts'
import { failureOf, parseOpenAIFinish } from '../openai-chat/finish-reason.ts'
import { parseOpenAIUsage } from '../openai-chat/usage.ts'
import { parseLogprobs } from './logprobs.ts'

/** More replies at once than anybody offers. */
const MOST_CHOICES = 1024

export class CompletionsReader implements StreamReader {
  #started = false

  read(_event: string, data: string): readonly NeutralDelta[] {
    if (data === '[DONE]' || data.trim() === '') return []
    const chunk: unknown = JSON.parse(data)
    if (!isFields(chunk)) throw new SyntaxError('an event is not an object')
    if (isFields(chunk['error']) || typeof chunk['error'] === 'string') {
      return [{ type: 'error', status: statusOf(chunk['error']), message: readOpenAIError(chunk) ?? '' }]
    }
    return this.readChunk(chunk)
  }

  end(): readonly NeutralDelta[] {
    return []
  }

  readChunk(chunk: Fields): readonly NeutralDelta[] {
    const deltas: NeutralDelta[] = []
    if (!this.#started) {
      this.#started = true
      deltas.push({ type: 'start', id: stringOr(chunk['id'], ''), model: stringOr(chunk['model'], '') })
    }
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : []
    for (const choice of choices) if (isFields(choice)) readChoice(choice, deltas)
    const usage = parseOpenAIUsage(chunk['usage'], chunk['service_tier'])
    if (usage !== null) deltas.push({ type: 'usage', usage })
    return deltas
  }
}

function readChoice(choice: Fields, deltas: NeutralDelta[]): void {
  const index = typeof choice['index'] === 'number' ? choice['index'] : 0
  if (!Number.isInteger(index) || index < 0 || index >= MOST_CHOICES) return
  const of = index === 0 ? {} : { candidate: index }
  const { text, logprobs, finish_reason: finish } = choice
  if (typeof text === 'string' && text !== '') deltas.push({ type: 'text', text, ...of })
  const content = parseLogprobs(logprobs)
  if (content.length > 0) deltas.push({ type: 'logprobs', content, ...of })
  if (typeof finish === 'string') {
    const reason = parseOpenAIFinish(finish)
    const end = reason === 'error' ? failureOf(choice) : { reason }
    deltas.push({ type: 'finish', ...end, raw: finish, ...of })
  }
}

function statusOf(error: unknown): number {
  const code = isFields(error) ? Number(error['code'] ?? error['status']) : Number.NaN
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 502
}
