/**
 * What callers are sent in OpenAI's formats, held against OpenAI's own description of its API where that is at
 * hand: `openai-openapi` among the data beside the repository.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { ReplyAbout } from '../contract/wire.ts'
import { openaiCompletions } from './openai-completions.ts'
import { openaiResponses } from './openai-responses.ts'
import { SseReader } from './sse.ts'

const path = join(import.meta.dirname, '../../../../../shared/data/openai-openapi/openapi.yaml')
const about: ReplyAbout = {
  id: 'resp_1',
  model: 'm',
  created: 7,
  streamUsage: true,
  request: openaiResponses.parseRequest({
    model: 'm',
    input: 'hi',
    tools: [{ type: 'function', name: 'w', parameters: { type: 'object' }, strict: true }],
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
    reasoning: { effort: 'low', summary: 'auto' },
  }),
}

const said: readonly NeutralDelta[] = [
  { type: 'start', id: 'x', model: 'm-1' },
  { type: 'reasoning', text: 'hm' },
  { type: 'reasoning_end', signature: 'c2ln' },
  { type: 'text', text: 'See there.' },
  { type: 'citation', citation: { url: 'https://a.test/b', title: 't', start: 0, end: 3 } },
  { type: 'citation', citation: { title: 'a.pdf', start: 0 } },
  { type: 'logprobs', content: [{ token: 'See', logprob: -1, bytes: [83], top_logprobs: [] }] },
  { type: 'refusal', text: 'no' },
  { type: 'media', mediaType: 'image/png', data: 'aGk=' },
  { type: 'tool_call', index: 0, id: 'c1', name: 'w', arguments: '{}' },
  { type: 'usage', usage: { inputTokens: 3, outputTokens: 4 } },
  { type: 'finish', reason: 'tool_calls' },
]

/** Its schemas by name, with `nullable` as JSON Schema says it, and without discriminators. */
function describedSchemas(): (name: string) => ValidateFunction {
  const text = readFileSync(path, 'utf8')
  const described = parse(text, { maxAliasCount: -1, logLevel: 'silent' }) as object
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(JSON.parse(JSON.stringify(described, mend)) as object, 'api')
  return (name) => {
    const schema = ajv.getSchema(`api#/components/schemas/${name}`)
    if (schema === undefined) throw new Error(`no schema ${name}`)
    return schema
  }
}

function mend(key: string, value: unknown): unknown {
  if (key === 'discriminator' || key === 'x-oaiMeta' || key === 'example') return undefined
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value
  const { nullable, ...schema } = value as Record<string, unknown>
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

function eventsOf(text: string): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = []
  new SseReader((_, data) => {
    if (data !== '[DONE]') events.push(JSON.parse(data) as Record<string, unknown>)
  }).read(Buffer.from(text))
  return events
}

const isThere = existsSync(path)

describe.skipIf(!isThere)(
  `OpenAI’s description${isThere ? '' : ' (skipped: not beside the repository)'}`,
  () => {
    const schemaOf = isThere ? describedSchemas() : () => undefined as never
    const faults = (name: string, value: unknown) => {
      const validate = schemaOf(name)
      return validate(JSON.parse(JSON.stringify(value))) ? [] : validate.errors
    }

    it('has whole responses as they are written here', () => {
      expect(faults('Response', openaiResponses.writeReply(said, about))).toEqual([])
    })

    it('has every event of a streamed response as it is written here', () => {
      const writer = openaiResponses.openWriter(about)
      const text = said.map((delta) => writer.write(delta)).join('') + writer.end()
      for (const event of eventsOf(text)) {
        expect(faults('ResponseStreamEvent', event), String(event['type'])).toEqual([])
      }
    })

    it('has a response that failed, or ended early, as it is written here', () => {
      const failed = openaiResponses.writeReply([{ type: 'error', status: 503, message: 'gone' }], about)
      const cut = openaiResponses.writeReply([{ type: 'finish', reason: 'length' }], about)

      expect(faults('Response', failed)).toEqual([])
      expect(faults('Response', cut)).toEqual([])
    })

    it('has completions of texts as they are written here', () => {
      const reply = openaiCompletions.writeReply(said, { ...about, id: 'cmpl-1' })
      expect(faults('CreateCompletionResponse', reply)).toEqual([])
    })
  },
)
