/**
 * Seals settings as a version: from a tree that a person wrote to the bytes of a manifest.
 *
 * Each settings value becomes one resource, its exact text inside. What disappears since the version
 * before is named in `removed`, and what changes in `changedParameters`: worked out here, once, so that
 * people who write whole files need not, and receivers can refuse a manifest that says otherwise.
 *
 * What is sealed is read back like anybody's manifest before it leaves (`read-back.ts`): we publish nothing
 * that a receiver would refuse.
 *
 * Not here: signing (`envelope.ts`), and who decides on the version's number (the engine).
 */
import type { Draft } from '../contract/participant.ts'
import type {
  Json,
  Manifest,
  Resource,
  ResourceName,
  SettingsTree,
  TraceCarrier,
  Version,
  VersionRef,
} from '../contract/payload.ts'
import type { Issue } from '../contract/receipt.ts'
import type { RolloutPolicy } from '../contract/rollout.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import { FORMAT_LIMITS, type FormatLimits, MANIFEST_DEFAULTS, MOST_VALUES } from './defaults.ts'
import { changedParameters } from './diff.ts'
import { digestOf, digestOfText } from './digest.ts'
import { parseJson } from './json.ts'
import { resourceKey, writeManifest, writeManifestOf } from './manifest.ts'
import { formOf } from './media-type.ts'
import { compareKinds, type Differing, kindsIn, listOf, type OfKind } from './of-kind.ts'
import { pointTo, stepsOf } from './pointer.ts'
import { readBack } from './read-back.ts'
import { sealSection } from './sealed-section.ts'
import { growTree } from './tree.ts'

/** Where the version stands in its line, and who puts it there. */
export interface SealBase {
  readonly scope: string
  readonly version: Version
  readonly previous: VersionRef | null
  /** Of a list that cannot change, a kind that stays the same is taken over and not looked into. */
  readonly previousResources: readonly Resource[]
  /** Tree of `previous`, if at hand: without it the texts in `previousResources` are read. */
  readonly previousTree?: SettingsTree | null
  /** RFC 3339. */
  readonly issuedAt: string
  /** Used when the draft names nobody. */
  readonly author: string
  readonly reason: string
  readonly idempotencyKey: string | null
  readonly trace: TraceCarrier | null
  readonly limits?: FormatLimits
}

export interface Sealed {
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly digest: string
}

/** What a version holds, when it is not made from a draft: the resources of an older one, to restore it. */
export type Content = Omit<Draft, 'settings' | 'places'> & {
  readonly resources: readonly Resource[]
  readonly tree: SettingsTree
}

/**
 * Seals a draft. Throws `payload.schema` and its kin when a value is not JSON or a name cannot be one,
 * with the place in what the person wrote.
 */
export function sealDraft(draft: Draft, base: SealBase): Sealed {
  const { settings, places, ...wishes } = draft
  const kinds = kindsOf(settings, places)
  const resources = listOf(kinds)
  try {
    return sealKinds({ ...wishes, resources, tree: settings }, kinds, base)
  } catch (error) {
    throw inSettings(error, resources, places)
  }
}

/** Seals resources as they are; `tree` is what they say. */
export function sealContent(content: Content, base: SealBase): Sealed {
  const resources = Object.freeze(inOrder(content.resources))
  return sealKinds({ ...content, resources }, kindsIn(resources), base)
}

/** `kinds` are those of the content's resources, in their order. */
function sealKinds(content: Content, kinds: readonly OfKind[], base: SealBase): Sealed {
  const { resources } = content
  const differing = compareKinds(kinds, kindsIn(base.previousResources))
  const removed = differing.gone.map(({ kind, name }) => ({ kind, name }))
  const built: Manifest = {
    ...MANIFEST_DEFAULTS,
    apiVersion: 'reload/v1',
    kind: 'ReloadPayload',
    scope: base.scope,
    version: base.version,
    previous: base.previous,
    restores: content.restores ?? null,
    issuedAt: base.issuedAt,
    serveTtlMs: content.serveTtlMs ?? null,
    idempotencyKey: base.idempotencyKey,
    author: content.author ?? base.author,
    reason: content.reason ?? base.reason,
    resources,
    removed: inOrder(removed),
    allowShrink: content.allowShrink ?? false,
    changedParameters: whatChanges(content, base, differing),
    ...(content.apply !== undefined && { apply: content.apply }),
    rollout: rolloutOf(content),
    trace: base.trace,
    lineage: content.lineage ?? null,
  }
  const manifestBytes = write(built, kinds)
  const manifest = readBack(built, manifestBytes, base.limits ?? FORMAT_LIMITS)
  return { manifest, manifestBytes, digest: digestOf(manifestBytes) }
}

function write(manifest: Manifest, kinds: readonly OfKind[]): Uint8Array {
  try {
    return writeManifestOf(manifest, kinds)
  } catch {
    // Something in it cannot be written: written as one it is refused with the place.
    return writeManifest(manifest)
  }
}

/**
 * One digest for what a version holds, whatever the order, numbers, authors and dates: equal digests
 * mean that nothing changed. Labels (`version`) and addresses (`uri`) are not content.
 */
export function treeDigest(resources: readonly Resource[]): string {
  const known = treeDigests.get(resources)
  if (known !== undefined) return known
  const kinds = kindsIn(resources).toSorted((a, b) => (`${a.kind}/` < `${b.kind}/` ? -1 : 1))
  const digest = digestOfText(kinds.map(linesOf).join(''))
  const isFixed = Object.isFrozen(resources) && resources.every((it) => Object.isFrozen(it))
  if (isFixed) treeDigests.set(resources, digest)
  return digest
}

/** Of lists that cannot change: a version's is asked for several times on its way in. */
const treeDigests = new WeakMap<readonly Resource[], string>()

function linesOf(of: OfKind): string {
  const known = kindLines.get(of)
  if (known !== undefined) return known
  const lines = of.resources.map((it) => `${resourceKey(it)}\0${it.mediaType}\0${it.digest}\n`)
  const text = lines.sort().join('')
  kindLines.set(of, text)
  return text
}

const kindLines = new WeakMap<OfKind, string>()

function kindsOf(settings: SettingsTree, places: Draft['places']): readonly OfKind[] {
  try {
    const kinds = Object.entries(settings).map(([kind, named]) => sealSection(kind, named))
    const filled = kinds.filter((it) => it.resources.length > 0)
    return filled.sort((a, b) => (`${a.kind}/` < `${b.kind}/` ? -1 : 1))
  } catch (error) {
    throw inSettings(error, [], places)
  }
}

function rolloutOf({ rollout, bakeMs }: Content): RolloutPolicy {
  if (rollout !== undefined) return rollout
  return { strategy: 'allAtOnce', ...(bakeMs !== undefined && { bakeMs }) }
}

/** `null`, which states nothing, when a changed resource of the version before is not at hand. */
function whatChanges(content: Content, base: SealBase, { same, changed, gone }: Differing): string[] | null {
  if (base.previous === null) return changedParameters(null, fill(content.resources, content.tree))
  const kept = same.map((it): [Resource, Json] => [it, SAME])
  const before: [Resource, Json][] = [...kept]
  for (const it of [...changed.flatMap(({ was }) => was ?? []), ...gone]) {
    const value = valueBefore(it, base)
    if (value === undefined) return null
    before.push([it, value])
  }
  const after = changed.map(({ is }): [Resource, Json] => [is, content.tree[is.kind]?.[is.name] ?? null])
  return changedParameters(growTree(before), growTree([...kept, ...after]))
}

/** Stands on both sides for what did not change, so that nobody reads it. */
const SAME: Json = Object.freeze({})

function valueBefore(resource: Resource, base: SealBase): Json | undefined {
  const held = base.previousTree?.[resource.kind]?.[resource.name]
  if (held !== undefined) return held
  const form = formOf(resource.mediaType)
  const { inline, digest, size, mediaType } = resource
  if (form === 'binary') return { digest, size, mediaType }
  if (inline === undefined || form === 'text') return inline
  const what = `resource "${resourceKey(resource)}"`
  return parseJson(inline, { what, depth: (base.limits ?? FORMAT_LIMITS).depth, count: MOST_VALUES })
}

function fill(resources: readonly Resource[], tree: SettingsTree): SettingsTree {
  return growTree(resources.map((it) => [it, tree[it.kind]?.[it.name] ?? null]))
}

/** By `kind/name`. */
function inOrder<Named extends ResourceName>(list: readonly Named[]): readonly Named[] {
  const keyed = list.map((it) => ({ it, key: resourceKey(it) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map((it) => it.it)
}

/** An error about the manifest, told as one about the settings that it was made from. */
function inSettings(error: unknown, resources: readonly Resource[], places: Draft['places']): unknown {
  if (!isReloadError(error)) return error
  const issues = error.issues.map((it): Issue => {
    const [field, index] = stepsOf(it.pointer ?? '')
    const resource = field === 'resources' ? resources[Number(index)] : undefined
    const pointer = resource ? pointTo(pointTo('', resource.kind), resource.name) : it.pointer
    const place = pointer === undefined ? undefined : places?.(pointer)
    return { ...it, ...(pointer !== undefined && { pointer }), ...(place && { place }) }
  })
  return new ReloadError(error.code, error.details, { issues, cause: error.cause })
}
