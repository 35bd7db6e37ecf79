import { describe, expect, it } from 'vitest'
import { loadSchemaEngine, schemaTrouble } from './json-schema.ts'

describe('a schema of a guard', () => {
  it('is refused where its check would answer later, and let everything through until then', async () => {
    const engine = await loadSchemaEngine()
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(schemaTrouble(engine, schema)).toBeNull()
    expect(schemaTrouble(engine, { ...schema, $async: true })).toContain('$async')
    expect(schemaTrouble(engine, { properties: { a: { $async: true, type: 'string' } } })).toContain('async')
  })
})
