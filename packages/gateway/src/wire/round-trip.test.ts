/**
 * Requests of a format, read and written again in the same: nothing is lost. What may differ is how one thing is
 * spelled that has two spellings; `normal` makes them one.
 *
 * Not here: the formats that have this in a test of their own (responses, gemini, converse).
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Wire } from '../contract/wire.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { type Fields, isFields } from './fields.ts'
import { openaiChat } from './openai-chat.ts'

const word = fc.string({ minLength: 1, maxLength: 8 })
const json = fc.jsonValue({ maxDepth: 2 })
const schema = fc.dictionary(word, json, { maxKeys: 3 }).map((it) => ({ type: 'object', properties: it }))
const png = 'data:image/png;base64,aGk='
/** Names that no format has. */
const unknown = fc.dictionary(
  word.map((it) => `x_${it}`),
  json.filter((it) => it !== null),
  { maxKeys: 2 },
)

/** Each field there or not. */
function some(
  shape: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  ...required: readonly string[]
): fc.Arbitrary<Fields> {
  return fc
    .tuple(fc.record(shape, { requiredKeys: [...required] }), unknown)
    .map(([known, more]) => ({ ...known, ...more }))
}

/** Only what a format says once; texts by themselves are lists of one, and nothing is `null`. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal)
  if (!isFields(value)) return value
  const entries = Object.entries(value)
    .filter(([, it]) => it !== undefined)
    .map(([name, it]): [string, unknown] => {
      if (name === 'content' && typeof it === 'string') {
        return [name, it === '' ? [] : [{ type: 'text', text: it }]]
      }
      if (name === 'system' && typeof it === 'string') return [name, [{ type: 'text', text: it }]]
      if (name === 'stop' && typeof it === 'string') return [name, [it]]
      if (name === 'max_tokens') return ['$max', it]
      return name === 'max_completion_tokens' ? ['$max', it] : [name, normal(it)]
    })
    .filter(([name, it]) => !(name === 'content' && (it === null || isEmpty(it))))
  return Object.fromEntries(entries)
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

// Chat.

const chatPart = fc.oneof(
  some({ type: fc.constant('text'), text: word }, 'type', 'text'),
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record(
      { url: fc.constantFrom(png, 'https://a.test/b.png'), detail: fc.constant('low') },
      { requiredKeys: ['url'] },
    ),
  }),
  fc.record({
    type: fc.constant('input_audio'),
    input_audio: fc.record({ data: fc.constant('aGk='), format: fc.constantFrom('wav', 'mp3') }),
  }),
  fc.record({
    type: fc.constant('file'),
    file: fc.oneof(
      fc.record({ file_id: word }),
      fc.record({ file_data: fc.constant('data:application/pdf;base64,aGk='), filename: word }),
    ),
  }),
  fc.record({ type: fc.constant('video_url'), video_url: fc.record({ url: word }) }),
)

const chatCall = fc.oneof(
  fc.record({
    id: word,
    type: fc.constant('function'),
    function: fc.record({ name: word, arguments: fc.string() }),
  }),
  fc.record({ id: word, type: fc.constant('custom'), custom: fc.record({ name: word, input: word }) }),
)

const chatMessage = fc.oneof(
  some(
    {
      role: fc.constantFrom('system', 'developer', 'user'),
      content: fc.oneof(word, fc.array(chatPart, { minLength: 1, maxLength: 3 })),
      name: word,
    },
    'role',
    'content',
  ),
  some(
    {
      role: fc.constant('assistant'),
      content: word,
      refusal: word,
      reasoning_content: word,
      tool_calls: fc.array(chatCall, { minLength: 1, maxLength: 2 }),
      audio: fc.record({ id: word }),
    },
    'role',
    'content',
  ),
  some(
    {
      role: fc.constant('tool'),
      tool_call_id: word,
      content: fc.oneof(
        fc.string(),
        fc.array(fc.record({ type: fc.constant('text'), text: word }), { minLength: 1, maxLength: 2 }),
      ),
    },
    'role',
    'tool_call_id',
    'content',
  ),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.constant(null),
    function_call: fc.record({ name: word, arguments: fc.string() }),
  }),
  fc.record({ role: fc.constant('function'), name: word, content: fc.string() }),
)

const chatTool = fc.oneof(
  some(
    {
      type: fc.constant('function'),
      function: some(
        { name: word, description: fc.string(), parameters: schema, strict: fc.boolean() },
        'name',
        'parameters',
      ),
    },
    'type',
    'function',
  ),
  fc.record({ type: fc.constant('custom'), custom: fc.record({ name: word }) }),
)

const chatRequest = some(
  {
    model: word,
    messages: fc.array(chatMessage, { maxLength: 4 }),
    stream: fc.constant(true),
    stream_options: fc.constantFrom(
      { include_usage: true },
      { include_obfuscation: false },
      { include_usage: true, include_obfuscation: false },
    ),
    max_tokens: fc.nat(),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    top_k: fc.nat(50),
    frequency_penalty: fc.constantFrom(0, 0.5),
    presence_penalty: fc.constantFrom(0, 0.5),
    stop: fc.oneof(word, fc.array(word, { maxLength: 3 })),
    seed: fc.integer(),
    n: fc.integer({ min: 1, max: 4 }),
    logprobs: fc.boolean(),
    top_logprobs: fc.nat(5),
    logit_bias: fc.constant({ 50256: -100 }),
    user: word,
    metadata: fc.oneof(fc.dictionary(word, word, { maxKeys: 2 }), fc.constant({ a: 1 })),
    service_tier: fc.constantFrom('auto', 'flex', 'priority'),
    tools: fc.array(chatTool, { maxLength: 3 }),
    tool_choice: fc.constantFrom(
      'auto',
      'none',
      'required',
      { type: 'function', function: { name: 'w' } },
      { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    ),
    parallel_tool_calls: fc.boolean(),
    response_format: fc.oneof(
      fc.constantFrom({ type: 'text' }, { type: 'json_object' }, { type: 'grammar', grammar: 'x' }),
      fc.record({
        type: fc.constant('json_schema'),
        json_schema: fc.record(
          { name: word, schema, strict: fc.boolean(), description: word },
          { requiredKeys: ['name', 'schema'] },
        ),
      }),
    ),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'high', 'xhigh', 'max'),
    verbosity: fc.constantFrom('low', 'high'),
    modalities: fc.constant(['text', 'audio']),
    audio: fc.constant({ voice: 'alloy', format: 'wav' }),
    prediction: fc.constant({ type: 'content', content: 'x' }),
    store: fc.boolean(),
    web_search_options: fc.constant({}),
    safety_identifier: word,
    prompt_cache_key: word,
  },
  'model',
  'messages',
)

// Messages.

const marked = { cache_control: fc.constantFrom({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }) }
const text = some({ type: fc.constant('text'), text: word, ...marked }, 'type', 'text')
const image = some(
  {
    type: fc.constant('image'),
    source: fc.constantFrom(
      { type: 'url', url: 'https://a.test/b.png' },
      { type: 'base64', media_type: 'image/png', data: 'aGk=' },
      { type: 'file', file_id: 'f1' },
    ),
    ...marked,
  },
  'type',
  'source',
)
const document = some(
  {
    type: fc.constant('document'),
    source: fc.constantFrom(
      { type: 'base64', media_type: 'application/pdf', data: 'aGk=' },
      { type: 'text', media_type: 'text/plain', data: 'hä' },
      { type: 'url', url: 'https://a.test/b.pdf' },
      { type: 'file', file_id: 'f1' },
      { type: 'content', content: [{ type: 'text', text: 'x' }] },
    ),
    title: word,
    context: word,
    citations: fc.constant({ enabled: true }),
    ...marked,
  },
  'type',
  'source',
)
const serverBlock = fc.constantFrom<Fields>(
  { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
  { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
  { type: 'container_upload', file_id: 'f1' },
  { type: 'search_result', source: 'x', title: 'y', content: [] },
)
const userBlocks = fc.array(
  fc.oneof(
    text,
    image,
    document,
    some(
      {
        type: fc.constant('tool_result'),
        tool_use_id: word,
        content: fc.oneof(word, fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 2 })),
        is_error: fc.constant(true),
        ...marked,
      },
      'type',
      'tool_use_id',
    ),
    serverBlock,
  ),
  { minLength: 1, maxLength: 3 },
)
const assistantBlocks = fc.array(
  fc.oneof(
    text,
    fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: word }),
    fc.record({ type: fc.constant('redacted_thinking'), data: word }),
    some(
      {
        type: fc.constant('tool_use'),
        id: word,
        name: word,
        input: fc.dictionary(word, json, { maxKeys: 2 }),
        ...marked,
      },
      'type',
      'id',
      'name',
      'input',
    ),
    serverBlock,
  ),
  { minLength: 1, maxLength: 3 },
)
const turn = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.oneof(word, userBlocks) }),
  fc.record({ role: fc.constant('assistant'), content: fc.oneof(word, assistantBlocks) }),
)
const anthropicTool = fc.oneof(
  some(
    { name: word, description: fc.string(), input_schema: schema, strict: fc.boolean(), ...marked },
    'name',
    'input_schema',
  ),
  fc.constant({ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }),
)
const anthropicRequest = some(
  {
    model: word,
    max_tokens: fc.nat(),
    messages: fc.array(turn, { maxLength: 4 }),
    system: fc.oneof(word, fc.array(text, { minLength: 1, maxLength: 2 })),
    stream: fc.constant(true),
    temperature: fc.double({ min: 0, max: 1, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    top_k: fc.nat(50),
    stop_sequences: fc.array(word, { maxLength: 2 }),
    metadata: fc.constantFrom({ user_id: 'u' }, { user_id: 'u', more: 1 }),
    service_tier: fc.constantFrom('auto', 'standard_only'),
    tools: fc.array(anthropicTool, { minLength: 1, maxLength: 3 }),
    thinking: fc.constantFrom(
      { type: 'enabled', budget_tokens: 2048 },
      { type: 'adaptive', display: 'omitted' },
      { type: 'disabled' },
    ),
    output_config: fc.constantFrom(
      { effort: 'max' },
      { format: { type: 'json_schema', schema: { type: 'object' } }, task_budget: { total: 1 } },
    ),
    context_management: fc.constant({ edits: [] }),
    container: word,
    mcp_servers: fc.constant([]),
  },
  'model',
  'max_tokens',
  'messages',
)
const withChoice = fc
  .tuple(
    anthropicRequest,
    fc.constantFrom(
      { type: 'auto' },
      { type: 'any', disable_parallel_tool_use: true },
      { type: 'tool', name: 'w' },
      { type: 'none' },
    ),
  )
  .map(([request, choice]) =>
    request['tools'] === undefined ? request : { ...request, tool_choice: choice },
  )

const formats: readonly (readonly [string, Wire, fc.Arbitrary<Fields>])[] = [
  ['chat', openaiChat, chatRequest],
  ['messages', anthropicMessages, withChoice],
]

describe.each(formats)('a %s request', (_, wire, requests) => {
  it('read and written again has lost nothing, and warns of nothing', () => {
    fc.assert(
      fc.property(requests, (body) => {
        const { body: again, warnings } = wire.writeRequest(wire.parseRequest(body), String(body['model']))

        expect(normal(JSON.parse(JSON.stringify(again)))).toEqual(normal(JSON.parse(JSON.stringify(body))))
        expect(warnings).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})
