import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, Resource, SettingsTree } from '../contract/payload.ts'
import { digestOfText } from './digest.ts'
import { deepFreeze } from './freeze.ts'
import { readManifest, resourceKey, writeManifest } from './manifest.ts'
import { compareKinds, kindsIn, listOf } from './of-kind.ts'
import { readResources } from './resources.ts'
import { type SealBase, type Sealed, sealDraft, treeDigest } from './seal.ts'
import { sealSection } from './sealed-section.ts'

const first: SealBase = {
  scope: 'gateway/prod',
  version: { epoch: 1, seq: 1 },
  previous: null,
  previousResources: [],
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'test',
  reason: 'with "resources":[] in it',
  idempotencyKey: null,
  trace: null,
}
const after = ({ manifest, digest }: Sealed): SealBase => ({
  ...first,
  version: { epoch: 1, seq: manifest.version.seq + 1 },
  previous: { version: `1.${manifest.version.seq}`, digest },
  previousResources: manifest.resources,
})
const bytesOf = (): Promise<Uint8Array> => Promise.reject(new Error('all are inside'))

const name = fc.constantFrom('a', 'b', 'x y', 'ä', 'a/b', 'a-b')
const value = fc.oneof(fc.integer(), fc.constantFrom('ä', 'x'), fc.record({ weight: fc.integer() }))
const section = fc.dictionary(name, value, { maxKeys: 4 })
/** Kinds of which one begins like the other, so that their order is not that of their letters. */
const change = fc.record({ kind: fc.constantFrom('a', 'a-b', 'a_b', 'ab', 'routes'), section })

/** The sections that a change leaves alone are the same objects in the next tree. */
function trees(steps: readonly { kind: string; section: Record<string, Json> }[]): SettingsTree[] {
  let tree: SettingsTree = Object.freeze({})
  return steps.map((step) => {
    const { [step.kind]: _gone, ...others } = tree
    tree = Object.freeze({ ...others, [step.kind]: deepFreeze(structuredClone(step.section)) })
    return tree
  })
}

function keysOf(list: readonly Resource[]): string[] {
  return list.map(resourceKey).sort()
}

describe('versions that are sealed one after the other', () => {
  it('are the bytes and say the changes that they would if nothing had been sealed before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (steps) => {
        let ours: Sealed | null = null
        let plain: Sealed | null = null
        let read: SettingsTree | null = null
        for (const settings of trees(steps)) {
          const previous: { ours: Sealed; read: SettingsTree } | null =
            ours === null || read === null ? null : { ours, read }
          const base: SealBase = previous === null ? first : after(previous.ours)
          const kinds = previous === null ? [] : kindsIn(previous.ours.manifest.resources)
          ours = sealDraft({ settings }, { ...base, previousTree: read })
          plain = sealDraft({ settings: structuredClone(settings) }, plain === null ? first : after(plain))
          expect(ours.manifestBytes).toEqual(plain.manifestBytes)
          expect(ours.manifest).toEqual(readManifest(plain.manifestBytes))
          expect(ours.manifestBytes).toEqual(writeManifest(ours.manifest))
          const { resources } = ours.manifest
          const known = previous === null ? undefined : { tree: previous.read, kinds }
          read = await readResources({ resources }, { previous: known, bytesOf })
          expect(read).toEqual(await readResources(readManifest(plain.manifestBytes), { bytesOf }))
          expect(Object.keys(read)).toEqual([...new Set(resources.map((it) => it.kind))])
        }
      }),
    )
  })

  it('have one digest of what they hold, whatever was worked out before', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (steps) => {
        for (const settings of trees(steps)) {
          const { resources } = sealDraft({ settings }, first).manifest
          const lines = resources.map((it) => `${resourceKey(it)}\0${it.mediaType}\0${it.digest}\n`)
          expect(treeDigest(resources)).toBe(digestOfText(lines.sort().join('')))
          expect(treeDigest(resources.toReversed())).toBe(treeDigest(resources))
        }
      }),
    )
  })

  it('share the kinds in which nothing changed', () => {
    const kept = deepFreeze({ small: { requests: 1 } })
    const seal = (a: number, base: SealBase): Sealed =>
      sealDraft({ settings: { limits: kept, routes: deepFreeze({ a }) } }, base)
    // The first is read back whole, into resources of its own.
    const one = seal(1, first)
    const two = seal(2, after(one))
    const three = seal(3, after(two))
    const [before, now] = [two, three].map((it) => kindsIn(it.manifest.resources))
    expect(now?.map((it, i) => it === before?.[i])).toEqual([true, false])
  })

  it('are written anew where a section could still change', () => {
    const limits = { small: 1 }
    const settings = { limits }
    const one = sealDraft({ settings }, first)
    limits.small = 2
    expect(sealDraft({ settings }, first).digest).not.toBe(one.digest)
    let asked = 0
    const working = Object.freeze({
      get small() {
        return ++asked
      },
    })
    expect(sealSection('limits', working)).not.toEqual(sealSection('limits', working))
  })
})

describe('two lists, compared kind by kind', () => {
  it('differ in what differs, whether or not kinds are shared', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 2, maxLength: 4 }), (steps) => {
        const sealed = trees(steps).map((tree) =>
          listOf(Object.entries(tree).map(([kind, named]) => sealSection(kind, named))),
        )
        const [before = [], is = []] = sealed.slice(-2)
        const was = new Map(before.map((it) => [resourceKey(it), it]))
        const { same, changed, gone } = compareKinds(kindsIn(is), kindsIn(before))
        const differ = is.filter((it) => was.get(resourceKey(it))?.digest !== it.digest)
        expect(keysOf(changed.map((it) => it.is))).toEqual(keysOf(differ))
        for (const it of changed) expect(it.was ?? undefined).toBe(was.get(resourceKey(it.is)))
        const present = new Set(is.map(resourceKey))
        expect(keysOf(gone)).toEqual(keysOf(before.filter((it) => !present.has(resourceKey(it)))))
        const kindsKept = new Set(is.filter((it) => !differ.includes(it)).map((it) => it.kind))
        expect(new Set(same.map((it) => it.kind))).toEqual(kindsKept)
      }),
    )
  })
})
