import { describe, expect, it } from 'vitest'
import type { Quirks } from '../contract/provider.ts'
import { providers } from './list.ts'
import { adaptRequest, isConcerned } from './quirks.ts'

const messages = [{ role: 'user', content: 'hi' }]

function adapt(kind: string, body: object) {
  return adaptRequest({ model: 'm', messages, ...body }, providers[kind]?.quirks ?? {})
}

describe('a request with quirks', () => {
  it('has fields under the names that the provider knows, of which the provider’s own wins', () => {
    const quirks: Quirks = { rename: { max_completion_tokens: 'max_tokens' } }

    expect(adaptRequest({ max_completion_tokens: 5, top_p: 1 }, quirks).body).toEqual({
      max_tokens: 5,
      top_p: 1,
    })
    expect(adaptRequest({ max_completion_tokens: 5, max_tokens: 7 }, quirks).body).toEqual({ max_tokens: 7 })
  })

  it('loses what the provider does not take, with a warning where it meant something', () => {
    const { body, warnings } = adapt('groq', {
      logit_bias: { 5: 1 },
      n: 1,
      top_logprobs: null,
      logprobs: false,
      temperature: 0,
      messages: [
        { role: 'user', content: 'hi', name: 'bo' },
        { role: 'assistant', content: 'x', refusal: null, annotations: [] },
      ],
    })

    expect(body).toEqual({
      model: 'm',
      temperature: 0,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'x' },
      ],
    })
    expect(warnings).toEqual(['logit_bias: not supported', 'messages[0].name: not supported'])
  })

  it('reaches Mistral, which refuses what it does not know, with nothing else in it', () => {
    const { body, warnings } = adapt('mistral', {
      max_completion_tokens: 9,
      seed: 4,
      user: 'bo',
      store: false,
      stream: true,
      stream_options: { include_usage: true },
      tool_choice: 'required',
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_0123456789', type: 'function', function: { name: 'w', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_0123456789', content: 'sun' },
        { role: 'tool', tool_call_id: 'gSIMJiOkT', content: 'rain' },
      ],
    })

    expect(body).toMatchObject({ max_tokens: 9, random_seed: 4, stream: true, tool_choice: 'any' })
    expect(Object.keys(body).sort()).toEqual([
      'max_tokens',
      'messages',
      'model',
      'random_seed',
      'stream',
      'tool_choice',
    ])
    const [system, called, first, second] = body['messages'] as Record<string, never>[]
    expect(system).toEqual({ role: 'system', content: 'be brief' })
    expect(first?.['tool_call_id']).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(called?.['tool_calls']).toMatchObject([{ id: first?.['tool_call_id'] }])
    expect(second?.['tool_call_id']).toBe('gSIMJiOkT')
    expect(warnings).toEqual(['user: not supported'])
  })

  it('asks for any JSON object where a schema cannot be asked for', () => {
    const { body, warnings } = adapt('deepseek', {
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    })

    expect(body['response_format']).toEqual({ type: 'json_object' })
    expect(warnings).toEqual(['response_format: a schema is not supported, any JSON object is asked for'])
  })

  it('does not change what it was given', () => {
    const given = Object.freeze({
      messages: Object.freeze([Object.freeze({ role: 'developer', content: 'x' })]),
    })
    expect(adaptRequest(given, { roles: { developer: 'system' } }).body['messages']).toEqual([
      { role: 'system', content: 'x' },
    ])
  })
})

describe('bytes', () => {
  const concerned = (kind: string, body: object) => {
    const bytes = Buffer.from(JSON.stringify(body))
    return isConcerned(providers[kind]?.quirks ?? {}, { bytes, has: (name) => Object.hasOwn(body, name) })
  }

  it('pass as they are where no quirk concerns them', () => {
    expect(concerned('together', { model: 'm', messages, temperature: 1 })).toBe(false)
    expect(concerned('groq', { model: 'm', messages, max_completion_tokens: 5 })).toBe(false)
  })

  it.each([
    ['together', { max_completion_tokens: 5 }],
    ['together', { messages: [{ role: 'developer', content: 'x' }] }],
    ['groq', { messages: [{ role: 'user', name: 'bo', content: 'x' }] }],
    ['deepseek', { response_format: { type: 'json_object' } }],
    ['mistral', {}],
  ])('for %s are looked at when they hold %j', (kind, body) => {
    expect(concerned(kind, body)).toBe(true)
  })
})
