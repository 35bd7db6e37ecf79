/** What callers are told of failures: whose words, and without whose secrets. */
import { describe, expect, it } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { providers } from '../providers/list.ts'
import type { AttemptFailure } from '../routing/attempt-host.ts'
import { openaiChat } from '../wire/openai-chat.ts'
import { answerFailure } from './failure-answer.ts'

const target = { name: 'main/a', provider: providers['openai'] } as CompiledTarget
const to = {
  route: 'chat',
  wire: openaiChat,
  upstream: 'openai-chat' as const,
  redact: (text: string) => text.replaceAll('our-key', '[redacted]'),
}

function refused(status: number, body: unknown): AttemptFailure {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const refusal = { status, contentType: 'application/json', body: bytes, retryAfterMs: null }
  return {
    code: 'upstream.failed',
    target,
    status,
    limitMs: 0,
    refusal,
    retryAfterMs: null,
    cause: undefined,
  }
}

const quoting = {
  error: { message: 'our-key cannot do that', type: 'invalid_request_error', code: 'our-key' },
}

describe('a refusal by a provider', () => {
  it.each([400, 413, 422, 429])(
    'with %i is passed on in its words, without the key that it quotes',
    (status) => {
      const { body, error } = answerFailure(refused(status, quoting), to)
      expect(JSON.parse(String(body?.bytes))).toMatchObject({
        error: { message: '[redacted] cannot do that' },
      })
      expect(`${String(body?.bytes)}${error.message}`).not.toContain('our-key')
    },
  )

  it('without a secret is passed on byte for byte', () => {
    const failure = refused(400, { error: { message: 'too long' } })
    expect(answerFailure(failure, to).body?.bytes).toBe(failure.refusal?.body)
  })

  it.each([401, 403, 404, 500, 503])('with %i is told in our own words', (status) => {
    const { body, error } = answerFailure(refused(status, quoting), to)
    expect(body).toBeNull()
    expect(error.message).not.toContain('cannot do that')
  })
})
