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
    body: bodyOf(body),
    changed: false,
    nowMs: 1_000_000,
    version: '1.1',
    control: null,
    ...more,
  }
}

/** As one program writes it. */
export function bodyOf(body: unknown): AskedBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return bodyOfFields([], JSON.stringify(body))
  const fields = Object.entries(body).filter(([, it]) => it !== undefined)
  return bodyOfFields(fields.map(([name, it]) => [JSON.stringify(name), JSON.stringify(it)]))
}

/** As it came, from what is written: names with quotes and values. `text`: of what is no object. */
export function bodyOfFields(
  fields: readonly (readonly [string, string])[],
  text = '',
  space = '',
): AskedBody {
  let written = '{'
  const members: number[] = []
  const put = (piece: string) => {
    const start = Buffer.byteLength(written)
    written += piece
    members.push(start, Buffer.byteLength(written))
  }
  for (const [name, value] of fields) {
    put(name)
    written += `:${space}`
    put(value)
    written += `,${space}`
  }
  const whole = text === '' ? `${written.replace(/,\s*$/, '')}}` : text
  return {
    bytes: Buffer.from(whole),
    names: fields.map(([name]) => String(JSON.parse(name))),
    members,
    text: whole,
    get value(): unknown {
      return JSON.parse(whole)
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
