import { describe, expect, it } from 'vitest'
import { bodyShapes } from '../wire/body-shapes.ts'
import { wireOf } from '../wire/list.ts'
import { RequestBody } from '../wire/request-body.ts'
import { schemaKept } from './schema-kept.ts'

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
    age: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
  },
  required: ['name'],
  additionalProperties: false,
  $defs: { tag: { enum: ['a', 'b'] } },
}

function kept(content: string, more: { format?: object | null; stream?: boolean; finish?: string } = {}) {
  const { format = { type: 'json_schema', json_schema: { name: 'person', schema } }, stream = false } = more
  const request = {
    model: 'chat',
    stream,
    messages: [],
    ...(format === null ? {} : { response_format: format }),
  }
  const message = { role: 'assistant', content }
  const choice = { index: 0, message, finish_reason: more.finish ?? 'stop' }
  const answer = { id: '1', object: 'chat.completion', created: 0, model: 'm', choices: [choice] }
  const body = new RequestBody(Buffer.from(JSON.stringify(request)), bodyShapes['openai-chat'], null)
  return schemaKept(JSON.stringify(answer), body, wireOf('openai-chat'))
}

describe('an answer to a request with a schema', () => {
  it.each(['{"name":"Bo"}', '{"name":"Bo","age":null}', '{"name":"Bo","age":3,"tags":["a","b"]}'])(
    'keeps to it: %s',
    (text) => expect(kept(text)).toBe(true),
  )

  it.each([
    'Bo',
    '{}',
    '[]',
    '{"name":3}',
    '{"name":"Bo","age":"3"}',
    '{"name":"Bo","age":3.5}',
    '{"name":"Bo","tags":["c"]}',
    '{"name":"Bo","more":1}',
  ])('does not: %s', (text) => expect(kept(text)).toBe(false))

  it('is not looked at where none was asked for, in a stream, and when it was cut', () => {
    expect(kept('{}', { format: null })).toBeNull()
    expect(kept('{}', { format: { type: 'json_object' } })).toBeNull()
    expect(kept('{}', { stream: true })).toBeNull()
    expect(kept('{}', { finish: 'length' })).toBeNull()
  })
})
