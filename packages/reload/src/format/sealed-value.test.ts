import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, SettingsTree } from '../contract/payload.ts'
import { canonicalJson } from './canonical.ts'
import { digestOfText } from './digest.ts'
import { deepFreeze } from './freeze.ts'
import { type SealBase, sealDraft } from './seal.ts'
import { sealValue } from './sealed-value.ts'

const base: SealBase = {
  scope: 'gateway/prod',
  version: { epoch: 1, seq: 1 },
  previous: null,
  previousResources: [],
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'test',
  reason: '',
  idempotencyKey: null,
  trace: null,
}
const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 3 }) as fc.Arbitrary<Json>
const name = fc.constantFrom('a', 'b', 'x y', 'ä', 'a/b')
const tree = fc.dictionary(fc.constantFrom('k', 'l'), fc.dictionary(name, json, { maxKeys: 3 }), {
  maxKeys: 2,
}) as fc.Arbitrary<SettingsTree>

describe('a value that was sealed before', () => {
  it('is the same resource, as it would be made anew', () => {
    fc.assert(
      fc.property(json, (value) => {
        const inline = canonicalJson(value)
        const fresh = {
          kind: 'k',
          name: 'n',
          mediaType: 'application/json',
          digest: digestOfText(inline),
          size: Buffer.byteLength(inline),
          inline,
        }
        const frozen = deepFreeze(structuredClone(value))
        expect(sealValue('k', 'n', frozen)).toEqual(fresh)
        expect(sealValue('k', 'n', frozen)).toEqual(fresh)
        expect(sealValue('k', 'm', frozen)).toEqual({ ...fresh, name: 'm' })
        expect(sealValue('k', 'n', frozen)).toEqual(fresh)
      }),
    )
  })

  it('makes the same bytes of a version as a value that was not', () => {
    fc.assert(
      fc.property(tree, (settings) => {
        const frozen = deepFreeze(structuredClone(settings))
        const bytes = [1, 2].map(() => sealDraft({ settings: frozen }, base).manifestBytes)
        // Open values are written each time.
        const fresh = sealDraft({ settings: structuredClone(settings) }, base).manifestBytes
        expect(bytes).toEqual([fresh, fresh])
      }),
    )
  })

  it('is not written again', () => {
    const value = deepFreeze({ a: 1 })
    expect(sealValue('k', 'n', value)).toBe(sealValue('k', 'n', value))
  })

  it('is written again while anything in it could change', () => {
    const inner = { weight: 1 }
    const value = Object.freeze({ targets: Object.freeze([inner]) })
    expect(sealValue('k', 'n', value).inline).toBe('{"targets":[{"weight":1}]}')
    inner.weight = 2
    expect(sealValue('k', 'n', value).inline).toBe('{"targets":[{"weight":2}]}')
  })

  it('is refused with its place, each time', () => {
    const value = deepFreeze({ a: [Number.NaN] })
    for (let i = 0; i < 2; i++) {
      expect(() => sealValue('k', 'n', value)).toThrow(/\/k\/n\/a\/0/)
    }
    const badName = deepFreeze({ k: { '\ud800': { a: 1 } } })
    for (let i = 0; i < 2; i++) expect(() => sealDraft({ settings: badName }, base)).toThrow(/surrogate/)
  })
})
