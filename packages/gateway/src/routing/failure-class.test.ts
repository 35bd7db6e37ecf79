import { describe, expect, it } from 'vitest'
import { classOf } from './failure-class.ts'

const refusal = (status: number, body: string) => ({
  status,
  contentType: 'application/json',
  body: Buffer.from(body),
  retryAfterMs: null,
})
const refused = (status: number, body = '{}') => classOf('upstream.failed', status, refusal(status, body))

describe('a failure', () => {
  it.each([
    [429, 'rate_limited'],
    [503, 'overloaded'],
    [529, 'overloaded'],
    [500, 'failed'],
    [502, 'failed'],
    [504, 'timeout'],
    [408, 'timeout'],
    [401, 'auth'],
    [402, 'auth'],
    [403, 'auth'],
    [404, 'auth'],
    [413, 'context_too_long'],
    [400, null],
    [422, null],
  ])('with status %i is of class %s', (status, expected) => {
    expect(refused(status)).toBe(expected)
  })

  it.each([
    [
      'OpenAI',
      '{"error":{"message":"This model\'s maximum context length is 8192 tokens","code":"context_length_exceeded"}}',
    ],
    [
      'Anthropic',
      '{"error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
    ],
    [
      'Gemini',
      '{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed"}}',
    ],
    ['Bedrock', '{"message":"Input is too long for requested model."}'],
    [
      'Mistral',
      '{"message":"Prompt contains 40000 tokens, too large for model with 32768 maximum context length"}',
    ],
    ['vLLM', '{"message":"Please reduce the length of the messages or completion."}'],
  ])('of a prompt that is too long is known by what %s says', (_, body) => {
    expect(refused(400, body)).toBe('context_too_long')
  })

  it.each([
    ['OpenAI', 400, '{"error":{"code":"content_policy_violation"}}'],
    [
      'Azure',
      400,
      '{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
    ],
    ['a policy', 403, '{"error":{"message":"blocked by our content policy"}}'],
  ])('of a policy is known by what %s says', (_, status, body) => {
    expect(refused(status, body)).toBe('content_policy')
  })

  it('without an answer is of the class of what happened', () => {
    expect(classOf('upstream.timeout', null, null)).toBe('timeout')
    expect(classOf('upstream.connect', null, null)).toBe('connection')
    expect(classOf('upstream.reset', 200, null)).toBe('connection')
    expect(classOf('upstream.protocol', 200, null)).toBe('failed')
  })
})
