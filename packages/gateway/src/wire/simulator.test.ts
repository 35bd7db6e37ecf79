/**
 * Every format against a provider that another hand wrote from the same documentation: what is written is
 * understood there, and what is said there is read here, whole and streamed.
 */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NeutralDelta, NeutralRequest } from '../contract/neutral.ts'
import type { Wire, WireName } from '../contract/wire.ts'
import { foldReply } from './fold-reply.ts'
import { wires } from './list.ts'
import { SseReader } from './sse.ts'

const PATHS: Readonly<Record<WireName, (stream: boolean) => string>> = {
  'openai-chat': () => '/v1/chat/completions',
  'openai-responses': () => '/v1/responses',
  'openai-completions': () => '/v1/completions',
  'anthropic-messages': () => '/v1/messages',
  gemini: (stream) => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  'bedrock-converse': (stream) => `/model/m/${stream ? 'converse-stream' : 'converse'}`,
}

/** Read by another framing than server-sent events; its own test reads it (`bedrock-converse.test.ts`). */
const BINARY: ReadonlySet<WireName> = new Set(['bedrock-converse'])

const weather = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
const said = (text: string): NeutralRequest['messages'] => [{ role: 'user', parts: [{ type: 'text', text }] }]

let provider: FakeProvider

beforeAll(async () => {
  provider = await startFakeProvider({ behave: 'model' })
})
afterAll(() => provider.close())

async function ask(wire: Wire, request: Partial<NeutralRequest>): Promise<readonly NeutralDelta[]> {
  const stream = request.stream === true
  // As somebody asks who speaks another format.
  const from: WireName = wire.name === 'openai-chat' ? 'openai-responses' : 'openai-chat'
  const asked: NeutralRequest = {
    model: 'm',
    messages: said('hi'),
    stream,
    streamUsage: stream,
    maxTokens: 99,
    from,
    extra: {},
    ...request,
  }
  const { body } = wire.writeRequest(asked, 'claude-sonnet-5')
  const response = await fetch(provider.origin + PATHS[wire.name](stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!stream) return wire.parseReply((await response.json()) as Record<string, unknown>)
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  events.read(Buffer.from(await response.arrayBuffer()))
  events.end()
  return [...deltas, ...reader.end()]
}

const cases = [...wires.values()].flatMap((wire) =>
  [false, true]
    .filter((stream) => !stream || !BINARY.has(wire.name))
    .map((stream) => ({ name: `${wire.name}${stream ? ', streamed' : ''}`, wire, stream })),
)
/** This format has text and nothing else. */
const talking = cases.filter(({ wire }) => wire.name !== 'openai-completions')

describe.each(cases)('$name', ({ wire, stream }) => {
  it('says what it is told, and counts', async () => {
    const reply = foldReply(await ask(wire, { stream }))

    expect(reply).toMatchObject({ text: 'You said: hi', finish: 'stop', toolCalls: [] })
    expect(reply.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
  })

  it('reads what a refusal says', async () => {
    provider.script({ kind: 'refuse', status: 429 })
    const { body } = wire.writeRequest({ model: 'm', messages: said('hi'), stream, extra: {} }, 'm')
    const response = await fetch(provider.origin + PATHS[wire.name](stream), {
      method: 'POST',
      body: JSON.stringify(body),
    })

    expect(response.status).toBe(429)
    expect(wire.readError(await response.json())).toBe('fake refusal 429')
  })
})

describe.each(talking)('$name, beyond text', ({ wire, stream }) => {
  it('calls the tools that are named, several at once', async () => {
    const tools = [weather, { ...weather, name: 'traffic' }, { ...weather, name: 'news' }]
    const reply = foldReply(await ask(wire, { stream, tools, messages: said('ask weather and traffic') }))

    expect(reply.finish).toBe('tool_calls')
    expect(reply.toolCalls.map((it) => [it.name, JSON.parse(it.arguments)])).toEqual([
      ['weather', { city: 'Rome' }],
      ['traffic', { city: 'Rome' }],
    ])
  })

  it('calls the tool that it must', async () => {
    const reply = foldReply(await ask(wire, { stream, tools: [weather], toolChoice: 'required' }))
    expect(reply.toolCalls).toHaveLength(1)
  })

  it('hands over what tools answered', async () => {
    const messages: NeutralRequest['messages'] = [
      ...said('weather?'),
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{}' }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', parts: [{ type: 'text', text: 'sun' }] }] },
    ]
    expect(foldReply(await ask(wire, { stream, tools: [weather], messages })).text).toMatch(
      /^The tools said: .*sun/,
    )
  })

  it('shows pictures', async () => {
    const parts = [
      { type: 'text' as const, text: 'what is this?' },
      { type: 'image' as const, url: 'data:image/png;base64,aGk=' },
    ]
    const reply = foldReply(await ask(wire, { stream, messages: [{ role: 'user', parts }] }))
    expect(reply.text).toBe('I see 1 picture.')
  })

  it('reads thoughts', async () => {
    const reply = foldReply(await ask(wire, { stream, messages: said('think: hi') }))

    expect(reply.reasoning).toBe('Let me think about that.')
    expect(reply.text).toBe('You said: think: hi')
  })
})

/** Formats that can ask for an answer after a schema. */
const STRUCTURED: ReadonlySet<WireName> = new Set([
  'anthropic-messages',
  'bedrock-converse',
  'gemini',
  'openai-chat',
  'openai-responses',
])

describe.each(talking.filter(({ wire }) => STRUCTURED.has(wire.name)))(
  '$name, by schema',
  ({ wire, stream }) => {
    it('answers as the schema wants', async () => {
      const schema = {
        type: 'object',
        properties: { name: { type: 'string' }, age: { type: 'integer' } },
        required: ['name', 'age'],
        additionalProperties: false,
      }
      const responseFormat = { type: 'json_schema' as const, name: 'person', schema, strict: true }
      const reply = foldReply(await ask(wire, { stream, responseFormat }))

      expect(JSON.parse(reply.text)).toEqual({ name: 'text', age: 1 })
    })
  },
)
