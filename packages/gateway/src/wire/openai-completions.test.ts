import fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta, NeutralRequest } from '../contract/neutral.ts'
import type { ReplyAbout } from '../contract/wire.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiCompletions as wire } from './openai-completions.ts'
import { SseReader } from './sse.ts'

type Fields = Record<string, unknown>

const about: ReplyAbout = { id: 'cmpl-1', model: 'm', created: 7, streamUsage: true }

const word = fc.string({ minLength: 1, maxLength: 8 })
const words = fc.array(word, { minLength: 1, maxLength: 3 })
const tokens = fc.array(fc.array(fc.nat(50_000), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 2,
})
const rate = fc.constantFrom(-0.5, 0, 1)

const request = fc.record(
  {
    model: word,
    prompt: fc.oneof(word, words, tokens, fc.constant([1, 2])),
    stream: fc.constant(true),
    stream_options: fc.constantFrom(
      { include_usage: true },
      { include_usage: false, include_obfuscation: false },
    ),
    max_tokens: fc.nat(),
    temperature: rate,
    top_p: rate,
    n: fc.nat(4),
    stop: words,
    seed: fc.nat(),
    user: word,
    frequency_penalty: rate,
    presence_penalty: rate,
    logprobs: fc.nat(5),
    suffix: word,
    echo: fc.boolean(),
    best_of: fc.nat(5),
    logit_bias: fc.constant({ 50256: -100 }),
  },
  { requiredKeys: ['model', 'prompt'] },
)

const usage = fc.record({ inputTokens: fc.nat(99), outputTokens: fc.nat(99) })
const token = fc.record({ token: word, logprob: fc.constantFrom(-1, -0.25) }).map((it) => ({
  ...it,
  bytes: [...Buffer.from(it.token)],
  top_logprobs: [{ token: it.token, logprob: it.logprob, bytes: [...Buffer.from(it.token)] }],
}))
const choice = fc.record({
  texts: words,
  logprobs: fc.option(fc.array(token, { minLength: 1, maxLength: 3 }), { nil: null }),
  reason: fc.constantFrom('stop' as const, 'length' as const, 'content_filter' as const),
})
const reply = fc
  .record({ model: word, choices: fc.array(choice, { minLength: 1, maxLength: 3 }), usage })
  .map((it): readonly NeutralDelta[] => [
    { type: 'start', id: about.id, model: it.model },
    ...it.choices.flatMap(({ texts, logprobs, reason }, i): NeutralDelta[] => {
      const of = i === 0 ? {} : { candidate: i }
      return [
        ...texts.map((text): NeutralDelta => ({ type: 'text', text, ...of })),
        ...(logprobs === null ? [] : [{ type: 'logprobs' as const, content: logprobs, ...of }]),
        { type: 'finish', reason, ...of },
      ]
    }),
    { type: 'usage', usage: it.usage },
  ])

/** What a reply says, choice by choice, without how it was cut into pieces. */
function gist(deltas: readonly NeutralDelta[]): Fields {
  const choices: Record<number, { text: string; logprobs: unknown[]; reason: string }> = {}
  const rest: NeutralDelta[] = []
  for (const delta of deltas) {
    if (delta.type !== 'text' && delta.type !== 'logprobs' && delta.type !== 'finish') {
      rest.push(delta)
      continue
    }
    const it = (choices[delta.candidate ?? 0] ??= { text: '', logprobs: [], reason: '' })
    if (delta.type === 'text') it.text += delta.text
    else if (delta.type === 'logprobs') it.logprobs.push(...delta.content)
    else it.reason = delta.reason
  }
  return { choices, rest }
}

function written(deltas: readonly NeutralDelta[]): string {
  const writer = wire.openWriter(about)
  return deltas.map((delta) => writer.write(delta)).join('') + writer.end()
}

function read(bytes: Buffer, cut = 0): readonly NeutralDelta[] {
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  events.read(bytes.subarray(0, cut))
  events.read(bytes.subarray(cut))
  events.end()
  return [...deltas, ...reader.end()]
}

describe('openai-completions', () => {
  it('writes the requests of its own format as they were', () => {
    fc.assert(
      fc.property(request, (body) => {
        const { body: again, warnings } = wire.writeRequest(wire.parseRequest(body), body.model ?? '')

        expect(JSON.parse(JSON.stringify(again))).toEqual(body)
        expect(warnings).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('reads back the whole replies that it writes', () => {
    fc.assert(
      fc.property(reply, (deltas) => {
        const body = JSON.parse(JSON.stringify(wire.writeReply(deltas, about))) as Fields
        expect(gist(wire.parseReply(body))).toEqual(gist(deltas))
      }),
    )
  })

  it('reads back the streams that it writes, wherever they are cut', () => {
    fc.assert(
      fc.property(reply, fc.double({ min: 0, max: 1, noNaN: true }), (deltas, share) => {
        const bytes = Buffer.from(written(deltas))
        expect(gist(read(bytes, Math.floor(bytes.length * share)))).toEqual(gist(deltas))
      }),
    )
  })

  it('is followed by the official client', async () => {
    const deltas: NeutralDelta[] = [
      { type: 'start', id: 'x', model: 'm-1' },
      { type: 'text', text: 'Once ' },
      { type: 'text', text: 'upon' },
      { type: 'finish', reason: 'length' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 2 } },
    ]
    const fetch = async () =>
      new Response(written(deltas), { headers: { 'content-type': 'text/event-stream' } })
    const client = new OpenAI({ apiKey: 'k', baseURL: 'http://gateway.test/v1', fetch, maxRetries: 0 })
    let text = ''
    let total = 0
    for await (const chunk of await client.completions.create({ model: 'm', prompt: 'x', stream: true })) {
      text += chunk.choices[0]?.text ?? ''
      total = chunk.usage?.total_tokens ?? total
    }

    expect(text).toBe('Once upon')
    expect(total).toBe(5)
  })

  it('counts the offsets of tokens over all chunks', () => {
    const content = (token: string) => [{ token, logprob: -1, bytes: null, top_logprobs: [] }]
    const writer = wire.openWriter(about)
    const offsets = ['Once', ' upon'].map((it) => {
      const chunk = JSON.parse(
        writer.write({ type: 'logprobs', content: content(it) }).slice('data: '.length),
      )
      return chunk.choices[0].logprobs.text_offset
    })
    expect(offsets).toEqual([[0], [4]])
  })

  it('hands on a failure in the middle of a stream, and ends there', () => {
    const deltas = read(
      Buffer.from(
        written([
          { type: 'text', text: 'Once' },
          { type: 'error', status: 503, message: 'gone' },
        ]),
      ),
    )
    expect(deltas.at(-1)).toEqual({ type: 'error', status: 502, message: 'gone' })
    expect(written([{ type: 'error', status: 503, message: 'gone' }])).not.toContain('[DONE]')
  })
})

describe('a completion by a chat model', () => {
  it('is what a user says, and names what chat has not', () => {
    const asked = wire.parseRequest({
      model: 'm',
      prompt: ['Once upon'],
      max_tokens: 5,
      suffix: ' end',
      echo: true,
      best_of: 3,
    })
    const { body, warnings } = openaiChat.writeRequest(asked, 'gpt')

    expect(body).toMatchObject({
      messages: [{ role: 'user', content: 'Once upon' }],
      max_completion_tokens: 5,
    })
    expect(warnings).toEqual(['suffix: not supported', 'echo: not supported', 'best_of: not supported'])
  })

  it.each([[['a', 'b']], [[1, 2]], [[[1], [2]]]])('of %j is refused: it has no counterpart', (prompt) => {
    const asked = wire.parseRequest({ model: 'm', prompt })
    expect(() => openaiChat.writeRequest(asked, 'gpt')).toThrow(
      expect.objectContaining({ code: 'request.not_translatable' }),
    )
  })
})

describe('a conversation for a model that completes texts', () => {
  const write = (request: Partial<NeutralRequest>) =>
    wire.writeRequest(
      { model: 'm', stream: false, messages: [], extra: {}, from: 'openai-chat', ...request },
      'm',
    )
  const said = (role: 'system' | 'user' | 'assistant', text: string) => ({
    role,
    parts: [{ type: 'text' as const, text }],
  })

  it('is one text, and says so', () => {
    expect(write({ messages: [said('user', 'hi')] })).toEqual({
      body: { model: 'm', prompt: 'hi' },
      warnings: [],
    })
    expect(write({ messages: [said('system', 'Rules.'), said('user', 'hi')] })).toEqual({
      body: { model: 'm', prompt: 'Rules.\n\nhi' },
      warnings: ['messages: written as one text'],
    })
    expect(
      write({ messages: [said('user', 'hi'), said('assistant', 'ho'), said('user', 'and?')] }).body,
    ).toEqual({
      model: 'm',
      prompt: 'User: hi\n\nAssistant: ho\n\nUser: and?\n\nAssistant:',
    })
  })

  it('names what it leaves out', () => {
    const { warnings } = write({
      messages: [{ role: 'user', parts: [{ type: 'image', url: 'https://a.test/b.png' }] }],
      tools: [{ name: 'w', parameters: {} }],
      responseFormat: { type: 'json' },
      topK: 3,
    })
    expect(warnings).toEqual([
      'tools: not supported',
      'response_format: not supported',
      'top_k: not supported',
      'messages[0]: a part of type "image" is not supported',
    ])
  })
})

describe('a field that is not of the format', () => {
  it.each([
    [{ prompt: 'x' }, 'model'],
    [{ model: 'm', prompt: 7 }, 'prompt'],
    [{ model: 'm', prompt: {} }, 'prompt'],
    [{ model: 'm', prompt: 'x', max_tokens: 'many' }, 'max_tokens'],
    [{ model: 'm', prompt: 'x', stop: 3 }, 'stop'],
    [{ model: 'm', prompt: 'x', logprobs: true }, 'logprobs'],
  ])('is refused and named: %j', (body, field) => {
    expect(() => wire.parseRequest(body)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    )
  })
})
