import { describe, expect, it } from 'vitest'
import { excessOfSchema, MOST_SCHEMAS, MOST_STEPS } from './schema-size.ts'

function ofProperties(names: number, schemaOf: (i: number) => unknown) {
  const properties = Array.from({ length: names }, (_, i) => [`p${i}`, schemaOf(i)])
  return { type: 'object', properties: Object.fromEntries(properties) }
}

const found = (schema: Record<string, unknown>) => excessOfSchema(schema)?.found ?? null
const most = ofProperties(MOST_SCHEMAS - 1, () => ({}))

describe('the size of a schema', () => {
  it('is counted in schemas, wherever they stand, and not in names or data', () => {
    expect(found(most)).toBeNull()
    expect(found({ ...most, items: false })).toBe('1001 schemas within it')
    expect(found({ ...most, anyOf: [{}, { not: {} }] })).toBe('1003 schemas within it')
    expect(found({ ...most, patternProperties: { a: true } })).toBe('1001 schemas within it')
    expect(
      found({ ...most, type: ['object', 'null'], enum: [{ not: {} }], default: {}, const: { not: {} } }),
    ).toBeNull()
    expect(found({ ...most, dependentRequired: { p0: ['p1', 'p2'] } })).toBe('1002 schemas within it')
  })

  it('counts a definition for each way in which it is referred to, and not at all without', () => {
    const a = ofProperties(499, () => ({}))
    const $defs = { a, b: { not: { $ref: '#/$defs/a' } } }
    const refer = (...refs: string[]) => found({ $defs, anyOf: refs.map(($ref) => ({ $ref })) })
    expect(found({ $defs: { a: most } })).toBeNull()
    expect(refer('#/$defs/a', '#/$defs/a')).toBeNull()
    expect(refer('#/$defs/a', '#/%24defs/a')).toBe('1003 schemas within it')
    expect(refer('#/$defs/b', '#/$defs/%61')).toBe('1005 schemas within it')
    // Where it leads a compiler alone can tell: as if it were to the whole.
    expect(found({ ...ofProperties(500, () => ({})), not: { $ref: 'name' } })).toBe('1004 schemas within it')
  })

  it('counts each repetition of a pattern as often as it may be', () => {
    const pattern = (it: string) => found({ pattern: it })
    expect(pattern('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')).toBeNull()
    expect(pattern('^((25[0-5]|[0-9]{1,2})\\.){3}[0-9]{1,3}$')).toBeNull()
    expect(pattern('a'.repeat(MOST_STEPS))).toBeNull()
    expect(pattern('a'.repeat(MOST_STEPS + 1))).toBe('patterns of 20001 steps')
    expect(pattern('a{1000}'.repeat(20))).toMatch(/^patterns of /)
    expect(pattern(`(?:${'a'.repeat(100)}){1,200}`)).toMatch(/^patterns of /)
    expect(pattern('((a{2,}b){90}){90}')).toMatch(/^patterns of /)
    expect(found({ patternProperties: { [`(?:${'a'.repeat(100)}){200}`]: {} } })).toMatch(/^patterns of /)
    const many = ofProperties(500, () => ({ pattern: '^.{0,64}$' }))
    expect(found(many)).toMatch(/^patterns of /)
  })

  it('is bounded in bytes and levels, however it is built', () => {
    expect(found({ description: 'é'.repeat(33_000) })).toBe('66018 bytes')
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100_000; i += 1) deep = { not: deep }
    expect(found(deep)).toBe('more levels')
  })
})
