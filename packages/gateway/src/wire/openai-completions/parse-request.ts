/**
 * A request for the completion of a text, in the neutral form: the text is what a user says.
 *
 * Several texts at once, and texts as token numbers, have no counterpart: they stay in `extra`, and a target of
 * another format is refused (`wire/foreign.ts`).
 */
import type { NeutralMessage, NeutralRequest } from '../../contract/neutral.ts'
import { type Fields, isFields, numberOrNone, present, textOf, textOrNone, unexpected } from '../fields.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'stream',
  'stream_options',
  'max_tokens',
  'temperature',
  'top_p',
  'n',
  'stop',
  'seed',
  'user',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
])

export function parseCompletionsRequest(body: Fields): NeutralRequest {
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  const logprobs = numberOrNone(body['logprobs'], 'logprobs')
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: parsePrompt(body['prompt'], extra),
    stream: body['stream'] === true,
    maxTokens: numberOrNone(body['max_tokens'], 'max_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    candidates: numberOrNone(body['n'], 'n'),
    stop: parseStop(body['stop']),
    seed: numberOrNone(body['seed'], 'seed'),
    user: textOrNone(body['user'], 'user'),
    frequencyPenalty: numberOrNone(body['frequency_penalty'], 'frequency_penalty'),
    presencePenalty: numberOrNone(body['presence_penalty'], 'presence_penalty'),
    logprobs: logprobs === undefined ? undefined : true,
    topLogprobs: logprobs,
    streamUsage: parseStreamOptions(body['stream_options'], extra),
    from: 'openai-completions',
    extra,
  })
}

function parsePrompt(value: unknown, extra: Record<string, unknown>): readonly NeutralMessage[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [said(value)]
  if (!Array.isArray(value)) throw unexpected('prompt', value, 'a string or an array')
  if (value.length === 1 && typeof value[0] === 'string') {
    extra['$list'] = true
    return [said(value[0])]
  }
  extra['prompt'] = value
  return []
}

function said(text: string): NeutralMessage {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

function parseStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return value
  throw unexpected('stop', value, 'a string or an array of strings')
}

function parseStreamOptions(value: unknown, extra: Record<string, unknown>): boolean | undefined {
  if (!isFields(value)) return undefined
  const { include_usage: usage, ...rest } = value
  if (Object.keys(rest).length > 0) extra['stream_options'] = rest
  return typeof usage === 'boolean' ? usage : undefined
}
