import { describe, expect, it } from 'vitest'
import { checkOf, faultOf, loadSchemas } from './schema-checks.ts'
import { problemOfSchema, withReferencesBelow } from './schema-shape.ts'

async function check(schema: Record<string, unknown>, value: unknown) {
  await loadSchemas([schema])
  const fault = faultOf(schema)
  return fault === null ? checkOf(schema)(value) : [fault.reason]
}

describe('a check by a schema', () => {
  it('says where and what, and no value', async () => {
    const schema = {
      type: 'object',
      properties: { 'a/b': { type: 'array', items: { enum: ['x', 'y'] } } },
      additionalProperties: false,
    }
    expect(await check(schema, { 'a/b': ['x'] })).toBeNull()
    expect(await check(schema, { 'a/b': ['x', 'secret'] })).toEqual([
      { pointer: '/a~1b/1', message: 'must be one of ["x","y"]' },
    ])
    expect(await check(schema, { 'q~': 1 })).toEqual([
      { pointer: '/q~0', message: 'is a property that is not known' },
    ])
  })

  it('is strict: a keyword that is none refuses the schema', async () => {
    expect(await check({ type: 'object', requried: ['a'] }, {})).toEqual([
      'strict mode: unknown keyword: "requried"',
    ])
  })

  it('may ask for one of several fields, and for one that it says nothing more of', async () => {
    const properties = { a: { type: 'string' }, b: { type: 'string' } }
    const either = { type: 'object', properties, anyOf: [{ required: ['a'] }, { required: ['b'] }] }
    expect(await check(either, { b: 'x' })).toBeNull()
    expect(await check(either, {})).not.toBeNull()
    expect(await check({ type: 'object', required: ['a'] }, { a: 1 })).toBeNull()
  })

  it('says where in a schema it is that it cannot be made', async () => {
    const place = async (schema: Record<string, unknown>) => {
      await loadSchemas([schema])
      return faultOf(schema)?.pointer
    }
    const within = (it: unknown) => ({ type: 'object', properties: { 'a/b': { anyOf: [{}, it] } } })
    const at = '/properties/a~1b/anyOf/1'
    expect(await place(within({ requried: [] }))).toBe(at)
    expect(await place(within({ items: { pattern: '(?=a)' } }))).toBe(`${at}/items`)
    expect(await place(within({ format: 5 }))).toBe(`${at}/format`)
    expect(await place(within({ type: 'strng' }))).toBe(`${at}/type`)
    expect(await place(within({ $ref: '#/$defs/none' }))).toBe(at)
    // A property may be called as a keyword is, and data is no schema.
    expect(await place({ properties: { properties: { requried: 1 } } })).toBe('/properties/properties')
    expect(await place({ const: { requried: 1 }, requried: 1 })).toBe('')
    expect(await place(within({ const: { requried: 1 } }))).toBeUndefined()
  })

  it('follows references within the schema, and ends where a value goes deeper than the stack', async () => {
    const schema = { type: 'object', properties: { in: { $ref: '#' } }, additionalProperties: false }
    expect(await check(schema, { in: { in: {} } })).toBeNull()
    let deep: object = {}
    for (let i = 0; i < 200_000; i += 1) deep = { in: deep }
    expect(await check(schema, deep)).toEqual([{ pointer: '', message: 'is nested too deep' }])
  })

  it('is of its own schema, where several are loaded together and each refers to itself', async () => {
    const of = (type: string) => ({ $defs: { it: { type } }, $ref: '#/$defs/it' })
    const [text, number] = [of('string'), of('number')]
    await loadSchemas([text, number])
    expect([checkOf(text)('a'), checkOf(number)(1)]).toEqual([null, null])
    expect([checkOf(text)(1), checkOf(number)('a')]).toEqual([
      [{ pointer: '', message: 'must be string' }],
      [{ pointer: '', message: 'must be number' }],
    ])
  })

  it('names a bounded number of issues, however much is wrong', async () => {
    const schema = { type: 'object', properties: { list: { type: 'array', items: { type: 'string' } } } }
    expect(await check(schema, { list: Array.from({ length: 10_000 }, () => 1) })).toHaveLength(1)
    const many = { anyOf: Array.from({ length: 50 }, (_, i) => ({ const: i })) }
    expect(await check(many, 'none')).toHaveLength(8)
  })

  it('checks the formats that it knows, of texts alone, and lets others be', async () => {
    const email = { properties: { to: { format: 'email' } } }
    expect(await check(email, { to: 'ann@example.com' })).toBeNull()
    expect(await check(email, { to: 'ann' })).toEqual([
      { pointer: '/to', message: 'must match format "email"' },
    ])
    expect(await check(email, { to: 7 })).toBeNull()
    expect(await check({ type: 'string', format: 'phone' }, 'a')).toBeNull()
    expect(await check({ type: 'string', format: 'uri-reference' }, '<')).toBeNull()
  })

  it('compiles what is referred to once, however often that is', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [`p${i}`, { type: 'string' }]),
    )
    const anyOf = Array.from({ length: 400 }, () => ({ $ref: '#/$defs/it' }))
    // In place of each reference it would be 160,000 schemas, of which the compiler makes a minute's work.
    expect(await check({ $defs: { it: { properties } }, anyOf }, { p1: 'a' })).toBeNull()
  })

  it('looks for the place of a fault as long as the whole is worth, and names the part it has come to', async () => {
    const properties = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`p${i}`, {}]))
    let schema: Record<string, unknown> = { properties, items: { requried: 1 } }
    for (let i = 0; i < 20; i += 1) schema = { not: schema }
    await loadSchemas([schema])
    expect(faultOf(schema)?.pointer).toBe('/not/not/not/not')
  })

  it('keeps nobody from the thread for more than one schema', async () => {
    const seen: string[] = []
    const schemas = Array.from({ length: 3 }, () => ({ type: 'string' }))
    setImmediate(() => seen.push('another'))
    await loadSchemas(schemas).then(() => seen.push('loaded'))
    expect(seen).toEqual(['another', 'loaded'])
  })

  it('tests patterns in linear time', async () => {
    expect(await check({ type: 'string', pattern: '^a\\d$' }, 'b1')).toHaveLength(1)
    // A backtracking engine would need longer than there is.
    expect(await check({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`)).toHaveLength(1)
    expect(await check({ type: 'string', pattern: '^(?=a)b' }, 'x')).toHaveLength(1)
  })
})

describe('the shape of a schema', () => {
  const problem = (schema: Record<string, unknown>) => problemOfSchema(schema)?.path.join('/') ?? null

  it('refers to nothing outside, wherever that is said', () => {
    expect(problem({ $ref: 'https://example.com/a.json' })).toBe('$ref')
    expect(problem({ properties: { default: { $ref: 'file:///etc/passwd' } } })).toBe(
      'properties/default/$ref',
    )
    expect(problem({ anyOf: [{}, { items: { $dynamicRef: 'other' } }] })).toBe('anyOf/1/items/$dynamicRef')
    expect(problem({ $id: 'https://example.com/a.json' })).toBe('$id')
    expect(problem({ $schema: 'http://json-schema.org/draft-07/schema#' })).toBe('$schema')
  })

  it('may refer within itself, name a property as it likes, and hold any data', () => {
    expect(problem({ $defs: { a: {} }, items: { $ref: '#/$defs/a' }, not: { $ref: '#' } })).toBeNull()
    expect(problem({ properties: { $ref: { type: 'string' }, $id: { type: 'string' } } })).toBeNull()
    expect(problem({ const: { $ref: 'https://example.com' }, examples: [{ $id: 'x' }] })).toBeNull()
  })

  it('is checked at once, and not later, when everything has passed', () => {
    expect(problem({ type: 'object', $async: true })).toBe('$async')
    expect(problem({ properties: { $async: { type: 'boolean' } } })).toBeNull()
  })

  it('is bounded in size and depth', () => {
    expect(problem({ description: 'x'.repeat(70_000) })).toBe('')
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100_000; i += 1) deep = { not: deep }
    expect(problem(deep)).toBe('')
  })

  it('is moved into a document with its references, and nothing that only looks like one', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { a: { $ref: '#/$defs/x' }, b: { $ref: '#' } },
      $defs: { x: { const: { $ref: '#/y' } } },
    }
    expect(withReferencesBelow(schema, '/components/schemas/Input')).toEqual({
      properties: {
        a: { $ref: '#/components/schemas/Input/$defs/x' },
        b: { $ref: '#/components/schemas/Input' },
      },
      $defs: { x: { const: { $ref: '#/y' } } },
    })
  })
})
