import { describe, expect, it } from 'vitest'
import type { Draft } from '../contract/participant.ts'
import type { Json, Resource, SettingsTree } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { readManifest, resourceKey } from './manifest.ts'
import { type SealBase, type Sealed, sealContent, sealDraft, treeDigest } from './seal.ts'

const first: SealBase = {
  scope: 'gateway/prod',
  version: { epoch: 1, seq: 1 },
  previous: null,
  previousResources: [],
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'file:changeover.yaml',
  reason: 'the file changed',
  idempotencyKey: null,
  trace: null,
}
const after = ({ manifest, digest }: Sealed, more: Partial<SealBase> = {}): SealBase => ({
  ...first,
  version: { epoch: 1, seq: manifest.version.seq + 1 },
  previous: { version: `1.${manifest.version.seq}`, digest },
  previousResources: manifest.resources,
  ...more,
})
/** Without its text. */
const bare = (it: Resource): Resource =>
  Object.fromEntries(Object.entries(it).filter(([field]) => field !== 'inline')) as unknown as Resource
const settings: SettingsTree = {
  routes: { support: { targets: [{ weight: 90 }, { weight: 10 }] }, old: { targets: [] } },
  limits: { all: { perMinute: 60 } },
}

describe('sealing a draft', () => {
  it('makes each value a resource with its exact canonical text, in the order of names', () => {
    const { manifest } = sealDraft({ settings: { b: { y: { z: 1, a: 2 } }, a: { x: 'ä' } } }, first)
    expect(manifest.resources.map(resourceKey)).toEqual(['a/x', 'b/y'])
    expect(manifest.resources[0]).toMatchObject({ mediaType: 'application/json', size: 4, inline: '"ä"' })
    expect(manifest.resources[1]?.inline).toBe('{"a":2,"z":1}')
  })

  it('gives what anyone reads from the bytes', () => {
    const sealed = sealDraft({ settings }, first)
    expect(readManifest(sealed.manifestBytes)).toEqual(sealed.manifest)
    expect(sealDraft({ settings: structuredClone(settings) }, first).digest).toBe(sealed.digest)
  })

  it('names what goes and what changes since the version before', () => {
    const one = sealDraft({ settings }, first)
    expect(one.manifest).toMatchObject({ removed: [], changedParameters: ['/limits', '/routes'] })
    const next = { routes: { support: { targets: [{ weight: 50 }, { weight: 10 }] }, new: 1 }, limits: {} }
    const { manifest } = sealDraft({ settings: next }, after(one))
    expect(manifest.removed).toEqual([
      { kind: 'limits', name: 'all' },
      { kind: 'routes', name: 'old' },
    ])
    expect(manifest.changedParameters).toEqual([
      '/limits',
      '/routes/new',
      '/routes/old',
      '/routes/support/targets/0/weight',
    ])
  })

  it('states no changes when a changed resource of the version before is not at hand', () => {
    const one = sealDraft({ settings }, first)
    const held = one.manifest.resources.map((it) => bare(it))
    const changed = { ...settings, limits: { all: { perMinute: 61 } } }
    const base = after(one, { previousResources: held })
    expect(sealDraft({ settings }, base).manifest.changedParameters).toEqual([])
    expect(sealDraft({ settings: changed }, base).manifest.changedParameters).toBeNull()
    const known = { ...base, previousTree: settings }
    expect(sealDraft({ settings: changed }, known).manifest.changedParameters).toEqual([
      '/limits/all/perMinute',
    ])
  })

  it('carries what the draft wishes, else what the base says', () => {
    const draft: Draft = {
      settings,
      author: 'user:bo',
      reason: 'less load',
      allowShrink: true,
      restores: null,
      bakeMs: 5000,
      serveTtlMs: 60_000,
      lineage: { 'git.commit': 'abc' },
    }
    expect(sealDraft(draft, first).manifest).toMatchObject({
      author: 'user:bo',
      reason: 'less load',
      allowShrink: true,
      rollout: { strategy: 'allAtOnce', bakeMs: 5000 },
      serveTtlMs: 60_000,
      lineage: { 'git.commit': 'abc' },
    })
    expect(sealDraft({ settings }, first).manifest).toMatchObject({
      author: 'file:changeover.yaml',
      reason: 'the file changed',
      rollout: { strategy: 'allAtOnce' },
    })
  })

  it('changes nothing of the draft', () => {
    const draft = { settings: { a: { x: { list: [1] } } }, lineage: { a: 'b' } }
    sealDraft(draft, first)
    expect(Object.isFrozen(draft.lineage) || Object.isFrozen(draft.settings.a.x.list)).toBe(false)
  })

  it('refuses what cannot be sealed, at the place where a person wrote it', () => {
    const places = (pointer: string): { file: string; line: number; column: number } => ({
      file: pointer,
      line: 3,
      column: 5,
    })
    const refused = (tree: unknown): string[] => {
      try {
        sealDraft({ settings: tree as SettingsTree, places }, first)
        return []
      } catch (error) {
        if (!isReloadError(error)) throw error
        return error.issues.map((it) => `${it.code} ${it.pointer} ${it.place?.file}:${it.place?.line}`)
      }
    }
    expect(refused({ routes: { a: { weight: Number.NaN } } })).toEqual([
      'payload.schema /routes/a/weight /routes/a/weight:3',
    ])
    expect(refused({ a: { z: 1 }, 'two words': { x: 1 } })).toEqual([
      'payload.schema /two words/x /two words/x:3',
    ])
    expect(refused({ routes: { constructor: 1 } })).toEqual([
      'payload.forbidden_key /routes/constructor /routes/constructor:3',
    ])
    expect(refused({ routes: [1] })).toEqual(['payload.schema /routes /routes:3'])
    expect(refused({ routes: null })).toEqual(['payload.schema /routes /routes:3'])
  })

  it('restores an older version resource by resource, whatever they are', () => {
    const one = sealDraft({ settings }, first)
    const two = sealDraft({ settings: { limits: { all: { perMinute: 1 } } } }, after(one))
    const { manifest } = sealContent(
      {
        resources: one.manifest.resources,
        tree: settings,
        restores: { version: '1.1', digest: one.digest },
      },
      after(two),
    )
    expect(manifest.resources).toEqual(one.manifest.resources)
    expect(manifest.restores).toEqual({ version: '1.1', digest: one.digest })
    expect(manifest.changedParameters).toEqual(['/limits/all/perMinute', '/routes'])
  })

  it('compares what is not JSON by what it is', () => {
    const text = {
      kind: 'prompts',
      name: 'hi',
      mediaType: 'text/plain',
      digest: `sha256:${'1'.repeat(64)}`,
      size: 2,
    }
    const weights = { ...text, kind: 'models', name: 'w', mediaType: 'application/octet-stream' }
    const one = sealContent(
      {
        resources: [
          { ...text, inline: 'hi' },
          { ...weights, uri: 'file:w' },
        ],
        tree: {},
      },
      first,
    )
    const other = { ...weights, digest: `sha256:${'2'.repeat(64)}`, uri: 'file:w2' }
    const { digest, size, mediaType } = other
    const tree = { prompts: { hi: 'ho' as Json }, models: { w: { digest, size, mediaType } } }
    const changed = { ...text, digest: `sha256:${'3'.repeat(64)}`, inline: 'ho' }
    const { manifest } = sealContent({ resources: [changed, other], tree }, after(one))
    expect(manifest.changedParameters).toEqual(['/models/w/digest', '/prompts/hi'])
    const relabelled = { ...weights, mediaType: 'image/png', uri: 'file:w' }
    const asImage = { w: { digest: weights.digest, size: 2, mediaType: 'image/png' } }
    const again = sealContent(
      {
        resources: [{ ...text, inline: 'hi' }, relabelled],
        tree: { prompts: { hi: 'hi' }, models: asImage },
      },
      after(one),
    )
    expect(again.manifest.changedParameters).toEqual(['/models/w/mediaType'])
    expect(again.manifest.resources.map(resourceKey), 'in the order of names').toEqual([
      'models/w',
      'prompts/hi',
    ])
  })
})

describe('the digest of a tree', () => {
  const { resources } = sealDraft({ settings }, first).manifest

  it('is the same in any order, and under any label', () => {
    expect(treeDigest(resources.toReversed())).toBe(treeDigest(resources))
    expect(treeDigest(resources.map((it) => ({ ...it, version: '17' })))).toBe(treeDigest(resources))
    expect(treeDigest(resources.map(bare))).toBe(treeDigest(resources))
  })

  it('differs when any name, content or type does', () => {
    const [one, ...rest] = resources
    if (!one) expect.fail('no resources')
    const others = [
      { ...one, name: 'x' },
      { ...one, kind: 'x' },
      { ...one, mediaType: 'text/plain' },
    ]
    const all = [...others, { ...one, digest: `sha256:${'0'.repeat(64)}` }].map((it) =>
      treeDigest([it, ...rest]),
    )
    expect(new Set([...all, treeDigest(rest), treeDigest(resources)]).size).toBe(6)
  })
})
