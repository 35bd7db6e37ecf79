/** Events of a streamed chat completion. Of several choices only the first is read. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields, present, stringOr } from '../fields.ts'
import { readOpenAIError } from './errors.ts'
import { parseOpenAIFinish } from './finish-reason.ts'
import { parseOpenAIUsage } from './usage.ts'

export class OpenAIStreamReader implements StreamReader {
  #started = false

  read(_event: string, data: string): readonly NeutralDelta[] {
    if (data === '[DONE]') return []
    const chunk: unknown = JSON.parse(data)
    if (!isFields(chunk)) throw new SyntaxError('an event is not an object')
    if (chunk['error'] !== undefined) {
      return [{ type: 'error', status: statusOf(chunk['error']), message: readOpenAIError(chunk) ?? '' }]
    }
    const deltas: NeutralDelta[] = []
    if (!this.#started) {
      this.#started = true
      deltas.push({ type: 'start', id: stringOr(chunk['id'], ''), model: stringOr(chunk['model'], '') })
    }
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : []
    for (const choice of choices) {
      if (isFields(choice) && (choice['index'] ?? 0) === 0) readChoice(choice, deltas)
    }
    const usage = parseOpenAIUsage(chunk['usage'])
    if (usage !== null) deltas.push({ type: 'usage', usage })
    return deltas
  }

  end(): readonly NeutralDelta[] {
    return []
  }
}

function readChoice(choice: Fields, deltas: NeutralDelta[]): void {
  const delta = isFields(choice['delta']) ? choice['delta'] : {}
  const reasoning = delta['reasoning_content'] ?? delta['reasoning']
  if (typeof reasoning === 'string' && reasoning !== '') deltas.push({ type: 'reasoning', text: reasoning })
  for (const text of [delta['content'], delta['refusal']]) {
    if (typeof text === 'string' && text !== '') deltas.push({ type: 'text', text })
  }
  if (Array.isArray(delta['tool_calls'])) {
    for (const call of delta['tool_calls']) if (isFields(call)) deltas.push(readCall(call))
  }
  if (typeof choice['finish_reason'] === 'string') {
    deltas.push({ type: 'finish', reason: parseOpenAIFinish(choice['finish_reason']) })
  }
}

function readCall(call: Fields): NeutralDelta {
  const named = isFields(call['function']) ? call['function'] : {}
  return present<Extract<NeutralDelta, { type: 'tool_call' }>>({
    type: 'tool_call',
    index: typeof call['index'] === 'number' ? call['index'] : 0,
    id: typeof call['id'] === 'string' ? call['id'] : undefined,
    name: typeof named['name'] === 'string' ? named['name'] : undefined,
    arguments: typeof named['arguments'] === 'string' ? named['arguments'] : undefined,
  })
}

/** Some servers put the status they would have answered into `code`. */
function statusOf(error: unknown): number {
  const code = isFields(error) ? Number(error['code'] ?? error['status']) : Number.NaN
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 502
}
