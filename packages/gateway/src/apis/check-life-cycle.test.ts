import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lifeCycleFaults } from './check-life-cycle.ts'
import { lifeCycleHeaders } from './life-cycle-headers.ts'
import { API_STATES, apiSpec } from './spec.ts'

const same = isDeepStrictEqual
const faults = (was: object | null, is: object | null) =>
  lifeCycleFaults(
    is === null ? {} : { 'sum@1.0.0': { ...is } },
    was === null ? {} : { 'sum@1.0.0': { ...was } },
    same,
  )

describe('the life of an API', () => {
  it('goes from design to published, deprecated and retired, and back only from deprecated to published', () => {
    const possible = API_STATES.flatMap((from) =>
      API_STATES.filter((to) => faults({ state: from }, { state: to }).length === 0).map(
        (to) => `${from} ${to}`,
      ),
    )
    expect(possible).toEqual([
      'design design',
      'design published',
      'published published',
      'published deprecated',
      'published retired',
      'deprecated published',
      'deprecated deprecated',
      'deprecated retired',
      'retired retired',
    ])
  })

  it('begins in design where nothing is said', () => {
    expect(faults({}, { state: 'retired' })).toMatchObject([
      { kind: 'moved', from: 'design', may: ['published'] },
    ])
    expect(faults({ state: 'published' }, {})).toMatchObject([{ kind: 'moved', to: 'design' }])
  })

  it('keeps what goes in and out from the day it is published on, and all else may change', () => {
    const was = { state: 'published', input: { type: 'object' }, route: 'a' }
    expect(faults(was, { ...was, route: 'b', message: 'x' })).toEqual([])
    expect(faults(was, { ...was, input: { type: 'object', required: ['a'] } })).toEqual([
      { api: 'sum@1.0.0', kind: 'changed', field: 'input', next: 'sum@2.0.0' },
    ])
    expect(faults(was, { ...was, output: {} })).toMatchObject([{ kind: 'changed', field: 'output' }])
    expect(faults({ ...was, state: 'design' }, { ...was, input: {}, state: 'published' })).toEqual([])
  })

  it('does not end by being taken away while there may be callers', () => {
    expect(faults({ state: 'published' }, null)).toEqual([
      { api: 'sum@1.0.0', kind: 'gone', from: 'published' },
    ])
    expect(faults({ state: 'deprecated' }, null)).toHaveLength(1)
    expect(faults({ state: 'retired' }, null)).toEqual([])
    expect(faults({ state: 'design' }, null)).toEqual([])
    expect(faults(null, { state: 'published' })).toEqual([])
  })
})

describe('the headers of an API', () => {
  it('are those of RFC 9745 and RFC 8594, with a link to what comes next', () => {
    const it = {
      state: 'deprecated',
      deprecatedAt: '2023-06-30T23:59:59Z',
      sunsetAt: '2024-06-30T23:59:59+02:00',
      successor: 'sum@2.0.0',
    } as const
    expect(lifeCycleHeaders('sum', it)).toEqual([
      'deprecation',
      '@1688169599',
      'sunset',
      'Sun, 30 Jun 2024 21:59:59 GMT',
      'link',
      '</apis/sum/2.0.0>; rel="successor-version", </apis/sum>; rel="deprecation"; type="application/json"',
    ])
  })

  it('are none while nothing of its end has been said', () => {
    const published = {
      state: 'published',
      deprecatedAt: undefined,
      sunsetAt: undefined,
      successor: undefined,
    } as const
    expect(lifeCycleHeaders('sum', published)).toEqual([])
  })
})

describe('the settings of an API', () => {
  const wrong = (more: object) =>
    apiSpec
      .safeParse({ route: 'r', input: { type: 'object' }, ...more })
      .error?.issues.map((it) => it.path.join('/')) ?? []

  it('say since when it is deprecated, and go after that', () => {
    expect(wrong({ state: 'deprecated' })).toEqual(['deprecatedAt'])
    expect(wrong({ deprecatedAt: '2026-02-01T00:00:00Z', sunsetAt: '2026-01-01T00:00:00Z' })).toEqual([
      'sunsetAt',
    ])
    expect(wrong({ sunsetAt: '2026-01-01' })).toEqual(['sunsetAt'])
    expect(wrong({ successor: 'sum' })).toEqual(['successor'])
  })

  it('take an object in, by schemas that lead nowhere else', () => {
    expect(wrong({ input: {} })).toEqual(['input/type'])
    expect(wrong({ output: { items: { $ref: 'https://example.com/x.json' } } })).toEqual([
      'output/items/$ref',
    ])
    expect(wrong({ invalidOutput: 'retry' })).toEqual(['invalidOutput'])
    expect(wrong({ tenants: [] })).toEqual(['tenants'])
  })
})
