import { changes, type Json } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyChanges, applyJsonPatch, applyMergePatch, MOST_OPERATIONS, sameJson } from './json-patch.ts'

describe('a merge patch', () => {
  /** Every case of RFC 7396, appendix A. */
  const cases: readonly (readonly [target: Json, patch: Json, result: Json])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases) {
    it(`makes ${JSON.stringify(result)} of ${JSON.stringify(target)}`, () => {
      expect(applyMergePatch(target, patch)).toEqual(result)
    })
  }

  it('does not touch what it is applied to', () => {
    const target = Object.freeze({ a: Object.freeze({ b: 1 }) })
    expect(applyMergePatch(target, { a: { c: 2 } })).toEqual({ a: { b: 1, c: 2 } })
    expect(target).toEqual({ a: { b: 1 } })
  })

  it('cannot reach a prototype', () => {
    const patch = JSON.parse('{"__proto__": {"polluted": 1}}') as Json
    expect(() => applyMergePatch({}, patch)).toThrow('found the name "__proto__"')
  })
})

describe('a JSON patch', () => {
  const cases: readonly (readonly [what: string, target: Json, patch: Json, result: Json])[] = [
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['adds at the end of a list', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
    ['removes', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['removes from a list', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['replaces', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: 2 }], { a: { b: 2 } }],
    ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: 2 }], 2],
    ['moves', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    ['moves in a list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    ['copies', { a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
    ['tests', { a: [1] }, [{ op: 'test', path: '/a', value: [1] }], { a: [1] }],
    [
      'escapes',
      { 'a/b': { 'm~n': 1 } },
      [{ op: 'replace', path: '/a~1b/m~0n', value: 2 }],
      { 'a/b': { 'm~n': 2 } },
    ],
  ]
  for (const [what, target, patch, result] of cases) {
    it(what, () => expect(applyJsonPatch(target, patch)).toEqual(result))
  }

  const refusals: readonly (readonly [what: string, patch: Json])[] = [
    ['a path that is not there', [{ op: 'replace', path: '/x', value: 1 }]],
    ['a parent that is not there', [{ op: 'add', path: '/x/y', value: 1 }]],
    ['an index beyond the end', [{ op: 'add', path: '/list/5', value: 1 }]],
    ['an index with a zero before it', [{ op: 'replace', path: '/list/00', value: 1 }]],
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }]],
    ['a move into itself', [{ op: 'move', from: '/map', path: '/map/inner' }]],
    ['an unknown operation', [{ op: 'swap', path: '/a' }]],
    ['no pointer', [{ op: 'remove', path: 'a' }]],
    ['no value', [{ op: 'add', path: '/b' }]],
    ['no list', { op: 'remove', path: '/a' }],
    ['no operation', [1]],
    ['the whole tree gone', [{ op: 'remove', path: '' }]],
    ['a prototype', [{ op: 'add', path: '/__proto__', value: 1 }]],
  ]
  for (const [what, patch] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => applyJsonPatch({ a: 1, list: [1], map: {} }, patch)).toThrow(/^"/)
    })
  }
})

describe('many operations of one JSON patch', () => {
  it('leave what they are applied to as it is, and what was copied by itself', () => {
    const target = { a: { b: { c: 1 }, l: [{ n: 1 }] } }
    const before = structuredClone(target)
    const patched = applyJsonPatch(target, [
      { op: 'add', path: '/a/b/d', value: 2 },
      { op: 'copy', from: '/a', path: '/copy' },
      { op: 'replace', path: '/a/b/c', value: 3 },
      { op: 'add', path: '/copy/l/0/m', value: 4 },
      { op: 'move', from: '/a/b', path: '/moved' },
      { op: 'add', path: '/moved/e', value: 5 },
    ])
    expect(target).toEqual(before)
    expect(patched).toEqual({
      a: { l: [{ n: 1 }] },
      copy: { b: { c: 1, d: 2 }, l: [{ n: 1, m: 4 }] },
      moved: { c: 3, d: 2, e: 5 },
    })
  })

  it('are no more than a patch may have', () => {
    const patch = Array.from({ length: MOST_OPERATIONS + 1 }, () => ({ op: 'test', path: '', value: {} }))
    expect(() => applyJsonPatch({}, patch)).toThrow('10001 operations')
    expect(applyJsonPatch({}, patch.slice(1))).toEqual({})
  })
})

describe('changes between two trees', () => {
  it('lead from one to the other', () => {
    const json = (fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>).filter(
      // A name that no settings may have.
      (it) => !JSON.stringify(it).includes('"__proto__":'),
    )
    const tree = fc.dictionary(
      fc.constantFrom('a', 'b/c', 'd~e'),
      fc.dictionary(fc.constantFrom('x', '1'), json),
    )
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        expect(applyChanges(before, changes(before, after))).toEqual(after)
      }),
    )
  })

  it('copy a large map once, and not for each of ten thousand changes', () => {
    const routes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, { weight: i }]))
    const [few, many] = [{ routes: routes(1) }, { routes: routes(10_000) }]
    expect(applyChanges(few, changes(few, many))).toEqual(many)
    expect(applyChanges(many, changes(many, few))).toEqual(few)
  })

  it('take many out of a long list, and put many in', () => {
    const list = Array.from({ length: 25 }, (_, i) => i)
    const [long, short] = [{ k: { n: list } }, { k: { n: list.slice(0, 3) } }]
    expect(applyChanges(long, changes(long, short))).toEqual(short)
    expect(applyChanges(short, changes(short, long))).toEqual(long)
  })
})

describe('sameness', () => {
  it('looks at names and values, not at order', () => {
    expect(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true)
    expect(sameJson({ a: 1 }, { a: 1, b: undefined as unknown as Json })).toBe(false)
    expect(sameJson([], {})).toBe(false)
    expect(sameJson({ a: null }, {})).toBe(false)
    expect(sameJson([1, 2], [1])).toBe(false)
  })
})
