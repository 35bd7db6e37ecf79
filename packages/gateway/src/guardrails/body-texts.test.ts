/** What of a request is looked at, in each format of callers, and that both walks see the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BodyText, changeTexts, someText } from './body-texts.ts'
import { guardsOf, look, lookedAt } from './test-guards.ts'

const MAIL = 'ann@example.com'
const masking = guardsOf([{ kind: 'pii', action: 'mask', on: 'input' }])

const schema = {
  type: 'object',
  description: MAIL,
  properties: {
    pattern: { type: ['string', 'null'], format: MAIL, pattern: MAIL, description: MAIL, enum: [MAIL, 'x'] },
    who: { anyOf: [{ $ref: MAIL }, { type: 'array', items: { title: MAIL, default: { type: MAIL } } }] },
  },
  required: ['pattern'],
}
/** Texts in it. */
const IN_SCHEMA = 5

describe('a declaration of a tool', () => {
  it.each([
    [
      'chat',
      {
        tools: [
          { type: 'function', function: { name: 'f', description: MAIL, parameters: schema, strict: true } },
        ],
        functions: [{ name: 'g', description: MAIL }],
        response_format: { type: 'json_schema', json_schema: { name: 'r', schema, description: MAIL } },
      },
      3 + 2 * IN_SCHEMA,
    ],
    [
      'responses',
      {
        tools: [
          { type: 'function', name: 'f', description: MAIL, parameters: schema },
          { type: 'custom', name: 'c', description: MAIL, format: { type: 'grammar', definition: MAIL } },
          {
            type: 'mcp',
            server_label: 'm',
            server_url: `https://x/${MAIL}`,
            server_description: MAIL,
            authorization: MAIL,
            headers: { a: MAIL },
          },
        ],
        text: { format: { type: 'json_schema', name: 'r', schema } },
        input: [{ type: 'mcp_list_tools', tools: [{ name: 'f', description: MAIL, input_schema: schema }] }],
      },
      5 + 3 * IN_SCHEMA,
    ],
    [
      'messages',
      {
        tools: [{ name: 'f', description: MAIL, input_schema: schema, input_examples: [{ type: MAIL }] }],
        output_config: { format: { type: 'json_schema', schema } },
      },
      2 + 2 * IN_SCHEMA,
    ],
    [
      'gemini',
      {
        tools: [
          { functionDeclarations: [{ name: 'f', description: MAIL, parameters: schema, response: schema }] },
          { googleSearch: {} },
        ],
        generationConfig: { responseMimeType: MAIL, responseJsonSchema: schema, stopSequences: [MAIL] },
      },
      2 + 3 * IN_SCHEMA,
    ],
  ])('in %s has its texts masked and nothing else', async (_, body, count) => {
    const { body: masked } = await lookedAt(masking, body)
    const [before, after] = [JSON.stringify(body), JSON.stringify(masked)]
    expect(after.split('[EMAIL_1]').length - 1).toBe(count)
    expect(after.replaceAll('[EMAIL_1]', MAIL)).toBe(before)
  })

  it.each([
    { tools: [{ type: 'function', function: { name: `to_${MAIL}` } }] },
    { tools: [{ name: 'f', input_schema: { properties: { x: { properties: { [MAIL]: {} } } } } }] },
    { response_format: { type: 'json_schema', json_schema: { name: MAIL } } },
  ])('is refused where a name in it would have to be masked: %j', async (body) => {
    expect(await look(masking, body)).toMatchObject({ blocked: 'house/pii' })
    const noting = guardsOf([{ kind: 'pii', action: 'log' }])
    expect((await lookedAt(noting, body)).findings).toEqual([{ guard: 'house/pii', did: 'noted', count: 1 }])
  })
})

describe('what tools are asked and answer', () => {
  it('has the names of its fields masked as its texts', async () => {
    const content = [{ type: 'tool_use', id: 'i', name: 'n', input: { [MAIL]: { n: 1, to: MAIL } } }]
    const { body } = await lookedAt(masking, { messages: [{ role: 'assistant', content }] })
    const masked = [{ ...content[0], input: { '[EMAIL_1]': { n: 1, to: '[EMAIL_1]' } } }]
    expect(body).toEqual({ messages: [{ role: 'assistant', content: masked }] })
  })

  it.each([
    { messages: [{ content: [{ type: 'document', source: { type: 'text', data: MAIL } }] }] },
    { prediction: { type: 'content', content: MAIL } },
    { stop: [MAIL] },
    { input: [{ type: 'custom_tool_call', input: MAIL, name: MAIL }] },
    { input: [{ type: 'local_shell_call', action: { command: ['mail', MAIL] } }] },
    { messages: [{ role: 'assistant', function_call: { name: 'f', arguments: `{"a":"${MAIL}"}` } }] },
    { contents: [{ parts: [{ executableCode: { language: 'PYTHON', code: MAIL } }] }] },
  ])('is looked at in %j', async (body) => {
    expect(JSON.stringify((await lookedAt(masking, body)).body)).toContain('[EMAIL_1]')
  })
})

describe('what cannot be looked at', () => {
  let deep: unknown = MAIL
  for (let i = 0; i < 200; i += 1) deep = i % 2 === 0 ? [deep] : { a: deep }
  it.each([
    ['tokens', { prompt: [1, 2, 3] }],
    ['lists of tokens', { input: [[1, 2], [3]] }],
    ['what nobody nests so deep', { messages: [{ content: deep }] }],
  ])('%s is refused, or noted, as is set', async (_, body) => {
    expect(await look(masking, body)).toMatchObject({ blocked: 'house/pii' })
    const open = guardsOf([{ kind: 'pii', action: 'mask', failure: 'open' }])
    expect(await lookedAt(open, body)).toMatchObject({
      body: null,
      findings: [{ guard: 'house/pii', did: 'unsure', count: 1 }],
    })
  })
})

describe('both walks', () => {
  const names = fc.constantFrom(
    'messages',
    'content',
    'tools',
    'function',
    'name',
    'type',
    'parameters',
    'properties',
    'input',
    'arguments',
    'data',
    'response',
    'schema',
    'format',
    'enum',
    'changeover',
    'variables',
    'prompt',
    'id',
    'description',
    'x',
  )
  const { body } = fc.letrec<{ body: Record<string, unknown>; value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom('a', 'bb', 'text', '', 1, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('body'),
    ),
    body: fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  }))

  it('see the same texts in the same order, and change nothing that is not changed', () => {
    let texts = 0
    fc.assert(
      fc.property(body, (it) => {
        const seen: [string, BodyText][] = []
        const changed: [string, BodyText][] = []
        someText(it, (text, kind) => (seen.push([text, kind]), false))
        expect(changeTexts(it, (text, kind) => (changed.push([text, kind]), text))).toBe(it)
        expect(changed).toEqual(seen)
        texts += seen.length
      }),
      { numRuns: 3000, seed: 21 },
    )
    expect(texts).toBeGreaterThan(1000)
  })
})
