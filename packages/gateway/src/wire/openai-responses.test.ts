import fc from 'fast-check'
import OpenAI from 'openai'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { ReplyAbout } from '../contract/wire.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses as wire } from './openai-responses.ts'
import { SseReader } from './sse.ts'

type Fields = Record<string, unknown>

const about: ReplyAbout = { id: 'resp_r1', model: 'm', created: 7, streamUsage: true }

const word = fc.string({ minLength: 1, maxLength: 8 })
const id = fc.string({ unit: fc.constantFrom('a', 'b', '7'), minLength: 3, maxLength: 6 })
const args = fc.dictionary(word, fc.oneof(fc.string(), fc.integer())).map((it) => JSON.stringify(it))
const some = <T>(it: fc.Arbitrary<T>) => fc.array(it, { minLength: 1, maxLength: 3 })
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
  fc.record(fields, { requiredKeys: required }) as fc.Arbitrary<Fields>

// Requests, in the format's own words. Shorthand that means the same is spelled in one way.

const inputPart = fc.oneof(
  record(
    { type: fc.constant('input_text'), text: word, prompt_cache_breakpoint: fc.constant({ type: 'x' }) },
    ['type', 'text'],
  ),
  record({ type: fc.constant('input_image'), image_url: fc.constant('https://a.test/b.png'), detail: word }, [
    'type',
    'image_url',
  ]),
  record({ type: fc.constant('input_image'), file_id: id }, ['type', 'file_id']),
  record({ type: fc.constant('input_file'), file_id: id }, ['type', 'file_id']),
  record({ type: fc.constant('input_file'), file_url: fc.constant('https://a.test/b.pdf') }, [
    'type',
    'file_url',
  ]),
  fc.constant({ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' }),
  fc.constant({ type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } }),
)
const inputMessage = fc
  .tuple(
    fc.constantFrom('user', 'system', 'developer'),
    fc.oneof(word, fc.array(inputPart, { minLength: 2 })),
  )
  .map(([role, content]) => ({ role, content }))
const outputText = record(
  {
    type: fc.constant('output_text'),
    text: word,
    annotations: some(fc.constant({ type: 'url_citation', url: 'https://a.test' })),
    logprobs: some(fc.constant({ token: 'a', logprob: -1 })),
  },
  ['type', 'text', 'annotations'],
)
const refusal = fc.record({ type: fc.constant('refusal'), refusal: word })
const outputMessage = record(
  {
    type: fc.constant('message'),
    id,
    status: fc.constant('completed'),
    role: fc.constant('assistant'),
    phase: fc.constant('final_answer'),
    content: some(fc.oneof(outputText, refusal)),
  },
  ['type', 'id', 'role', 'content'],
)
const summary = (most: number) =>
  fc.array(fc.record({ type: fc.constant('summary_text'), text: word }), { maxLength: most })
const reasoning = fc.oneof(
  record({ type: fc.constant('reasoning'), id, summary: summary(3), encrypted_content: word }, [
    'type',
    'id',
    'summary',
  ]),
  fc.record({
    type: fc.constant('reasoning'),
    id,
    summary: summary(1),
    content: some(fc.record({ type: fc.constant('reasoning_text'), text: word })),
  }),
)
const functionCall = record(
  {
    type: fc.constant('function_call'),
    id,
    call_id: id,
    name: word,
    arguments: args,
    status: word,
    namespace: word,
  },
  ['type', 'call_id', 'name', 'arguments'],
)
const callOutput = record(
  {
    type: fc.constant('function_call_output'),
    id,
    call_id: id,
    output: fc.oneof(word, fc.array(inputPart, { minLength: 2 })),
  },
  ['type', 'call_id', 'output'],
)
const hosted = fc.constantFrom<Fields>(
  { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
  { type: 'item_reference', id: 'msg_7' },
  { type: 'custom_tool_call', call_id: 'c', name: 'sh', input: 'ls' },
  { type: 'custom_tool_call_output', call_id: 'c', output: 'a.txt' },
  { type: 'compaction', id: 'cmp_1', encrypted_content: 'gA' },
)
const item = fc.oneof(
  inputMessage,
  word.map((content) => ({ role: 'assistant', content })),
  outputMessage,
  reasoning,
  functionCall,
  callOutput,
  hosted,
)

const tool = fc.oneof(
  record(
    {
      type: fc.constant('function'),
      name: word,
      description: word,
      parameters: fc.constant({ type: 'object' }),
      strict: fc.boolean(),
      defer_loading: fc.constant(true),
    },
    ['type', 'name', 'parameters'],
  ),
)
const tools = fc
  .tuple(fc.array(tool, { maxLength: 2 }), fc.array(fc.constant({ type: 'web_search' }), { maxLength: 1 }))
  .map(([own, hosted]) => [...own, ...hosted])

const request = record(
  {
    model: word,
    input: fc.array(item, { maxLength: 6 }),
    instructions: word,
    stream: fc.constant(true),
    max_output_tokens: fc.nat(),
    temperature: fc.constantFrom(0, 0.5),
    top_p: fc.constantFrom(0.1, 1),
    top_logprobs: fc.nat(5),
    include: fc.subarray(
      ['reasoning.encrypted_content', 'message.output_text.logprobs', 'web_search_call.results'],
      {
        minLength: 1,
      },
    ),
    user: word,
    metadata: fc.dictionary(word, word),
    service_tier: fc.constant('flex'),
    tools,
    tool_choice: fc.constantFrom<unknown>(
      'auto',
      'required',
      { type: 'function', name: 'w' },
      { type: 'mcp' },
    ),
    parallel_tool_calls: fc.boolean(),
    text: record(
      {
        format: fc.constantFrom<unknown>(
          { type: 'text' },
          { type: 'json_object' },
          { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
          { type: 'grammar', syntax: 'lark' },
        ),
        verbosity: fc.constant('low'),
      },
      ['verbosity'],
    ),
    reasoning: record({ effort: fc.constantFrom('low', 'xhigh', 'max'), summary: fc.constant('auto') }, [
      'effort',
    ]),
    store: fc.boolean(),
    previous_response_id: id,
    prompt_cache_key: word,
    truncation: fc.constant('auto'),
    background: fc.boolean(),
    stream_options: fc.constant({ include_obfuscation: false }),
  },
  ['model', 'input'],
)

// Replies.

const usage = fc.record({
  inputTokens: fc.nat(99),
  outputTokens: fc.nat(99),
  cachedInputTokens: fc.nat(9),
  cacheWriteTokens: fc.nat(9),
  reasoningTokens: fc.nat(9),
})
const said = fc.oneof(
  word.map((text): NeutralDelta[] => [{ type: 'text', text }]),
  word.map((text): NeutralDelta[] => [{ type: 'refusal', text }]),
  fc
    .tuple(word, fc.option(word, { nil: undefined }))
    .map(([text, signature]): NeutralDelta[] => [
      { type: 'reasoning', text },
      signature === undefined ? { type: 'reasoning_end' } : { type: 'reasoning_end', signature },
    ]),
  word.map((url): NeutralDelta[] => [
    { type: 'text', text: 'see' },
    { type: 'citation', citation: { url, title: 't', start: 0, end: 3 } },
  ]),
  fc.constant<NeutralDelta[]>([
    { type: 'text', text: 'a' },
    { type: 'logprobs', content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }] },
  ]),
  fc.constant<NeutralDelta[]>([{ type: 'media', mediaType: 'image/png', data: 'aGk=' }]),
  fc.constant<NeutralDelta[]>([
    {
      type: 'other',
      from: 'openai-responses',
      kind: 'web_search_call',
      value: { type: 'web_search_call', id: 'ws' },
    },
  ]),
)
/** No two items of a response have the same id. */
function named(delta: NeutralDelta, i: number): NeutralDelta {
  return delta.type === 'other' ? { ...delta, value: { ...delta.value, id: `ws_${i}` } } : delta
}

const reply = fc
  .record({
    model: word,
    parts: fc.array(said, { maxLength: 5 }),
    calls: fc.array(fc.tuple(id, word, args), { maxLength: 3 }),
    usage,
  })
  .map((it): readonly NeutralDelta[] => [
    { type: 'start', id: about.id, model: it.model },
    ...it.parts.flatMap((part, i) => part.map((delta) => named(delta, i))),
    ...it.calls.map(
      ([callId, name], index): NeutralDelta => ({ type: 'tool_call', index, id: callId + index, name }),
    ),
    // The pieces of all calls among each other, as some providers send them.
    ...it.calls.map(
      ([, , text], index): NeutralDelta => ({ type: 'tool_call', index, arguments: text.slice(0, 1) }),
    ),
    ...it.calls.map(
      ([, , text], index): NeutralDelta => ({ type: 'tool_call', index, arguments: text.slice(1) }),
    ),
    { type: 'usage', usage: it.usage },
    { type: 'finish', reason: it.calls.length > 0 ? 'tool_calls' : 'stop' },
  ])

/** What a reply says, kind by kind, without how it was cut into pieces. */
function gist(deltas: readonly NeutralDelta[]): Fields {
  const said: Record<string, unknown[]> = {}
  const texts: Record<string, string> = {}
  const calls: Record<number, string> = {}
  for (const delta of deltas) {
    const { type } = delta
    if (type === 'tool_call') {
      const piece = `${delta.id ?? ''}${delta.name ?? ''}${delta.arguments ?? ''}`
      calls[delta.index] = (calls[delta.index] ?? '') + piece
    } else if (type === 'text' || type === 'refusal' || type === 'reasoning') {
      texts[type] = (texts[type] ?? '') + delta.text
    } else if (type === 'logprobs') (said[type] ??= []).push(...delta.content)
    else (said[type] ??= []).push(gistOf(delta))
  }
  return { said, texts, calls }
}

/** Without ids that the writer makes; a refusal ends as it is, whoever calls it a stop. */
function gistOf(delta: NeutralDelta): unknown {
  if (delta.type === 'reasoning_end') return delta.signature
  if (delta.type === 'media') return delta.data
  if (delta.type === 'finish') return delta.reason === 'tool_calls'
  // Searches are counted by their items, and no writer writes how many.
  if (delta.type === 'usage') return { ...delta.usage, toolCalls: undefined }
  return delta
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

function eventsOf(text: string): Fields[] {
  const events: Fields[] = []
  const reader = new SseReader((event, data) => {
    const it = JSON.parse(data) as Fields
    expect(event).toBe(it['type'])
    events.push(it)
  })
  reader.read(Buffer.from(text))
  return events
}

describe('openai-responses', () => {
  it('writes the requests of its own format as they were', () => {
    fc.assert(
      fc.property(request, (body) => {
        const { body: again, warnings } = wire.writeRequest(wire.parseRequest(body), String(body['model']))

        expect(JSON.parse(JSON.stringify(again))).toEqual(body)
        expect(warnings).toEqual([])
      }),
      { numRuns: 500 },
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

  it('reads back the streams that it writes, and says whole what it says streamed', () => {
    fc.assert(
      fc.property(reply, (deltas) => {
        const stream = written(deltas)
        expect(gist(read(Buffer.from(stream)))).toEqual(gist(deltas))
        expect(eventsOf(stream).at(-1)?.['response']).toEqual(
          JSON.parse(JSON.stringify(wire.writeReply(deltas, about))),
        )
      }),
    )
  })

  it('reads the same wherever a stream is cut', () => {
    fc.assert(
      fc.property(reply, fc.double({ min: 0, max: 1, noNaN: true }), (deltas, share) => {
        const bytes = Buffer.from(written(deltas))
        expect(read(bytes, Math.floor(bytes.length * share))).toEqual(read(bytes))
      }),
    )
  })

  it('orders its events so that the official client follows them', async () => {
    await fc.assert(
      fc.asyncProperty(reply, async (deltas) => {
        const events = eventsOf(written(deltas))
        expect(events.map((it) => it['sequence_number'])).toEqual(events.map((_, i) => i))
        const lines = events.map((it) => `${JSON.stringify(it)}\n`).join('')
        const body = new Response(lines).body as ReadableStream
        const final = await ResponseStream.fromReadableStream(body).finalResponse()
        const text = deltas.map((it) => (it.type === 'text' ? it.text : '')).join('')
        expect(final.output_text).toBe(text)
        expect(final.output.filter((it) => it.type === 'function_call')).toHaveLength(
          new Set(deltas.map((it) => (it.type === 'tool_call' ? it.index : null))).size - 1,
        )
      }),
    )
  }, 60_000)
})

describe('a streamed response', () => {
  const start: NeutralDelta = { type: 'start', id: 'x', model: 'm-1' }

  it('goes item by item and part by part', () => {
    const deltas: NeutralDelta[] = [
      start,
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning_end', signature: 'sig' },
      { type: 'text', text: 'Hi' },
      { type: 'refusal', text: 'no' },
      { type: 'tool_call', index: 0, id: 'c1', name: 'w', arguments: '{}' },
      { type: 'finish', reason: 'tool_calls' },
    ]

    expect(eventsOf(written(deltas)).map((it) => it['type'])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.content_part.added',
      'response.refusal.delta',
      'response.refusal.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
  })

  it.each([
    ['length', 'max_output_tokens'],
    ['context_length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ] as const)('that ends by %s is incomplete because of %s', (reason, told) => {
    const last = eventsOf(written([start, { type: 'text', text: 'Hi' }, { type: 'finish', reason }])).at(-1)

    expect(last?.['type']).toBe('response.incomplete')
    expect(last?.['response']).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: told },
      output: [{ status: 'incomplete', content: [{ text: 'Hi' }] }],
    })
  })

  it('that fails says so twice, and nothing after it', () => {
    const events = eventsOf(
      written([start, { type: 'error', status: 503, message: 'gone', code: 'overloaded' }]),
    )

    expect(events.slice(-2)).toMatchObject([
      { type: 'error', code: 'overloaded', message: 'gone', error: { message: 'gone' } },
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'overloaded', message: 'gone' } },
      },
    ])
  })

  it('that fails is read once', () => {
    const text = written([start, { type: 'error', status: 503, message: 'gone', code: 'overloaded' }])
    expect(read(Buffer.from(text)).slice(1)).toEqual([
      { type: 'error', status: 503, message: 'gone', code: 'overloaded' },
    ])
  })

  it('ends with an error that the client throws, with its text', async () => {
    const fetch = async () =>
      new Response(wire.writeStreamError({ status: 503, code: 'call.cut', message: 'the gateway stops' }), {
        headers: { 'content-type': 'text/event-stream' },
      })
    const client = new OpenAI({ apiKey: 'k', baseURL: 'http://gateway.test/v1', fetch, maxRetries: 0 })
    const stream = await client.responses.create({ model: 'm', input: 'hi', stream: true })

    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow('the gateway stops')
  })
})

describe('a response', () => {
  it('repeats the settings of the request, and those that were not given as they are by default', () => {
    const asked = wire.parseRequest({
      model: 'm',
      input: 'hi',
      instructions: 'be brief',
      temperature: 0.2,
      tools: [{ type: 'function', name: 'w', parameters: {}, strict: true }],
      reasoning: { effort: 'low', summary: 'auto' },
      metadata: { a: 'b' },
      text: { format: { type: 'json_object' } },
    })
    const body = wire.writeReply([{ type: 'text', text: 'x' }], { ...about, request: asked })

    expect(body).toMatchObject({
      id: 'resp_r1',
      object: 'response',
      created_at: 7,
      status: 'completed',
      error: null,
      incomplete_details: null,
      instructions: 'be brief',
      model: 'm',
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: 'low', summary: 'auto' },
      store: false,
      temperature: 0.2,
      text: { format: { type: 'json_object' } },
      tool_choice: 'auto',
      tools: [{ type: 'function', name: 'w', parameters: {}, strict: true }],
      top_p: 1,
      truncation: 'disabled',
      metadata: { a: 'b' },
    })
  })
})

describe('a request of the Responses API for other formats', () => {
  const asked = {
    model: 'm',
    instructions: 'be brief',
    input: [
      { role: 'developer', content: 'be kind' },
      { role: 'user', content: [{ type: 'input_text', text: 'weather?' }] },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'gA',
      },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'w', arguments: '{"at":"Rome"}' },
      { type: 'function_call', id: 'fc_2', call_id: 'c2', name: 'w', arguments: '{"at":"Oslo"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      { type: 'function_call_output', call_id: 'c2', output: 'rain' },
    ],
    max_output_tokens: 50,
    include: ['reasoning.encrypted_content'],
    store: false,
    prompt_cache_key: 'k',
    truncation: 'auto',
  }

  it('makes turns of items: one message with both calls, and one result for each', () => {
    const { body } = openaiChat.writeRequest(wire.parseRequest(asked), 'gpt')

    expect(body['messages']).toMatchObject([
      { role: 'system', content: 'be brief' },
      { content: 'be kind' },
      { role: 'user', content: 'weather?' },
      { role: 'assistant', tool_calls: [{ id: 'c1' }, { id: 'c2' }] },
      { role: 'tool', tool_call_id: 'c1', content: 'sun' },
      { role: 'tool', tool_call_id: 'c2', content: 'rain' },
    ])
    expect(body['max_completion_tokens']).toBe(50)
  })
})

describe('a request of another format for the Responses API', () => {
  it('stores nothing, keeps optional parameters optional, and names what it leaves out', () => {
    const request = openaiChat.parseRequest({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ type: 'function', function: { name: 'w', parameters: { type: 'object' } } }],
      stop: ['x'],
      seed: 7,
      presence_penalty: 0,
    })
    const { body, warnings } = wire.writeRequest(request, 'gpt')

    expect(body).toMatchObject({
      model: 'gpt',
      input: [{ role: 'user', content: 'hi' }],
      store: false,
      tools: [{ type: 'function', name: 'w', strict: false }],
    })
    expect(warnings).toEqual(expect.arrayContaining(['stop: not supported', 'seed: not supported']))
    expect(warnings).toHaveLength(2)
  })

  it('asks for the proof of thoughts, which nobody stores', () => {
    const request = openaiChat.parseRequest({ model: 'm', messages: [] })
    const thinking = { ...request, from: 'openai-chat' as const, reasoning: { effort: 'high' as const } }
    const { body } = wire.writeRequest(thinking, 'gpt')

    expect(body).toMatchObject({ include: ['reasoning.encrypted_content'], store: false })
  })
})

describe('what a response repeats of its request', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  const ask = (field: string, value: unknown) => () =>
    wire.parseRequest({ model: 'm', input: 'hi', [field]: value })

  it.each(['max_tool_calls', 'prompt_cache_key', 'tools'])(
    'is refused before anybody is asked where it is nested too deeply to be written: %s',
    (field) => {
      const of = (levels: number) =>
        field === 'tools' ? [{ type: 'mcp', x: nested(levels) }] : nested(levels)
      expect(ask(field, of(100_000))).toThrow(`"${field}": found JSON of more levels, expected at most 1000`)
      expect(ask(field, of(900))).not.toThrow()
    },
  )
})

describe('a field that is not of the format', () => {
  it.each([
    [{ input: 'hi' }, 'model'],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: {} }, 'input'],
    [{ model: 'm', input: ['hi'] }, 'input[0]'],
    [{ model: 'm', input: [{ role: 'nobody', content: 'hi' }] }, 'input[0].role'],
    [{ model: 'm', input: [{ role: 'user', content: 7 }] }, 'input[0].content'],
    [{ model: 'm', input: [{ type: 'function_call', name: 'w', arguments: '{}' }] }, 'input[0].call_id'],
    [{ model: 'm', input: [], max_output_tokens: 'many' }, 'max_output_tokens'],
    [{ model: 'm', input: [], tools: [3] }, 'tools[0]'],
    [{ model: 'm', input: [], metadata: { a: 1 } }, 'metadata.a'],
    [{ model: 'm', input: [], text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
  ])('is refused and named: %j', (body, field) => {
    expect(() => wire.parseRequest(body)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    )
  })
})
