import { describe, expect, it } from 'vitest'
import { loadSchemaEngine, schemaTrouble } from './json-schema.ts'
import { guardrailSpec } from './spec.ts'

describe('a schema of a guard', () => {
  it('is refused where its check would answer later, and let everything through until then', async () => {
    const engine = await loadSchemaEngine()
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(schemaTrouble(engine, schema)).toBeNull()
    expect(schemaTrouble(engine, { ...schema, $async: true })).toContain('$async')
    expect(schemaTrouble(engine, { properties: { a: { $async: true, type: 'string' } } })).toContain('async')
  })

  it('is refused before it is compiled where that would take too long', () => {
    const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, {}]))
    const guard = { kind: 'jsonSchema', on: 'output', action: 'block', schema: { properties } }
    expect(guardrailSpec.safeParse({ guards: [guard] }).error?.issues).toMatchObject([
      { path: ['guards', 0, 'schema'], params: { found: '1001 schemas within it' } },
    ])
  })

  it('holds names of properties against its patterns by an engine that cannot run away', async () => {
    const engine = await loadSchemaEngine()
    const patternProperties = { '^(a+)+$': { type: 'number' } }
    const validate = engine.compile({ type: 'object', patternProperties, additionalProperties: false })
    expect([
      validate({ aaa: 1 }),
      validate({ aaa: 'one' }),
      validate({ ['a'.repeat(5_000) + '!']: 1 }),
    ]).toEqual([true, false, false])
    // What only an engine can do that goes back on its steps.
    expect(schemaTrouble(engine, { patternProperties: { '^(?=a)': {} } })).toContain('(?=')
    expect(schemaTrouble(engine, { patternProperties: { '(a)\\1': {} } })).toContain('\\1')
  })

  it.each([
    [
      'one of two fields',
      { properties: { a: {}, b: {} }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    ],
    ['a field of any kind', { type: 'object', required: ['a'] }],
    ['a list of two kinds', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }],
    ['a number or a text', { type: ['number', 'string'], minimum: 1 }],
  ])('may ask for all that the standard has: %s', async (_, schema) => {
    expect(schemaTrouble(await loadSchemaEngine(), schema)).toBeNull()
  })

  it('is refused for a word that nobody knows', async () => {
    expect(schemaTrouble(await loadSchemaEngine(), { requierd: ['a'] })).toContain('requierd')
  })

  it('is compiled once, by whoever asks first', async () => {
    const engine = await loadSchemaEngine()
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(schemaTrouble(engine, schema)).toBeNull()
    expect(engine.compile(schema)).toBe(engine.compile(schema))
    expect(engine.compile({ ...schema })).not.toBe(engine.compile(schema))
  })

  it('compiles what is referred to once, however often that is', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`p${i}`, { type: 'string' }]),
    )
    const anyOf = Array.from({ length: 300 }, () => ({ $ref: '#/$defs/it' }))
    expect(schemaTrouble(await loadSchemaEngine(), { $defs: { it: { properties } }, anyOf })).toBeNull()
  })
})
