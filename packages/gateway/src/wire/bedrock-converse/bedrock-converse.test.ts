import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta, NeutralRequest } from '../../contract/neutral.ts'
import { anthropicMessages } from '../anthropic-messages.ts'
import { bedrockConverse } from '../bedrock-converse.ts'
import { foldReply } from '../fold-reply.ts'
import { openaiChat } from '../openai-chat.ts'

const root = join(import.meta.dirname, '../../../../..')
const own = join(root, 'tests/recordings/bedrock-converse')
const others = join(root, '../shared/data/vercel-ai/packages/amazon-bedrock/src/__fixtures__')

type Fields = Record<string, unknown>

/** `[{ "messageStart": … }, …]`: each event by its name. */
function readEvents(events: readonly Fields[]): readonly NeutralDelta[] {
  const reader = bedrockConverse.openReader()
  const read = events.flatMap((it) =>
    Object.entries(it).flatMap(([name, payload]) => [...reader.read(name, JSON.stringify(payload))]),
  )
  return [...read, ...reader.end()]
}

function jsonOf(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

describe('recordings of bedrock-converse', () => {
  const files = readdirSync(own)
  const saidIn = (file: string) =>
    jsonOf(join(own, file.replace(/\.(response|events)\.json$/, '.expected.json')))

  it.each(files.filter((it) => it.endsWith('.response.json')))('%s reads as it should', (file) => {
    expect(foldReply(bedrockConverse.parseReply(jsonOf(join(own, file)) as Fields))).toEqual(saidIn(file))
  })

  it.each(files.filter((it) => it.endsWith('.events.json')))('%s reads as it should', (file) => {
    expect(foldReply(readEvents(jsonOf(join(own, file)) as Fields[]))).toEqual(saidIn(file))
  })
})

describe('recordings of bedrock-converse by others', () => {
  const files = existsSync(others) ? readdirSync(others) : []
  if (files.length === 0) {
    it('are at hand', (context) => context.skip('no recordings of amazon-bedrock beside the repository'))
    return
  }

  it.each(files.filter((it) => it.endsWith('.chunks.txt')))('%s: its stream is whole', (file) => {
    const lines = readFileSync(join(others, file), 'utf8')
      .split('\n')
      .filter((it) => it.trim() !== '')
    const events = lines.map((it) => JSON.parse(it) as Fields)
    const reply = foldReply(readEvents(events))
    const texts = events.map(
      (it) => (it as { contentBlockDelta?: { delta?: { text?: string } } }).contentBlockDelta,
    )

    expect(reply.text).toBe(texts.map((it) => it?.delta?.text ?? '').join(''))
    for (const call of reply.toolCalls) expect(() => JSON.parse(call.arguments)).not.toThrow()
    expect(['stop', 'tool_calls']).toContain(reply.finish)
  })

  it.each(files.filter((it) => it.endsWith('.json')))('%s reads with its usage', (file) => {
    const body = jsonOf(join(others, file)) as { usage: { outputTokens: number } } & Fields
    const reply = foldReply(bedrockConverse.parseReply(body))

    expect(reply.usage?.outputTokens).toBe(body.usage.outputTokens)
    expect(reply.text + reply.toolCalls.map((it) => it.name).join('')).not.toBe('')
  })
})

const claude = 'eu.anthropic.claude-sonnet-4-20250514-v1:0'
const write = (request: Partial<NeutralRequest>, model = claude) =>
  bedrockConverse.writeRequest({ model: 'm', messages: [], stream: false, extra: {}, ...request }, model)

describe('a Converse request', () => {
  it('has turns that alternate, with the results of tools in one', () => {
    const asked = openaiChat.parseRequest({
      model: 'm',
      messages: [
        { role: 'system', content: 'be brief' },
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
        { role: 'tool', tool_call_id: 'b', content: '' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/jpeg;base64,aGk=' } }] },
      ],
      max_tokens: 9,
      temperature: 0.5,
      stop: ['x'],
      tools: [{ type: 'function', function: { name: 'w', parameters: { properties: {} } } }],
      tool_choice: 'required',
    })
    const { body, warnings } = bedrockConverse.writeRequest(asked, claude)

    expect(warnings).toEqual([])
    expect(body).toEqual({
      system: [{ text: 'be brief' }],
      messages: [
        { role: 'user', content: [{ text: 'weather?' }] },
        {
          role: 'assistant',
          content: [
            { toolUse: { toolUseId: 'a', name: 'w', input: { at: 'Rome' } } },
            { toolUse: { toolUseId: 'b', name: 'w', input: {} } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'a', content: [{ text: 'sun' }] } },
            { toolResult: { toolUseId: 'b', content: [{ text: ' ' }] } },
            { image: { format: 'jpeg', source: { bytes: 'aGk=' } } },
          ],
        },
      ],
      inferenceConfig: { maxTokens: 9, temperature: 0.5, stopSequences: ['x'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'w', inputSchema: { json: { type: 'object', properties: {} } } } }],
        toolChoice: { any: {} },
      },
    })
  })

  it('hands thoughts back with their signature, and points of the cache where Anthropic has marks', () => {
    const asked = anthropicMessages.parseRequest({
      model: 'm',
      max_tokens: 9,
      messages: [
        {
          role: 'user',
          content: [{ type: 'text', text: 'long', cache_control: { type: 'ephemeral' } }],
        },
      ],
    })
    const thought = { type: 'reasoning', text: 'hm', signature: 's' } as const
    const hidden = { type: 'reasoning', text: '', redacted: 'cg==' } as const
    const { body } = write({
      messages: [
        {
          role: 'user',
          parts: [{ type: 'text', text: 'long', extra: { cache_control: { type: 'ephemeral' } } }],
        },
        { role: 'assistant', parts: [thought, hidden, { type: 'text', text: 'so' }] },
      ],
    })
    expect(asked.messages).toHaveLength(1)
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ text: 'long' }, { cachePoint: { type: 'default' } }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
          { reasoningContent: { redactedContent: 'cg==' } },
          { text: 'so' },
        ],
      },
    ])
  })

  it('declares the tools that were called, though none may be any more', () => {
    const messages: NeutralRequest['messages'] = [
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'a', name: 'gone', arguments: '{}' }] },
    ]
    expect(write({ messages }).body['toolConfig']).toEqual({
      tools: [{ toolSpec: { name: 'gone', inputSchema: { json: { type: 'object' } } } }],
    })
    const tools = [{ name: 'w', parameters: {} }]
    expect(write({ tools, toolChoice: 'none' }).body['toolConfig']).toBeUndefined()
    expect(write({ messages, tools, toolChoice: 'none' }).warnings).toHaveLength(1)
  })

  it('names documents as Bedrock wants them named', () => {
    const file = (name: string) => ({ type: 'file', name, url: 'data:application/pdf;base64,aGk=' }) as const
    const { body } = write({
      messages: [{ role: 'user', parts: [file('a_b..v2.pdf'), file('é'), file('a_b..v2.pdf')] }],
    })
    const [turn] = body['messages'] as { content: { document: { name: string } }[] }[]
    expect(turn?.content.map((it) => it.document.name)).toEqual(['a-b-v2-1', '--2', 'a-b-v2-3'])
  })

  it.each([
    [claude, { topK: 5 }, { top_k: 5 }, []],
    [claude, { reasoning: { effort: 'low' } }, { thinking: { type: 'enabled', budget_tokens: 2048 } }, []],
    [
      claude,
      { reasoning: { budgetTokens: 4000 }, maxTokens: 2000 },
      { thinking: { type: 'enabled', budget_tokens: 1999 } },
      ['reasoning: 4000 tokens do not fit into 2000, 1999 are used'],
    ],
    ['amazon.nova-lite-v1:0', { topK: 5 }, { inferenceConfig: { topK: 5 } }, []],
    ['meta.llama3-8b-instruct-v1:0', { topK: 5 }, undefined, ['top k: not supported']],
    ['openai.gpt-oss-120b-1:0', { reasoning: { effort: 'high' } }, { reasoning_effort: 'high' }, []],
  ] as const)('for %s says %j in the words of its family', (model, asked, fields, warnings) => {
    const written = write(asked, model)
    expect(written.body['additionalModelRequestFields']).toEqual(fields)
    expect(written.warnings).toEqual(warnings)
  })

  it('asks for an answer by a schema', () => {
    const schema = { type: 'object', properties: {} }
    const { body } = write({ responseFormat: { type: 'json_schema', name: 'x', schema } })
    expect(body['outputConfig']).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { name: 'x', schema: JSON.stringify(schema) } },
      },
    })
  })

  it('warns of what cannot be said, and never in silence', () => {
    const { warnings } = write(
      {
        seed: 1,
        frequencyPenalty: 1,
        candidates: 2,
        logprobs: true,
        user: 'u',
        parallelToolCalls: false,
        toolChoice: 'required',
        tools: [{ name: 'w', parameters: {} }],
        responseFormat: { type: 'json' },
        messages: [
          {
            role: 'user',
            parts: [
              { type: 'image', url: 'https://x.test/a.png' },
              { type: 'audio', data: '', format: 'wav' },
              { type: 'file', id: 'file-1' },
              { type: 'reasoning', text: 'hm' },
            ],
          },
        ],
      },
      'meta.llama3-8b-instruct-v1:0',
    )
    expect(warnings).toHaveLength(12)
    expect(warnings).toEqual(expect.arrayContaining(['seed: not supported', 'audio: not supported']))
  })

  it('is refused when the arguments of a call are no object', () => {
    const parts = [{ type: 'tool_call', id: 'a', name: 'w', arguments: '[1' } as const]
    expect(() => write({ messages: [{ role: 'assistant', parts }] })).toThrow(
      expect.objectContaining({ code: 'request.field' }),
    )
  })
})

describe('a Converse stream', () => {
  it.each([
    ['throttlingException', 429],
    ['modelStreamErrorException', 502],
    ['validationException', 400],
    ['unheardOfException', 502],
  ])('that fails with %s hands on the failure', (name, status) => {
    const reader = bedrockConverse.openReader()
    expect(reader.read(name, '{"message":"slow"}')).toEqual([
      { type: 'error', status, message: 'slow', code: name },
    ])
  })

  it('gives thoughts with their signature, and hidden ones whole', () => {
    const deltas = readEvents([
      { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'hm' } } } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { signature: 's' } } } },
      {
        contentBlockDelta: { contentBlockIndex: 1, delta: { reasoningContent: { redactedContent: 'cg==' } } },
      },
      { messageStop: { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'x' } } },
    ])
    expect(deltas).toEqual([
      { type: 'start', id: '', model: '' },
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning_end', signature: 's' },
      { type: 'reasoning_end', redacted: 'cg==' },
      { type: 'finish', reason: 'stop', raw: 'stop_sequence', stopSequence: 'x' },
    ])
  })
})
