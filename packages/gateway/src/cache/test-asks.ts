/** Requests and answers for tests of the cache. */
import type { AskedBody, CacheAsk, KeptAnswer } from '../contract/answer-cache.ts'
import type { Leaving } from '../contract/leaving.ts'
import { type CacheSpec, cacheSpec } from './spec.ts'

export function askOf(more: Partial<CacheAsk> = {}, body: unknown = question('how are you?')): CacheAsk {
  return {
    tenant: 'acme',
    route: 'support',
    context: 'support@1.0.0',
    prompt: 'be kind',
    guards: 'g1',
    wire: 'openai-chat',
    stream: false,
    model: 'support',
    basis: 'openai/gpt',
    body: bodyOf(JSON.stringify(body)),
    changed: false,
    nowMs: 1_000_000,
    control: null,
    ...more,
  }
}

/** As it came: parsed when somebody asks. */
export function bodyOf(text: string): AskedBody {
  return {
    text,
    get value(): unknown {
      return JSON.parse(text)
    },
  }
}

export function question(text: string, more: object = {}): object {
  return { model: 'support', messages: [{ role: 'user', content: text }], ...more }
}

export function answerOf(text: string, more: Partial<KeptAnswer> = {}): KeptAnswer {
  return {
    status: 200,
    contentType: 'application/json',
    chunks: [Buffer.from(text)],
    streamed: false,
    keptAt: 1_000_000,
    target: 'openai/gpt',
    inputTokens: 3,
    outputTokens: 4,
    costMicroUsd: 5,
    ...more,
  }
}

export function specOf(more: object = {}): CacheSpec {
  return cacheSpec.parse(more)
}

export function textOf(answer: KeptAnswer): string {
  return Buffer.concat(answer.chunks).toString()
}

export const staying: Leaving = { hasLeft: false, signal: new AbortController().signal }

export function leavingBy({ signal }: AbortController): Leaving {
  return {
    signal,
    get hasLeft(): boolean {
      return signal.aborted
    },
  }
}
