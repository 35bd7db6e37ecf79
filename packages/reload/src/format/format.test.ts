/** The format end to end: what is sealed anywhere is read everywhere as the same settings. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testKey } from '../../../../spec/make/keys.ts'
import type { Json, SettingsTree } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { changedParameters } from './diff.ts'
import { encodeEnvelope, openEnvelope } from './envelope.ts'
import { FORBIDDEN_KEYS } from './json.ts'
import { readManifest } from './manifest.ts'
import { kindsIn } from './of-kind.ts'
import { readResources } from './resources.ts'
import { type SealBase, sealDraft } from './seal.ts'

const key = testKey('test-ann')
const trust = { keys: { [key.keyid]: key.publicKey }, threshold: 1 }
const maxBytes = 1 << 20
const bytesOf = (): Promise<Uint8Array> => expect.fail('asked for bytes that are inside')
const base: SealBase = {
  scope: 'test',
  version: { epoch: 1, seq: 1 },
  previous: null,
  previousResources: [],
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'user:bo',
  reason: '',
  idempotencyKey: null,
  trace: null,
}

const allowed = (text: string): boolean => !/"(__proto__|constructor|prototype)":/.test(text)
const values = fc.jsonValue({ maxDepth: 3 }).filter((it) => allowed(JSON.stringify(it))) as fc.Arbitrary<Json>
const kinds = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/).filter((it) => !FORBIDDEN_KEYS.has(it))
const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((it) => !/[\p{Cc}\p{Cs}]/u.test(it) && !FORBIDDEN_KEYS.has(it))
const trees = fc.dictionary(kinds, fc.dictionary(names, values, { minKeys: 1, maxKeys: 4 }), { maxKeys: 3 })

describe('a payload', () => {
  it('says the same settings after sealing, opening and reading', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (settings) => {
        const sealed = sealDraft({ settings }, base)
        const opened = openEnvelope(encodeEnvelope(sealed.manifestBytes, key), { maxBytes, trust })
        expect(opened.digest).toBe(sealed.digest)
        const tree = await readResources(readManifest(opened.manifestBytes), { bytesOf })
        expect(JSON.parse(JSON.stringify(tree))).toEqual(JSON.parse(JSON.stringify(settings)))
      }),
    )
  })

  it('states exactly the changes that its receiver finds', async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, async (one, two) => {
        const first = sealDraft({ settings: one }, base)
        const before = await readResources(first.manifest, { bytesOf })
        const second = sealDraft(
          { settings: { ...one, ...two } },
          {
            ...base,
            version: { epoch: 1, seq: 2 },
            previous: { version: '1.1', digest: first.digest },
            previousResources: first.manifest.resources,
          },
        )
        const previous = { tree: before, kinds: kindsIn(first.manifest.resources) }
        const after = await readResources(second.manifest, { bytesOf, previous })
        expect(second.manifest.changedParameters).toEqual(changedParameters(before, after))
      }),
    )
  })

  it('does not survive a change to any byte of its manifest', async () => {
    const settings: SettingsTree = { routes: { a: { weight: 1, text: 'ä' } }, limits: { b: [1, 2] } }
    const { manifestBytes, digest } = sealDraft({ settings }, base)
    const signature = encodeEnvelope(manifestBytes, key)
    const refusedAs = (bytes: Uint8Array): string => {
      const forged = JSON.parse(new TextDecoder().decode(signature)) as Record<string, unknown>
      forged['payload'] = Buffer.from(bytes).toString('base64')
      try {
        openEnvelope(new TextEncoder().encode(JSON.stringify(forged)), { maxBytes, trust })
        return 'opened'
      } catch (error) {
        return isReloadError(error) ? error.code : String(error)
      }
    }
    fc.assert(
      fc.property(fc.nat({ max: manifestBytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(manifestBytes)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        expect(refusedAs(bytes)).toBe('verify.signature')
        expect(openEnvelope(encodeEnvelope(bytes), { maxBytes }).digest).not.toBe(digest)
      }),
    )
  })
})
