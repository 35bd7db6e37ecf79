import { describe, expect, it } from 'vitest'
import type { OtherDelta } from '../contract/neutral.ts'
import { unreadIn, withUnread } from './unread-fields.ts'

const unread = (value: object): OtherDelta =>
  ({ type: 'other', from: 'openai-chat', kind: 'unread fields', value }) as OtherDelta

describe('the fields of an answer', () => {
  it.each<[string, Parameters<typeof unreadIn>[1], object]>([
    [
      "of OpenAI's",
      'openai-chat',
      {
        id: 'c',
        system_fingerprint: 'fp',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hi.', reasoning: 'Hm.' },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 1, cost_details: { currency: 'USD' } },
      },
    ],
    ['that count', 'openai-chat', { timings: null, seed: 7, cached: false, note: '' }],
    ["of Google's", 'gemini', { candidates: [{ content: { parts: [{ text: 'Hi.' }] } }], modelVersion: 'm' }],
    ["of Anthropic's", 'anthropic-messages', { type: 'message', content: [{ type: 'text', text: 'Hi.' }] }],
    ['of a request that is repeated', 'openai-responses', { instructions: 'Be kind.', output: [] }],
    ['of a format without a list', 'bedrock-converse', { trace: { text: 'Hi.' } }],
  ])('%s are all read', (_, wire, body) => {
    expect(unreadIn(body as never, wire)).toBeNull()
  })

  it('that are not read stay where they were', () => {
    const body = {
      id: 'c',
      related_questions: ['Why?'],
      choices: [
        { index: 0, message: { content: 'Hi.' } },
        { index: 1, mood: 'good', message: { content: 'Hi.', tools_run: [{ said: 'x' }] } },
      ],
    }
    expect(unreadIn(body, 'openai-chat')).toEqual(
      unread({
        related_questions: ['Why?'],
        choices: [null, { mood: 'good', message: { tools_run: [{ said: 'x' }] } }],
      }),
    )
  })

  it('that are not read come into an answer that is written anew, and change nothing there', () => {
    const reply = { id: 'new', choices: [{ index: 0, message: { content: 'Hi.' } }] }
    const more = {
      id: 'old',
      note: 'n',
      choices: [{ mood: 'good', message: { content: 'Ho.', tool: 't' } }, {}],
    }
    expect(withUnread(reply, unread(more))).toEqual({
      id: 'new',
      note: 'n',
      choices: [{ index: 0, mood: 'good', message: { content: 'Hi.', tool: 't' } }],
    })
  })

  it('with names of the language are fields like others', () => {
    const body = JSON.parse('{"__proto__":{"said":"x"},"constructor":"y"}') as never
    const delta = unreadIn(body, 'openai-chat')
    const whole = withUnread({ id: 'c' }, delta as OtherDelta)
    expect(JSON.stringify(whole)).toBe('{"id":"c","__proto__":{"said":"x"},"constructor":"y"}')
    expect(Object.getPrototypeOf(whole)).toBe(Object.prototype)
  })
})
