import { describe, expect, it } from 'vitest'
import { attributesToExport } from './companions.ts'
import { createRedactor, REDACTED } from './redact.ts'
import type { AttributeNames } from './settings.ts'

const reload = {
  'reload.status': 'rejected',
  'reload.attempt.id': 'rl_1',
  'reload.scope': 'gateway/prod',
  'reload.trigger': 'file',
  left: undefined,
}

function exported(names: AttributeNames, place: 'request' | 'reload' | 'event' = 'reload') {
  return attributesToExport(reload, { names, place, redactor: createRedactor() })
}

describe('attribute names', () => {
  it('are ours alone under plain', () => {
    expect(exported('plain')).toEqual({
      'reload.status': 'rejected',
      'reload.attempt.id': 'rl_1',
      'reload.scope': 'gateway/prod',
      'reload.trigger': 'file',
    })
  })

  it('have the standard ones beside them under dup', () => {
    expect(exported('dup')).toMatchObject({
      'reload.status': 'rejected',
      'deployment.status': 'failed',
      'reload.attempt.id': 'rl_1',
      'deployment.id': 'rl_1',
      'feature_flag.set.id': 'gateway/prod',
    })
  })

  it('give way to the standard ones under otel, where there are any', () => {
    expect(exported('otel')).toEqual({
      'reload.trigger': 'file',
      'deployment.status': 'failed',
      'deployment.id': 'rl_1',
      'feature_flag.set.id': 'gateway/prod',
    })
  })

  it('keep ours where the standard has no word for the value', () => {
    const skipped = attributesToExport(
      { 'reload.status': 'skipped' },
      { names: 'otel', place: 'reload', redactor: createRedactor() },
    )
    expect(skipped).toEqual({ 'reload.status': 'skipped' })
  })

  it('are left alone on request spans', () => {
    expect(exported('dup', 'request')).toEqual(exported('plain'))
  })

  it('never replace what the caller set', () => {
    const both = attributesToExport([{ 'reload.attempt.id': 'a' }, { 'deployment.id': 'b' }], {
      names: 'dup',
      place: 'reload',
      redactor: createRedactor(),
    })
    expect(both['deployment.id']).toBe('b')
  })

  it('let later values win and secrets out of all of them', () => {
    const redactor = createRedactor()
    redactor.add('canary-value')
    const clean = attributesToExport(
      [
        { a: 1, b: 'canary-value' },
        { a: 2, c: ['x', 'canary-value'] },
      ],
      {
        names: 'dup',
        place: 'event',
        redactor,
      },
    )
    expect(clean).toEqual({ a: 2, b: REDACTED, c: ['x', REDACTED] })
  })

  it('turn what is no attribute value into text instead of throwing', () => {
    const odd = { big: 1n, tree: { a: 1 }, call: () => 1, list: [1, null] } as unknown as Record<
      string,
      string
    >
    const clean = attributesToExport(odd, { names: 'plain', place: 'request', redactor: createRedactor() })
    expect(clean).toMatchObject({ big: '1', list: ['1', 'null'] })
  })
})
