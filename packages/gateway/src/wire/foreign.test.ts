import { describe, expect, it } from 'vitest'
import type { NeutralRequest } from '../contract/neutral.ts'
import { extraFor, warnOfForeign } from './foreign.ts'

const asked: NeutralRequest = {
  model: 'm',
  stream: false,
  from: 'openai-responses',
  extra: { truncation: 'auto', background: false, include: [], top_k: null },
  tools: [{ name: 'w', parameters: {}, extra: { defer_loading: true } }],
  messages: [
    {
      role: 'user',
      extra: { $role: 'developer', phase: 'commentary' },
      parts: [
        { type: 'text', text: 'x', extra: { $id: 'msg_1', cache: 1 } },
        { type: 'other', kind: 'web_search_call', value: {} },
        { type: 'tool_result', id: 'a', parts: [{ type: 'other', kind: 'screen', value: {} }] },
      ],
    },
  ],
}

describe('a request of another format', () => {
  it('is warned of in every name that is left out, and in no other', () => {
    expect(warnOfForeign(asked, 'gemini')).toEqual([
      'truncation: not supported',
      'tools[0].defer_loading: not supported',
      'messages[0].phase: not supported',
      'messages[0].cache: not supported',
      'messages[0]: a part of type "web_search_call" is not supported',
      'messages[0]: a part of type "screen" is not supported',
    ])
  })

  it('takes along what OpenAI’s formats have in common, and says nothing of it', () => {
    const request = {
      ...asked,
      tools: [],
      messages: [],
      extra: { prompt_cache_key: 'k', truncation: 'auto' },
    }

    expect(extraFor(request, 'openai-chat')).toEqual({ prompt_cache_key: 'k' })
    expect(warnOfForeign(request, 'openai-chat')).toEqual(['truncation: not supported'])
    expect(extraFor(request, 'gemini')).toEqual({})
    expect(extraFor(request, 'openai-responses')).toEqual(request.extra)
  })

  it('is complete in its own format', () => {
    expect(warnOfForeign(asked, 'openai-responses')).toEqual([])
  })

  it.each([
    ['openai-responses', 'previous_response_id', 'resp_1'],
    ['openai-responses', 'conversation', { id: 'conv_1' }],
    ['openai-completions', 'prompt', [[1, 2]]],
    ['gemini', 'cachedContent', 'cachedContents/1'],
  ] as const)(
    'of %s is refused when its %s is state or input that cannot be written',
    (from, field, value) => {
      const request = { ...asked, from, extra: { [field]: value } }
      expect(() => warnOfForeign(request, 'openai-chat')).toThrow(
        expect.objectContaining({
          code: 'request.not_translatable',
          details: { field, from, to: 'openai-chat' },
        }),
      )
      expect(warnOfForeign({ ...request, extra: { [field]: null } }, 'openai-chat').length).toBeGreaterThan(0)
    },
  )
})
