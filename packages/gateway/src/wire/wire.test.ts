/**
 * What holds for the formats that are made of messages: what they write, they read back, whole and streamed.
 * Formats of other shapes have a test of their own beside them.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta, NeutralMessage, NeutralPart, NeutralRequest } from '../contract/neutral.ts'
import type { ReplyAbout, Wire } from '../contract/wire.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { foldReply } from './fold-reply.ts'
import { openaiChat } from './openai-chat.ts'
import { SseReader } from './sse.ts'

const about: ReplyAbout = { id: 'r1', model: 'm', created: 7, streamUsage: true }

const word = fc.string({ minLength: 1, maxLength: 12 })
const text = word.map((it): NeutralPart => ({ type: 'text', text: it }))
const image = fc
  .constantFrom('https://example.com/a.png', 'data:image/png;base64,aGk=')
  .map((url): NeutralPart => ({ type: 'image', url }))
const args = fc
  .dictionary(word, fc.oneof(fc.string(), fc.integer(), fc.boolean()))
  .map((it) => JSON.stringify(it))
const call = fc
  .tuple(word, word, args)
  .map(([id, name, it]): NeutralPart => ({ type: 'tool_call', id, name, arguments: it }))
const result = fc.tuple(word, fc.string()).map(
  ([id, it]): NeutralPart => ({
    type: 'tool_result',
    id,
    parts: it === '' ? [] : [{ type: 'text', text: it }],
  }),
)

/** A turn of the user and the assistant's answer, which may be calls of tools and their one result. */
const turn = fc.oneof(
  fc
    .tuple(fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 3 }), text)
    .map(([asked, said]): NeutralMessage[] => [
      { role: 'user', parts: asked },
      { role: 'assistant', parts: [said] },
    ]),
  fc.tuple(text, call, result, text).map(([asked, calls, answer, said]): NeutralMessage[] => [
    { role: 'user', parts: [asked] },
    { role: 'assistant', parts: [calls] },
    { role: 'tool', parts: [answer] },
    { role: 'assistant', parts: [said] },
  ]),
)

const tool = fc.record(
  { name: word, description: fc.string(), parameters: fc.constant({ type: 'object' }), strict: fc.boolean() },
  { requiredKeys: ['name', 'parameters'] },
)

const request: fc.Arbitrary<NeutralRequest> = fc
  .record(
    {
      model: word,
      system: fc.option(word, { nil: null }),
      turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
      stream: fc.boolean(),
      maxTokens: fc.nat(),
      temperature: fc.constantFrom(0, 0.5, 1),
      topP: fc.constantFrom(0.1, 1),
      stop: fc.array(word, { minLength: 1, maxLength: 3 }),
      user: word,
      withTools: fc.option(
        fc.record(
          {
            tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
            toolChoice: fc.oneof(
              fc.constantFrom('auto' as const, 'required' as const),
              word.map((name) => ({ name })),
            ),
            parallelToolCalls: fc.constant(false),
          },
          { requiredKeys: ['tools', 'toolChoice'] },
        ),
        { nil: undefined },
      ),
    },
    { requiredKeys: ['model', 'system', 'turns', 'stream', 'maxTokens'] },
  )
  .map(({ system, turns, withTools, ...rest }) => {
    const first: NeutralMessage[] =
      system === null ? [] : [{ role: 'system', parts: [{ type: 'text', text: system }] }]
    return { ...rest, ...withTools, messages: [...first, ...turns.flat()], extra: {} }
  })

const usage = fc
  .tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000))
  .map(([plain, outputTokens, cachedInputTokens, cacheWriteTokens]) => ({
    inputTokens: plain + cachedInputTokens + cacheWriteTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens,
  }))
const reply: fc.Arbitrary<readonly NeutralDelta[]> = fc
  .record({
    texts: fc.array(word, { maxLength: 4 }),
    calls: fc.array(fc.tuple(word, word, args), { maxLength: 3 }),
    usage,
    reason: fc.constantFrom('stop' as const, 'length' as const),
  })
  .map((it): readonly NeutralDelta[] => [
    { type: 'start', id: about.id, model: 'm-1' },
    ...it.texts.map((text) => ({ type: 'text' as const, text })),
    ...it.calls.flatMap(([id, name, said], index): NeutralDelta[] => [
      { type: 'tool_call', index, id, name, arguments: '' },
      { type: 'tool_call', index, arguments: said },
    ]),
    { type: 'usage', usage: it.usage },
    { type: 'finish', reason: it.calls.length > 0 ? 'tool_calls' : it.reason },
  ])

function stream(wire: Wire, deltas: readonly NeutralDelta[]): readonly NeutralDelta[] {
  const writer = wire.openWriter(about)
  const written = deltas.map((delta) => writer.write(delta)).join('') + writer.end()
  const reader = wire.openReader()
  const read: NeutralDelta[] = []
  const events = new SseReader((event, data) => read.push(...reader.read(event, data)))
  events.read(Buffer.from(written))
  events.end()
  return read
}

describe.each([anthropicMessages, openaiChat].map((it) => [it.name, it] as const))('%s', (_, wire) => {
  it('reads back the requests that it writes', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { body, warnings } = wire.writeRequest(asked, asked.model)

        expect(wire.parseRequest(JSON.parse(JSON.stringify(body)))).toEqual({ ...asked, from: wire.name })
        expect(warnings).toEqual([])
      }),
    )
  })

  it('reads back the whole replies that it writes', () => {
    fc.assert(
      fc.property(reply, (deltas) => {
        const body = JSON.parse(JSON.stringify(wire.writeReply(deltas, about)))
        expect(foldReply(wire.parseReply(body))).toEqual(foldReply(deltas))
      }),
    )
  })

  it('reads back the streams that it writes', () => {
    fc.assert(
      fc.property(reply, (deltas) => {
        const read = foldReply(stream(wire, deltas))
        expect({ ...read, id: about.id }).toEqual(foldReply(deltas))
      }),
    )
  })

  it('reads the text of the errors that it writes', () => {
    const error = { status: 429, code: 'policy.limit_reached', message: 'wait', param: 'model' }
    expect(wire.readError(wire.writeError(error))).toBe('wait')
    expect(wire.readError('<html>')).toBeNull()
    expect(wire.readError({ detail: 'not found' })).toBeNull()
  })

  it('hands on a failure in the middle of a stream', () => {
    const reader = wire.openReader()
    const seen: NeutralDelta[] = []
    const events = new SseReader((event, data) => seen.push(...reader.read(event, data)))
    events.read(Buffer.from(wire.writeStreamError({ status: 503, code: 'call.cut', message: 'gone' })))

    expect(seen).toEqual([{ type: 'error', status: expect.any(Number), message: 'gone' }])
  })

  it.each([
    [{ messages: [] }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ model: 'm', messages: {} }, 'messages'],
    [{ model: 'm', messages: ['hi'] }, 'messages[0]'],
    [{ model: 'm', messages: [{ role: 'nobody', content: 'hi' }] }, 'messages[0].role'],
    [{ model: 'm', messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ model: 'm', messages: [], max_tokens: 'many' }, 'max_tokens'],
    [{ model: 'm', messages: [], tools: [3] }, 'tools[0]'],
  ])('refuses %j and names the field', (body, field) => {
    expect(() => wire.parseRequest(body)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    )
  })
})

describe('an OpenAI request for Anthropic', () => {
  const translate = (body: object) => {
    const asked = openaiChat.parseRequest({ model: 'm', messages: [], max_tokens: 9, ...body })
    const { body: written, warnings, notes = [] } = anthropicMessages.writeRequest(asked, 'claude')
    return { body: written, warnings, notes }
  }

  it('puts system and developer messages first and the results of tools into one turn', () => {
    const { body } = translate({
      messages: [
        { role: 'developer', content: 'be brief' },
        { role: 'system', content: [{ type: 'text', text: 'be kind' }] },
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'w', arguments: '{"at":"Rome"}' } },
            { id: 'b', type: 'function', function: { name: 'w', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'sun' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'rain' }] },
        { role: 'user', content: 'and?' },
      ],
    })

    expect(body).toEqual({
      model: 'claude',
      max_tokens: 9,
      system: 'be brief\n\nbe kind',
      messages: [
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'a', name: 'w', input: { at: 'Rome' } },
            { type: 'tool_use', id: 'b', name: 'w', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'sun' },
            { type: 'tool_result', tool_use_id: 'b', content: 'rain' },
            { type: 'text', text: 'and?' },
          ],
        },
      ],
    })
  })

  it('sends images by their bytes or by their address', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } })
    const { body } = translate({
      messages: [
        { role: 'user', content: [image('data:image/png;base64,aGk='), image('https://x.test/a.png')] },
      ],
    })

    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
        ],
      },
    ])
  })

  it.each([
    ['none', undefined, { type: 'none' }],
    ['required', false, { type: 'any', disable_parallel_tool_use: true }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [{ type: 'function', function: { name: 'w' } }, true, { type: 'tool', name: 'w' }],
    [undefined, undefined, undefined],
  ])('says of tools %j and parallel %j what Anthropic understands', (choice, parallel, expected) => {
    const { body } = translate({
      tools: [{ type: 'function', function: { name: 'w', parameters: { type: 'object' } } }],
      tool_choice: choice,
      parallel_tool_calls: parallel,
    })

    expect(body['tools']).toEqual([{ name: 'w', input_schema: { type: 'object' } }])
    expect(body['tool_choice']).toEqual(expected)
  })

  it('names what it had to drop or change, and nothing that is lost without harm', () => {
    const { body, warnings, notes } = translate({
      max_tokens: undefined,
      temperature: 1.5,
      seed: 4,
      n: 1,
      frequency_penalty: 0,
      presence_penalty: 0.5,
      logit_bias: { 5: 1 },
      response_format: { type: 'json_object' },
      store: true,
      top_k: 3,
      messages: [
        {
          role: 'user',
          name: 'bo',
          content: [
            { type: 'input_audio', input_audio: {} },
            { type: 'text', text: 'x' },
          ],
        },
      ],
    })

    expect(warnings).toEqual([
      'seed: not supported',
      'presence_penalty: not supported',
      'logit_bias: not supported',
      'messages[0]: a part of type "input_audio" is not supported',
      'response_format: not supported',
      'messages[0].name: not supported',
      'temperature: 1.5 is above the highest, 1 is used',
    ])
    expect(notes).toEqual(['max_tokens: not given, 4096 is used'])
    expect(body).toMatchObject({ max_tokens: 4096, temperature: 1, top_k: 3 })
  })

  it('with arguments that are no JSON object is refused: the model would see another call', () => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'w', arguments: '{"at":' } }]
    expect(() => translate({ messages: [{ role: 'assistant', tool_calls }] })).toThrow(
      'expected a JSON object',
    )
  })
})
