import { describe, expect, it } from 'vitest'
import { compileApis } from './compile-apis.ts'
import { describeApis, describeName, openApiDocument } from './describe-api.ts'
import { exampleOf } from './example-input.ts'
import { apiSpec } from './spec.ts'

const input = {
  type: 'object',
  properties: { text: { type: 'string', examples: ["it's"] }, words: { type: 'integer', minimum: 5 } },
  required: ['text', 'words'],
}
const tools = { template: () => () => '', contextOf: () => null, routeContextOf: () => null }
const compiled = (entries: Readonly<Record<string, object>>) =>
  compileApis(
    new Map(
      Object.entries(entries).map(([id, it]) => [
        id,
        apiSpec.parse({ route: 'behind', input, state: 'published', ...it }),
      ]),
    ),
    tools,
  )
const asked = { tenant: 'other', origin: 'http://gateway', subscriptionTo: () => null }

describe('the page of all APIs', () => {
  const apis = compiled({
    'sum@1.0.0': { state: 'deprecated', deprecatedAt: '2026-01-01T00:00:00Z', successor: 'sum@2.0.0' },
    'sum@2.0.0': { description: 'makes it short', access: 'subscription' },
    'own@1.0.0': { tenants: ['acme'] },
    'new@1.0.0': { state: 'design', testers: ['acme'] },
  })

  it('says what there is, how it stands and how to call it', () => {
    expect(describeApis(apis, asked)).toEqual({
      apis: [
        {
          name: 'sum',
          description: 'makes it short',
          latest: '2.0.0',
          access: 'subscription',
          subscription: null,
          subscribe: '/v1/apis/sum/subscriptions',
          versions: [
            {
              version: '2.0.0',
              state: 'published',
              output: 'text',
              call: {
                method: 'POST',
                path: '/apis/sum/2.0.0',
                curl: `curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"text":"it'\\''s","words":5}' 'http://gateway/apis/sum/2.0.0'`,
              },
              openapi: '/apis/sum/2.0.0/openapi.json',
            },
            expect.objectContaining({
              version: '1.0.0',
              state: 'deprecated',
              deprecatedAt: '2026-01-01T00:00:00.000Z',
              successor: 'sum@2.0.0',
            }),
          ],
        },
      ],
    })
  })

  it('holds nothing of what others may see, and nothing of what is behind an API', () => {
    expect(JSON.stringify(describeApis(apis, asked))).not.toMatch(/own|new|behind|acme/)
    expect(describeName(apis, 'own', asked)).toBeNull()
    expect(describeApis(apis, { ...asked, tenant: 'acme' })).toMatchObject({
      apis: [
        { name: 'sum' },
        { name: 'own' },
        { name: 'new', latest: null, versions: [{ state: 'design' }] },
      ],
    })
  })
})

describe('the document of a version', () => {
  it('describes one operation, with schemas whose references stay within it', () => {
    const api = compiled({
      'sum@1.0.0': {
        state: 'deprecated',
        deprecatedAt: '2026-01-01T00:00:00Z',
        output: { $ref: '#/$defs/short', $defs: { short: { type: 'string', maxLength: 9 } } },
      },
    }).find('sum', '1', null)
    const document = JSON.parse(JSON.stringify(openApiDocument(api as NonNullable<typeof api>))) as object
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'sum', version: '1.0.0' },
      paths: { '/apis/sum/1.0.0': { post: { deprecated: true, responses: { 200: {}, 400: {}, 502: {} } } } },
      components: { schemas: { Output: { $ref: '#/components/schemas/Output/$defs/short' } } },
    })
    expect(JSON.stringify(document)).not.toContain('behind')
  })
})

describe('an example', () => {
  it('is the one that the schema brings, or has what is required', () => {
    expect(exampleOf({ examples: [{ a: 1 }] })).toEqual({ a: 1 })
    expect(exampleOf(input)).toEqual({ text: "it's", words: 5 })
    const all = {
      a: { type: 'array', items: { enum: ['x'] } },
      b: { anyOf: [{ const: 2 }] },
      c: { type: ['null'] },
    }
    expect(exampleOf({ type: 'object', properties: all })).toEqual({ a: ['x'], b: 2, c: null })
  })

  it('ends where a schema refers to itself without end', () => {
    let deep: Record<string, unknown> = { type: 'string' }
    for (let i = 0; i < 30; i += 1) deep = { type: 'object', properties: { in: deep } }
    expect(JSON.stringify(exampleOf(deep)).length).toBeLessThan(100)
  })
})
