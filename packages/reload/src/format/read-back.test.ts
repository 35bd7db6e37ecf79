import { describe, expect, it } from 'vitest'
import type { Manifest, Resource } from '../contract/payload.ts'
import { FORMAT_LIMITS, MANIFEST_DEFAULTS, MOST_VALUES } from './defaults.ts'
import { deepFreeze } from './freeze.ts'
import { readManifest, writeManifest } from './manifest.ts'
import { readBack } from './read-back.ts'
import { sealValue } from './sealed-value.ts'

const resources = ['a', 'b', 'c'].map((it) => sealValue('k', it, deepFreeze({ it })))
const built = (more: Partial<Manifest> = {}): Manifest => ({
  ...MANIFEST_DEFAULTS,
  apiVersion: 'reload/v1',
  kind: 'ReloadPayload',
  scope: 'gateway/prod',
  version: { epoch: 1, seq: 2 },
  previous: null,
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'test',
  reason: 'a reason with "resources":[] in it',
  resources,
  ...more,
})
/** What is read back after resources were, and what anybody reads from the bytes. */
function both(manifest: Manifest): readonly [unknown, unknown] {
  const limits = { ...FORMAT_LIMITS }
  const earlier = built()
  readBack(earlier, writeManifest(earlier), limits)
  const bytes = writeManifest(manifest)
  return [outcome(() => readBack(manifest, bytes, limits)), outcome(() => readManifest(bytes, limits))]
}

function outcome(read: () => Manifest): unknown {
  try {
    return read()
  } catch (error) {
    const { code, issues } = error as { code: string; issues: unknown }
    return { code, issues }
  }
}

describe('a manifest that was written here', () => {
  const fresh = sealValue('k', 'd', deepFreeze({ d: 1 }))
  const open: Resource = { ...fresh, name: 'open' }
  const broken = Object.freeze({ ...fresh, name: 'e', digest: 'sha256:short' })

  it.each<[string, Manifest]>([
    ['with the resources of the one before', built({ version: { epoch: 1, seq: 3 } })],
    ['with a resource more', built({ resources: [...resources, fresh] })],
    [
      'with a resource less, and named',
      built({ resources: resources.slice(1), removed: [{ kind: 'k', name: 'a' }] }),
    ],
    ['with a resource that could still change', built({ resources: [...resources, open] })],
    ['without resources', built({ resources: [] })],
  ])('says what anybody reads: %s', (_, manifest) => {
    const [ours, anybodys] = both(manifest)
    expect(ours).toEqual(anybodys)
    expect(ours).toMatchObject({ scope: 'gateway/prod' })
    expect(Object.isFrozen(ours)).toBe(true)
    expect(Object.isFrozen((ours as Manifest).resources)).toBe(true)
  })

  it.each<[string, Manifest]>([
    ['a resource', built({ resources: [...resources, broken] })],
    [
      'a resource that is there twice',
      built({ resources: [...resources, Object.freeze({ ...fresh, name: 'a' })] }),
    ],
    ['a field', built({ author: '', scope: 'no scope' })],
    ['a removal of what is there', built({ removed: [{ kind: 'k', name: 'a' }] })],
    ['too many values', built({ changedParameters: Array.from({ length: MOST_VALUES }, (_, i) => `/${i}`) })],
  ])('is refused as anybody would: %s', (_, manifest) => {
    const [ours, anybodys] = both(manifest)
    expect(ours).toEqual(anybodys)
    expect(ours).toMatchObject({ code: expect.stringMatching(/^payload\./) as unknown })
  })

  it('keeps to each set of limits', () => {
    const manifest = built()
    const bytes = writeManifest(manifest)
    readBack(manifest, bytes, { ...FORMAT_LIMITS })
    const tight = { ...FORMAT_LIMITS, resources: 2 }
    for (let i = 0; i < 2; i++) expect(() => readBack(manifest, bytes, tight)).toThrow(/resources/)
    const small = { ...FORMAT_LIMITS, resourceBytes: 3 }
    for (let i = 0; i < 2; i++) expect(() => readBack(manifest, bytes, small)).toThrow(/3 errors/)
  })
})
