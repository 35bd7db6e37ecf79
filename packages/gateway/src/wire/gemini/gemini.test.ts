import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta, NeutralRequest } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { anthropicMessages } from '../anthropic-messages.ts'
import { foldReply } from '../fold-reply.ts'
import { gemini, geminiArray } from '../gemini.ts'
import { openaiChat } from '../openai-chat.ts'
import { SseReader } from '../sse.ts'
import type { parseGeminiRequest } from './parse-request.ts'

const about: ReplyAbout = { id: 'r1', model: 'm', created: 7, streamUsage: true }

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/)
const text = fc.string({ maxLength: 12 })
const json = fc.dictionary(word, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(fc.integer())))
const signature = fc.constantFrom('c2ln', 'c2lnbmVk')
const beside = fc.record({ thoughtSignature: signature }, { requiredKeys: [] })

const asked = fc.oneof(
  text.map((it) => ({ text: it })),
  fc
    .constantFrom('image/png', 'audio/wav', 'audio/mpeg', 'application/pdf', 'video/mp4')
    .map((mimeType) => ({ inlineData: { mimeType, data: 'aGk=' }, mediaResolution: { level: 'LOW' } })),
  fc.constant({ inlineData: { mimeType: 'image/png', data: 'aGk=', displayName: 'a.png' } }),
  fc
    .constantFrom('image/png', 'application/pdf')
    .map((mimeType) => ({ fileData: { mimeType, fileUri: 'https://example.com/x' } })),
  fc.constant({ fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/v' }, videoMetadata: { fps: 2 } }),
)
const thought = fc.record(
  { text, thought: fc.constant(true), thoughtSignature: signature },
  { requiredKeys: ['text', 'thought'] },
)
const said = fc.oneof(
  fc.tuple(text, beside).map(([it, more]) => ({ text: it, ...more })),
  thought,
  fc.constant({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
  fc.constant({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }),
)
const called = fc
  .tuple(word, json, beside, fc.option(word, { nil: undefined }))
  .map(([name, args, more, id]) => ({
    call: { functionCall: { ...(id === undefined ? {} : { id }), name, args }, ...more },
    answer: (response: object) => ({
      functionResponse: { ...(id === undefined ? {} : { id }), name, response },
    }),
  }))
const turn = fc.oneof(
  fc
    .tuple(fc.array(asked, { minLength: 1, maxLength: 3 }), fc.array(said, { minLength: 1, maxLength: 3 }))
    .map(([mine, its]): object[] => [
      { role: 'user', parts: mine },
      { role: 'model', parts: its },
    ]),
  fc.tuple(fc.array(called, { minLength: 1, maxLength: 3 }), json).map(([calls, response]): object[] => [
    { role: 'model', parts: calls.map((it) => it.call) },
    { role: 'user', parts: calls.map((it) => it.answer(response)) },
  ]),
)

const schema = fc.constantFrom(
  { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } }, required: ['a'] },
  { type: 'ARRAY', items: { type: 'INTEGER', format: 'int64' }, minItems: '2' },
)
const jsonSchema = fc.constant({ type: 'object', properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: {} } })
const declared = fc.oneof(
  fc.record({ name: word, description: text, parameters: schema, behavior: fc.constant('BLOCKING') }),
  fc.record({ name: word, parametersJsonSchema: jsonSchema, response: schema }),
  fc.record({ name: word }),
)

const config = fc
  .record(
    {
      temperature: fc.constantFrom(0, 0.5, 2),
      topP: fc.constant(0.9),
      topK: fc.nat(40),
      candidateCount: fc.constantFrom(1, 2),
      maxOutputTokens: fc.nat(),
      stopSequences: fc.array(word, { minLength: 1, maxLength: 7 }),
      seed: fc.integer(),
      presencePenalty: fc.constant(0.2),
      frequencyPenalty: fc.constant(-0.2),
      responseLogprobs: fc.boolean(),
      logprobs: fc.constant(3),
      responseModalities: fc.constant(['TEXT', 'IMAGE']),
      speechConfig: fc.constant({ languageCode: 'de-DE' }),
      thinkingConfig: fc.constantFrom(
        { thinkingBudget: 0 },
        { thinkingBudget: -1, includeThoughts: true },
        { thinkingBudget: 512 },
        { thinkingLevel: 'LOW', includeThoughts: false },
      ),
      format: fc.option(
        fc.oneof(
          fc.constant({ responseMimeType: 'application/json' }),
          fc.constant({ responseMimeType: 'text/plain' }),
          fc.constant({ responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a'] } }),
          schema.map((it) => ({ responseMimeType: 'application/json', responseSchema: it })),
          jsonSchema.map((it) => ({ responseMimeType: 'application/json', responseJsonSchema: it })),
        ),
        { nil: undefined },
      ),
    },
    { requiredKeys: [] },
  )
  .map(({ format, ...it }) => ({ ...it, ...format }))

const body = fc.record(
  {
    contents: fc.array(turn, { minLength: 1, maxLength: 3 }).map((it) => it.flat()),
    systemInstruction: text.map((it) => ({ role: 'user', parts: [{ text: it }] })),
    tools: fc
      .array(declared, { minLength: 1, maxLength: 3 })
      .map((functionDeclarations): object[] => [{ functionDeclarations }, { googleSearch: {} }]),
    toolConfig: fc.constantFrom(
      { functionCallingConfig: { mode: 'AUTO' } },
      { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a'] } },
      { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } },
      { functionCallingConfig: { mode: 'VALIDATED' }, retrievalConfig: { languageCode: 'de' } },
    ),
    generationConfig: config.filter((it) => Object.keys(it).length > 0),
    safetySettings: fc.constant([{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]),
    cachedContent: fc.constant('cachedContents/1'),
    labels: fc.constant({ team_name: 'a' }),
  },
  { requiredKeys: ['contents'] },
)

function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase)
  if (typeof value !== 'object' || value === null) return value
  const opaque = new Set(['args', 'response', 'properties', 'labels', '$defs'])
  return Object.fromEntries(
    Object.entries(value).map(([name, it]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      opaque.has(name) ? it : snakeCase(it),
    ]),
  )
}

describe('a Gemini request', () => {
  it('loses nothing on its way through the neutral form', () => {
    fc.assert(
      fc.property(body, (asks) => {
        const neutral = gemini.parseRequest({ ...asks, model: 'm', stream: true })
        expect(gemini.writeRequest(neutral, 'gemini-3-pro')).toEqual({ body: asks, warnings: [] })
      }),
    )
  })

  it('means the same in snake_case', () => {
    const parse = (asks: object): ReturnType<typeof parseGeminiRequest> =>
      gemini.parseRequest({ ...asks, model: 'm' })
    const asks = {
      contents: [
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] },
        {
          role: 'model',
          parts: [{ functionCall: { name: 'f', args: { city_name: 1 } }, thoughtSignature: 's' }],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { is_fine: true } } }] },
      ],
      systemInstruction: { parts: [{ text: 'be brief' }] },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      generationConfig: { maxOutputTokens: 5, thinkingConfig: { includeThoughts: true, thinkingBudget: 9 } },
    }
    expect(parse(snakeCase(asks) as object)).toEqual(parse(asks))
  })

  it.each([
    [{ contents: 'hi' }, 'contents'],
    [{ contents: [{ role: 'system', parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: [{ text: 7 }] }] }, 'contents[0].parts[0].text'],
    [{ contents: [{ parts: [{ functionCall: {} }] }] }, 'contents[0].parts[0].functionCall.name'],
    [{ contents: [], generationConfig: { topK: 'many' } }, 'generationConfig.topK'],
    [{ contents: [], tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
  ])('%j is refused, and the field is named', (asks, field) => {
    expect(() => gemini.parseRequest({ model: 'm', ...asks })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    )
  })

  it('pairs answers without ids with calls by name and order', () => {
    const call = (name: string) => ({ functionCall: { name, args: {} } })
    const answer = (name: string, output: string) => ({ functionResponse: { name, response: { output } } })
    const { messages } = gemini.parseRequest({
      model: 'm',
      contents: [
        { role: 'model', parts: [call('a'), call('b'), call('a')] },
        { role: 'user', parts: [answer('b', '1'), answer('a', '2'), answer('a', '3')] },
      ],
    })
    const [calls, answers] = messages
    const ids = calls?.parts.map((it) => (it.type === 'tool_call' ? it.id : ''))
    const answered = answers?.parts.map((it) => (it.type === 'tool_result' ? it.id : ''))
    expect(answered).toEqual([ids?.[1], ids?.[0], ids?.[2]])
    expect(new Set(ids).size).toBe(3)
  })
})

describe('an OpenAI request for Gemini', () => {
  const translate = (asks: object, model = 'gemini-2.5-flash') =>
    gemini.writeRequest(openaiChat.parseRequest({ model: 'm', messages: [], ...asks }), model)

  const called = [
    { role: 'user', content: 'weather?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'x', type: 'function', function: { name: 'w', arguments: '{"at":"Rome"}' } },
        { id: 'y', type: 'function', function: { name: 'w', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'y', content: 'rain' },
    { role: 'tool', tool_call_id: 'x', content: '{"sky":"blue"}' },
  ]

  it('gathers the answers of tools, in the order of their calls, under their names', () => {
    expect(translate({ messages: [{ role: 'system', content: 'be brief' }, ...called] }).body).toEqual({
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'weather?' }] },
        {
          role: 'model',
          parts: [
            { functionCall: { name: 'w', args: { at: 'Rome' } } },
            { functionCall: { name: 'w', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'w', response: { sky: 'blue' } } },
            { functionResponse: { name: 'w', response: { output: 'rain' } } },
          ],
        },
      ],
    })
  })

  it('says to models that sign their calls that these were not theirs', () => {
    const { body: written } = translate({ messages: called }, 'gemini-3-pro-preview')
    const [, turnOfModel] = written['contents'] as { parts: Record<string, unknown>[] }[]
    expect(turnOfModel?.parts.map((it) => it['thoughtSignature'])).toEqual([
      'skip_thought_signature_validator',
      undefined,
    ])
  })

  it.each([
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024 }],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-3-pro-preview', 'high', { thinkingLevel: 'HIGH' }],
    ['gemini-flash-latest', 'medium', { thinkingBudget: 8192 }],
  ] as const)('asks %s for %s effort in its own words', (model, effort, thinkingConfig) => {
    const request: NeutralRequest = {
      model: 'm',
      messages: [],
      stream: false,
      reasoning: { effort },
      extra: {},
    }
    expect(gemini.writeRequest(request, model).body['generationConfig']).toEqual({ thinkingConfig })
  })

  it('writes a schema in the dialect where that says all of it, else as it is, with a warning', () => {
    const format = (schema: object): NeutralRequest => ({
      model: 'm',
      messages: [],
      stream: false,
      responseFormat: { type: 'json_schema', name: 'x', schema: schema as Record<string, unknown> },
      extra: {},
    })
    const plain = { type: 'object', properties: { a: { type: ['string', 'null'] } }, required: ['a'] }
    expect(gemini.writeRequest(format(plain), 'm').body['generationConfig']).toEqual({
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: { a: { type: 'STRING', nullable: true } },
        required: ['a'],
      },
    })
    const rich = {
      type: 'object',
      properties: { n: { type: 'number', multipleOf: 2 } },
      additionalProperties: false,
    }
    const written = gemini.writeRequest(format(rich), 'm')
    expect(written.body['generationConfig']).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: rich,
    })
    expect(written.warnings).toEqual(['"multipleOf" in the schema of the answer: may be ignored'])
  })

  it('warns of what cannot be asked for, and never in silence', () => {
    const { warnings } = translate({
      user: 'u',
      parallel_tool_calls: false,
      stop: ['1', '2', '3', '4', '5', '6'],
      logit_bias: { 5: 1 },
    })
    expect(warnings).toEqual(
      expect.arrayContaining([
        'user: not supported',
        'parallel tool calls: cannot be turned off',
        'stop sequences: the first 5 of 6 are used',
      ]),
    )
  })
})

describe('a Gemini reply', () => {
  const chunk = (parts: object[], more: object = {}) => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    modelVersion: 'm-1',
    responseId: 'r1',
  })

  it('loses no part on its way through the neutral form', () => {
    const parts = [
      { text: 'hm', thought: true, thoughtSignature: 'c2ln' },
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { text: 'Look: ', thoughtSignature: 'eHg=' },
      { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
      { functionCall: { id: 'f1', name: 'f', args: { a: 1 } }, thoughtSignature: 'eQ==' },
      { functionCall: { name: 'g', args: {} } },
    ]
    const usageMetadata = {
      promptTokenCount: 12,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      totalTokenCount: 24,
      cachedContentTokenCount: 3,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 2 },
        { modality: 'IMAGE', tokenCount: 10 },
      ],
    }
    const reply = { ...chunk(parts, { finishReason: 'STOP' }), usageMetadata }
    expect(gemini.writeReply(gemini.parseReply(reply), about)).toEqual(reply)
  })

  it.each(['MAX_TOKENS', 'SAFETY', 'RECITATION', 'MALFORMED_FUNCTION_CALL', 'SPII', 'LANGUAGE'])(
    'keeps the word %s',
    (finishReason) => {
      const reply = chunk([{ text: 'x' }], { finishReason })
      expect(gemini.writeReply(gemini.parseReply(reply), about)).toEqual(reply)
    },
  )

  it('keeps several candidates apart', () => {
    const candidates = [0, 1].map((index) => ({
      content: {
        parts: [{ text: `t${index}` }, { functionCall: { id: `c${index}`, name: 'f', args: {} } }],
        role: 'model',
      },
      index,
      finishReason: 'STOP',
    }))
    const reply = { candidates, modelVersion: 'm-1', responseId: 'r1' }
    expect(gemini.writeReply(gemini.parseReply(reply), about)).toEqual(reply)
  })

  it('keeps why a prompt was blocked', () => {
    const reply = { promptFeedback: { blockReason: 'SAFETY' }, modelVersion: 'm-1', responseId: 'r1' }
    const deltas = gemini.parseReply(reply)
    expect(foldReply(deltas).finish).toBe('content_filter')
    expect(gemini.writeReply(deltas, about)).toEqual(reply)
  })

  it('counts the places of its sources in the units of the neutral form', () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { web: { uri: 'https://b.test' } }],
      groundingSupports: [
        { segment: { startIndex: 5, endIndex: 9, text: 'Wien' }, groundingChunkIndices: [0] },
      ],
    }
    const reply = chunk([{ text: 'Ünd Wien' }], { finishReason: 'STOP', groundingMetadata })
    const deltas = gemini.parseReply(reply)
    expect(deltas.filter((it) => it.type === 'citation').map((it) => it.citation)).toEqual([
      { url: 'https://a.test', title: 'A', text: 'Wien', start: 4, end: 8 },
      { url: 'https://b.test' },
    ])
    expect(gemini.writeReply(deltas, about)).toEqual(reply)
  })

  it('reads log probabilities as OpenAI writes them', () => {
    const logprobsResult = {
      topCandidates: [
        {
          candidates: [
            { token: 'a', logProbability: -0.1 },
            { token: 'b', logProbability: -2 },
          ],
        },
      ],
      chosenCandidates: [{ token: 'a', logProbability: -0.1 }],
    }
    const reply = chunk([{ text: 'a' }], { finishReason: 'STOP', logprobsResult })
    const deltas = gemini.parseReply(reply)
    expect(deltas.find((it) => it.type === 'logprobs')).toEqual({
      type: 'logprobs',
      content: [
        {
          token: 'a',
          logprob: -0.1,
          bytes: [97],
          top_logprobs: [
            { token: 'a', logprob: -0.1, bytes: [97] },
            { token: 'b', logprob: -2, bytes: [98] },
          ],
        },
      ],
    })
    expect(gemini.writeReply(deltas, about)).toEqual(reply)
  })

  it('gives calls of two replies different ids, and takes made ids back out', () => {
    const idsOf = (responseId: string) =>
      foldReply(gemini.parseReply({ ...chunk([{ functionCall: { name: 'f' } }]), responseId })).toolCalls[0]
        ?.id ?? ''
    expect(idsOf('r1')).not.toBe(idsOf('r2'))
    expect(idsOf('')).not.toBe(idsOf(''))
    const history = gemini.writeRequest(
      {
        model: 'm',
        stream: false,
        from: 'gemini',
        extra: {},
        messages: [
          { role: 'assistant', parts: [{ type: 'tool_call', id: idsOf('r1'), name: 'f', arguments: '{}' }] },
        ],
      },
      'm',
    )
    expect(history.body['contents']).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
    ])
  })
})

describe('a Gemini stream', () => {
  const deltas: readonly NeutralDelta[] = [
    { type: 'start', id: 'x', model: 'm-1' },
    { type: 'reasoning', text: 'hm' },
    { type: 'reasoning_end', signature: 'c2ln' },
    { type: 'text', text: 'Look ' },
    { type: 'text', text: 'here' },
    { type: 'tool_call', index: 0, id: 'a', name: 'f', arguments: '{"x"' },
    { type: 'tool_call', index: 0, arguments: ':1}' },
    { type: 'tool_call', index: 1, id: 'b', name: 'g', arguments: '' },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 9, reasoningTokens: 2 } },
    { type: 'finish', reason: 'tool_calls', raw: 'tool_use' },
  ]

  function written(writer: ReturnType<typeof gemini.openWriter>): string {
    return deltas.map((it) => writer.write(it)).join('') + writer.end()
  }

  it('reads back what it writes, as events', () => {
    const reader = gemini.openReader()
    const read: NeutralDelta[] = []
    const events = new SseReader((event, data) => read.push(...reader.read(event, data)))
    events.read(Buffer.from(written(gemini.openWriter(about))))
    events.end()
    expect(foldReply([...read, ...reader.end()])).toEqual({
      ...foldReply(deltas),
      id: 'r1',
      toolCalls: [
        { id: 'a', name: 'f', arguments: '{"x":1}' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
    })
  })

  it('is one JSON array for callers who do not ask for events', () => {
    const chunks = JSON.parse(written(geminiArray.openWriter(about))) as Record<string, unknown>[]
    const reader = gemini.openReader()
    const read = chunks.flatMap((it) => reader.read('', JSON.stringify(it)))
    expect(foldReply(read).text).toBe('Look here')
    expect(JSON.parse(geminiArray.openWriter(about).end())).toHaveLength(1)
  })

  it('that fails within the array is an array still', () => {
    const writer = geminiArray.openWriter(about)
    const begun = writer.write({ type: 'text', text: 'x' })
    const error = geminiArray.writeStreamError({ status: 503, code: 'call.cut', message: 'gone' })
    expect(JSON.parse(begun + error)).toMatchObject([
      {},
      { error: { code: 503, status: 'UNAVAILABLE', message: 'gone' } },
    ])
  })

  it('hands on a failure in its middle', () => {
    const reader = gemini.openReader()
    const data = JSON.stringify({ error: { code: 429, message: 'too much', status: 'RESOURCE_EXHAUSTED' } })
    expect(reader.read('', data)).toEqual([
      { type: 'error', status: 429, message: 'too much', code: 'RESOURCE_EXHAUSTED' },
    ])
  })

  it.each(['$.a[7]', '$.a[0].b[999999999]', '$..x', `$${'.a'.repeat(70)}`])(
    'is refused when a piece of arguments stands at %s',
    (jsonPath) => {
      const reader = gemini.openReader()
      const call = { name: 'f', willContinue: true, partialArgs: [{ jsonPath, numberValue: 1 }] }
      const data = JSON.stringify({ candidates: [{ content: { parts: [{ functionCall: call }] } }] })
      expect(() => reader.read('', data)).toThrow(SyntaxError)
    },
  )

  it('keeps names that mean something to the language from meaning it', () => {
    const reader = gemini.openReader()
    const call = { name: 'f', partialArgs: [{ jsonPath: '$.__proto__.polluted', boolValue: true }] }
    reader.read('', JSON.stringify({ candidates: [{ content: { parts: [{ functionCall: call }] } }] }))
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('a Gemini error', () => {
  it('is read and written in the shape of Google', () => {
    const error = { status: 429, code: 'policy.limit_reached', message: 'wait', param: 'model' }
    expect(gemini.writeError(error)).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'wait' },
    })
    expect(gemini.readError(gemini.writeError(error))).toBe('wait')
    expect(gemini.readError([gemini.writeError(error)])).toBe('wait')
    expect(gemini.readError('<html>')).toBeNull()
    expect(gemini.readError({ detail: 'not found' })).toBeNull()
  })
})

describe('a Gemini request for Anthropic', () => {
  it('carries calls, answers and images', () => {
    const asked = gemini.parseRequest({
      model: 'm',
      contents: [
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }, { text: 'what?' }] },
        { role: 'model', parts: [{ functionCall: { id: 'a', name: 'look', args: {} } }] },
        {
          role: 'user',
          parts: [{ functionResponse: { id: 'a', name: 'look', response: { result: 'a cat' } } }],
        },
      ],
      generationConfig: { maxOutputTokens: 9 },
    })
    expect(anthropicMessages.writeRequest(asked, 'claude').body['messages']).toMatchObject([
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'what?' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look' }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'a cat' }] },
    ])
  })
})

describe('calls of tools that come by turns', () => {
  const call = (index: number, it: object): NeutralDelta => ({ type: 'tool_call', index, ...it })

  it('are each written once, and whole', () => {
    const writer = gemini.openWriter(about)
    const said: readonly NeutralDelta[] = [
      call(0, { id: 'a', name: 'first', arguments: '' }),
      call(1, { id: 'b', name: 'second', arguments: '{"city":' }),
      call(0, { arguments: '{"at":1}' }),
      call(1, { arguments: '"Rome"}' }),
      { type: 'finish', reason: 'tool_calls' },
    ]
    const reader = gemini.openReader()
    const read: NeutralDelta[] = []
    const events = new SseReader((event, data) => read.push(...reader.read(event, data)))
    events.read(Buffer.from(said.map((it) => writer.write(it)).join('') + writer.end()))
    expect(foldReply(read).toolCalls).toEqual([
      { id: 'a', name: 'first', arguments: '{"at":1}' },
      { id: 'b', name: 'second', arguments: '{"city":"Rome"}' },
    ])
  })

  it('wait for none that is whole already', () => {
    const writer = gemini.openWriter(about)
    writer.write(call(0, { id: 'a', name: 'first', arguments: '{"at":1}' }))
    expect(writer.write(call(1, { id: 'b', name: 'second', arguments: '' }))).toContain('"name":"first"')
  })
})
