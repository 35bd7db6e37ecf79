/**
 * What the simulated provider says, as tokens (words with their leading space), and the JSON around it.
 *
 * Everything follows from the request's text. `created` too, so that a recorded reply compares equal.
 */
import { randomFrom, seedOf } from './seeded-random.ts'

const FINGERPRINT = 'fp_simulated'
const CREATED = 1_700_000_000
const WORDS = 'the reel turns and light falls where a story waits for its next frame in quiet order'.split(
  ' ',
)

export interface SimulatedAsk {
  readonly model: string
  readonly stream: boolean
  readonly streamUsage: boolean
  readonly promptTokens: number
  readonly seed: number
}

/** `null` when the body is not a chat request. */
export function readAsk(body: string): SimulatedAsk | null {
  const ask = parse(body)
  if (ask === null || typeof ask['model'] !== 'string' || !Array.isArray(ask['messages'])) return null
  const options = ask['stream_options'] as { include_usage?: unknown } | undefined
  return {
    model: ask['model'],
    stream: ask['stream'] === true,
    streamUsage: options?.include_usage === true,
    promptTokens: Math.ceil(JSON.stringify(ask['messages']).length / 4),
    seed: seedOf(body),
  }
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Exactly `count` tokens, of which the first say what this is. */
export function sayTokens(ask: SimulatedAsk, count: number): readonly string[] {
  const opening = `[simulated] No provider was asked: this stands in for ${ask.model}.`.split(' ')
  const random = randomFrom(ask.seed)
  const tokens = opening.slice(0, count)
  while (tokens.length < count) tokens.push(WORDS[Math.floor(random() * WORDS.length)] ?? 'the')
  return tokens.map((token, i) => (i === 0 ? token : ` ${token}`))
}

export function wholeReply(ask: SimulatedAsk, tokens: readonly string[]): string {
  const message = { role: 'assistant', content: tokens.join(''), refusal: null }
  return JSON.stringify({
    id: idOf(ask),
    object: 'chat.completion',
    created: CREATED,
    model: `${ask.model} (simulated)`,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: usageOf(ask, tokens.length),
    system_fingerprint: FINGERPRINT,
  })
}

/** One event of a stream. The first also names the role; `null` closes the choice. */
export function streamEvent(ask: SimulatedAsk, token: string | null, first: boolean): string {
  const delta = token === null ? {} : first ? { role: 'assistant', content: token } : { content: token }
  const choice = { index: 0, delta, logprobs: null, finish_reason: token === null ? 'stop' : null }
  return frame(chunkOf(ask, [choice]))
}

export function streamEnd(ask: SimulatedAsk, tokenCount: number): string {
  const usage = ask.streamUsage ? frame({ ...chunkOf(ask, []), usage: usageOf(ask, tokenCount) }) : ''
  return `${usage}data: [DONE]\n\n`
}

export function errorReply(status: number): string {
  return JSON.stringify({
    error: {
      message: `[simulated] failure with status ${status}`,
      type: status === 429 ? 'rate_limit_error' : 'server_error',
      param: null,
      code: 'simulated_failure',
    },
  })
}

export function badRequest(): string {
  const message = '[simulated] the body is not a chat request: "model" and "messages" are needed'
  return JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } })
}

function chunkOf(ask: SimulatedAsk, choices: readonly object[]): object {
  return {
    id: idOf(ask),
    object: 'chat.completion.chunk',
    created: CREATED,
    model: `${ask.model} (simulated)`,
    system_fingerprint: FINGERPRINT,
    choices,
  }
}

function usageOf(ask: SimulatedAsk, tokenCount: number): object {
  return {
    prompt_tokens: ask.promptTokens,
    completion_tokens: tokenCount,
    total_tokens: ask.promptTokens + tokenCount,
  }
}

function idOf(ask: SimulatedAsk): string {
  return `chatcmpl-simulated-${ask.seed.toString(36)}`
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
