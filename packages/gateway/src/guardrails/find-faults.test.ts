import { describe, expect, it } from 'vitest'
import { compileAhead, findFaults } from './find-faults.ts'
import { loadSchemaEngine } from './json-schema.ts'
import { guardrailSpec } from './spec.ts'

const schemaOf = (i: number) => ({ type: 'object', properties: { [`p${i}`]: { type: 'string' } } })
const guardrailOf = (schemas: readonly object[]) =>
  guardrailSpec.parse({ guards: schemas.map((schema) => ({ kind: 'jsonSchema', action: 'block', schema })) })

describe('schemas of guards', () => {
  it('are compiled with turns of the event loop between them, and not again', async () => {
    const engine = await loadSchemaEngine()
    const told: string[] = []
    const compile: typeof engine.compile = (schema) => {
      told.push('compile')
      return engine.compile(schema)
    }
    const guardrail = guardrailOf([schemaOf(1), schemaOf(2), schemaOf(3)])
    let isOver = false
    const turn = () => {
      told.push('turn')
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await compileAhead([guardrail], { regex: null, schemas: { compile } })
    isOver = true
    expect(told.join(' ')).toMatch(/compile turn.* compile turn.* compile turn/)
    told.length = 0
    const engines = { regex: null, schemas: { compile } }
    expect(findFaults(new Map([['g', guardrail]]), engines)).toEqual([])
    told.length = 0
    await compileAhead([guardrail], engines)
    expect(told).toEqual([])
  })

  it('are told to be wrong afterwards as before', async () => {
    const engines = { regex: null, schemas: await loadSchemaEngine() }
    const guardrail = guardrailOf([{ type: 'objekt' }])
    await compileAhead([guardrail], engines)
    expect(findFaults(new Map([['g', guardrail]]), engines)).toMatchObject([
      { steps: ['guards', '0', 'schema'] },
    ])
  })
})
