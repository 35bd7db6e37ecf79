import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, SettingsTree } from '../contract/payload.ts'
import type { Change } from '../contract/reloader.ts'
import { changedParameters, changes, readableChanges } from './diff.ts'
import { isPointer, stepsOf } from './pointer.ts'

const before: SettingsTree = {
  routes: {
    support: {
      targets: [
        { model: 'a', weight: 90 },
        { model: 'b', weight: 10 },
      ],
      retries: 2,
    },
    old: { targets: [] },
  },
  limits: { all: { perMinute: 60 } },
}

const keys = fc.constantFrom('a', '~/', '0', 'toString')
const values = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x', {}, []),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
})).value
/** Each with objects of its own: one that stood at two places would be changed at both. */
const trees = fc
  .dictionary(keys, fc.dictionary(keys, values, { maxKeys: 3 }), { maxKeys: 3 })
  .map((it) => JSON.parse(JSON.stringify(it)) as SettingsTree)

describe('what differs', () => {
  it('is named at the finest place, sorted, and escaped as in RFC 6901', () => {
    const after: SettingsTree = {
      routes: {
        support: {
          targets: [{ model: 'a', weight: 50 }, { model: 'b', weight: 10 }, { model: 'c' }],
          retries: '2',
        },
        'new/~': { targets: [] },
      },
      models: { a: {}, b: {} },
      limits: { all: { perMinute: 60 } },
    }
    expect(changedParameters(before, after)).toEqual([
      '/models',
      '/routes/new~1~0',
      '/routes/old',
      '/routes/support/retries',
      '/routes/support/targets/0/weight',
      '/routes/support/targets/2',
    ])
  })

  it('is nothing for equal trees, and every kind for a first version', () => {
    expect(changedParameters(before, structuredClone(before))).toEqual([])
    expect(changedParameters(before, before)).toEqual([])
    expect(changedParameters(null, before)).toEqual(['/limits', '/routes'])
    expect(changedParameters(null, {})).toEqual([])
  })

  it('does not enter values that are the same object', () => {
    const trap = new Proxy({}, { ownKeys: () => expect.fail('entered') })
    const same = trap as Json
    expect(changedParameters({ a: { x: same, y: 1 } }, { a: { x: same, y: 2 } })).toEqual(['/a/y'])
  })

  it('tells lists from objects, and null from absence', () => {
    expect(changes({ a: { x: [1] } }, { a: { x: { 0: 1 } } })).toMatchObject([
      { op: 'replace', pointer: '/a/x' },
    ])
    expect(changes({ a: { x: null } }, { a: {} })).toEqual([{ op: 'remove', pointer: '/a/x', before: null }])
    expect(changes({ a: { x: {} } }, { a: { x: null } })).toMatchObject([{ op: 'replace' }])
    expect(changes({ a: { x: null } }, { a: { x: 0 } })).toMatchObject([{ op: 'replace' }])
  })

  it('turns one tree into the other, and no part of it can be left out', () => {
    fc.assert(
      fc.property(trees, trees, (from, to) => {
        const found = changes(from, to)
        const pointers = found.map((it) => it.pointer)
        expect(pointers).toEqual(changedParameters(from, to))
        expect(pointers).toEqual([...new Set(pointers)].sort())
        expect(pointers.every(isPointer)).toBe(true)
        expect(apply(from, found)).toEqual(to)
        for (const left of found) {
          expect(
            apply(
              from,
              found.filter((it) => it !== left),
            ),
          ).not.toEqual(to)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes any depth', () => {
    const deep = (leaf: Json): Json => {
      let value = leaf
      for (let i = 0; i < 5000; i++) value = [value]
      return value
    }
    expect(changedParameters({ a: { x: deep(1) } }, { a: { x: deep(2) } })).toEqual([
      `/a/x${'/0'.repeat(5000)}`,
    ])
  })
})

describe('changes in words', () => {
  const say = (from: Json, to: Json, isSecret?: (pointer: string) => boolean): string[] =>
    readableChanges(changes({ routes: { support: from } }, { routes: { support: to } }), isSecret)

  it('are one line each: place, before, after', () => {
    expect(say({ targets: [{ weight: 90 }] }, { targets: [{ weight: 50 }] })).toEqual([
      'routes/support targets 0 weight: 90 -> 50',
    ])
    expect(say({ model: 'a' }, { model: 'b', retries: 2 })).toEqual([
      'routes/support model: "a" -> "b"',
      'routes/support retries: added 2',
    ])
    expect(readableChanges(changes(before, {}))).toEqual([
      'limits: removed {1 field}',
      'routes: removed {2 fields}',
    ])
    expect(say({ list: [1] }, { list: null })).toEqual(['routes/support list: [1 item] -> null'])
  })

  it('do not show what is secret', () => {
    const isSecret = (pointer: string): boolean => pointer.endsWith('/apiKey')
    expect(say({ apiKey: 'sk-1' }, { apiKey: 'sk-2' }, isSecret)).toEqual([
      'routes/support apiKey: changed (not shown)',
    ])
    expect(say({}, { apiKey: 'sk-2' }, isSecret)).toEqual(['routes/support apiKey: added (not shown)'])
  })

  it('are cut short, and cannot speak to a terminal', () => {
    const [line = ''] = say({ prompt: 'a'.repeat(1000) }, { prompt: '\u001b[31m' })
    expect(line.length).toBeLessThan(120)
    expect(line.endsWith('-> "\\u001b[31m"')).toBe(true)
    expect(say({}, { '\u001b[2J': 1, 'two words': 1 })).toEqual([
      'routes/support "\\u001b[2J": added 1',
      'routes/support "two words": added 1',
    ])
  })
})

/** Applies changes to a copy: removals from lists last to first, so that indexes stay true. */
function apply(tree: SettingsTree, found: readonly Change[]): unknown {
  const copy = structuredClone(tree) as unknown as Record<string, unknown>
  for (const change of [...found].sort(byIndexDown)) {
    const steps = stepsOf(change.pointer)
    const last = steps.pop() ?? ''
    const parent = steps.reduce<Record<string, unknown>>((at, it) => at[it] as Record<string, unknown>, copy)
    if (change.op !== 'remove') parent[last] = change.after
    else if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else delete parent[last]
  }
  return copy
}

function byIndexDown(a: Change, b: Change): number {
  const [x, y] = [stepsOf(a.pointer).pop(), stepsOf(b.pointer).pop()]
  return a.op === 'remove' && b.op === 'remove'
    ? Number(y) - Number(x) || 0
    : Number(a.op === 'remove') - Number(b.op === 'remove')
}
