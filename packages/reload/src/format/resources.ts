/**
 * From a manifest to the settings tree: every resource verified against its digest, parsed on its own,
 * and frozen.
 *
 * A value whose digest did not change stays the same object as in the version before. That makes a
 * reload of one route in a thousand cost one route, and lets `diff.ts` skip the rest by identity.
 * Between resources the event loop gets its turn: requests are being served while this runs.
 *
 * Not here: fetching what stands behind a `uri`, and binary artifacts (the engine, `Artifacts`).
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Json, Manifest, Resource, SettingsTree } from '../contract/payload.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import { FORMAT_LIMITS, type FormatLimits, MOST_VALUES } from './defaults.ts'
import { digestOf, digestOfText } from './digest.ts'
import { deepFreeze } from './freeze.ts'
import { parseJson, readUtf8 } from './json.ts'
import { resourceKey } from './manifest.ts'
import { formOf } from './media-type.ts'
import { byName, kindsIn, type OfKind } from './of-kind.ts'
import { pointTo } from './pointer.ts'
import { refusal } from './refusal.ts'
import { asBefore, treeOf } from './tree.ts'

export interface ReadResourcesOptions {
  /** The version in force: its tree, and its resources kind by kind, which `tree` was read from. */
  readonly previous?: { readonly tree: SettingsTree; readonly kinds: readonly OfKind[] } | undefined
  /** Bytes of a resource that has no `inline`: fetched, or held here. Asked once, only where needed. */
  readonly bytesOf: (resource: Resource) => Promise<Uint8Array>
  readonly limits?: FormatLimits
  /** Bytes hashed and parsed before the event loop gets its turn. Default 64 KiB, about a millisecond. */
  readonly yieldEveryBytes?: number
}

/**
 * The tree of a version, deeply frozen. Throws `verify.digest`, `payload.*` and whatever `bytesOf`
 * throws, with the pointer of the resource in the tree.
 */
export async function readResources(
  manifest: Pick<Manifest, 'resources'>,
  options: ReadResourcesOptions,
): Promise<SettingsTree> {
  const { previous } = options
  const takeTurn = turns(options.yieldEveryBytes ?? 64 * 1024)
  const sections: [string, Section][] = []
  for (const of of kindsIn(manifest.resources)) {
    const was = previous?.kinds.find((it) => it.kind === of.kind)
    const before = previous?.tree[of.kind]
    if (was === of && before !== undefined) sections.push([of.kind, before])
    else {
      const known = was === undefined || before === undefined ? null : { named: byName(was), values: before }
      const named = await readKind(of, { ...options, known }, takeTurn)
      sections.push([of.kind, asBefore(named, before)])
    }
  }
  // Each value was frozen when it was read; entering all of them again would hold up the event loop.
  return treeOf(sections)
}

type Section = SettingsTree[string]

/** What the kind was in the version in force. */
interface Known {
  readonly named: ReadonlyMap<string, Resource>
  readonly values: Section
}

type Reading = ReadResourcesOptions & { readonly known: Known | null }

async function readKind(
  { resources }: OfKind,
  reading: Reading,
  takeTurn: (workedBytes: number) => Promise<void> | null,
): Promise<Section> {
  const named = Object.create(null) as Record<string, Json>
  for (const resource of resources) {
    const known = verified.has(resource) ? valueBefore(resource, reading.known) : undefined
    named[resource.name] = known ?? (await readResource(resource, reading))
    const isRead = known === undefined && resource.inline !== undefined
    const turn = takeTurn(PER_RESOURCE_BYTES + (isRead ? resource.size : 0))
    if (turn !== null) await turn
  }
  return named
}

/** Lets the event loop have its turn each time that so many bytes were worked on. */
function turns(everyBytes: number): (workedBytes: number) => Promise<void> | null {
  let sum = 0
  return (workedBytes) => {
    sum += workedBytes
    if (sum < everyBytes) return null
    sum = 0
    return nextTurn()
  }
}

/** What a resource costs whatever its size, in bytes of parsing: some four microseconds. */
const PER_RESOURCE_BYTES = 256

/** The value of the version in force, where it did not change. */
function valueBefore(resource: Resource, known: Known | null): Json | undefined {
  if (known?.named.get(resource.name)?.digest !== resource.digest) return undefined
  const value = known.values[resource.name]
  return value !== undefined && isReadingOf(value, resource) ? value : undefined
}

async function readResource(resource: Resource, options: Reading): Promise<Json> {
  const what = `resource "${resourceKey(resource)}"`
  const at = pointTo(pointTo('', resource.kind), resource.name)
  const { inline } = resource
  // Verified even when the value is at hand: the manifest is kept, and must be readable by itself.
  if (inline !== undefined && !verified.has(resource)) verifyText(inline, resource, at)
  const before = valueBefore(resource, options.known)
  if (before !== undefined) return before
  const form = formOf(resource.mediaType)
  if (form === 'binary') return artifact(resource)
  const text = inline ?? (await fetchText(resource, options, at))
  if (form === 'text') return text
  const limits = options.limits ?? FORMAT_LIMITS
  return deepFreeze(parseJson(text, { what, depth: limits.depth, count: MOST_VALUES, at }))
}

async function fetchText(resource: Resource, options: ReadResourcesOptions, at: string): Promise<string> {
  const limit = (options.limits ?? FORMAT_LIMITS).resourceBytes
  const what = `resource "${resourceKey(resource)}"`
  let bytes: Uint8Array
  try {
    bytes = await options.bytesOf(resource)
  } catch (error) {
    throw withPointer(error, at)
  }
  if (bytes.byteLength > limit) {
    throw refusal('payload.too_large', { what, bytes: bytes.byteLength, limit }, at)
  }
  compare(resource, digestOf(bytes), bytes.byteLength, at)
  const text = readUtf8(bytes, what, at)
  // Parsing comes next, and the bytes may have been large.
  await nextTurn()
  return text
}

/**
 * Frozen resources whose text was found to be what they say. Only what was sealed here comes a second time as the
 * same object; what is read from bytes is new.
 */
const verified = new WeakSet<Resource>()

function verifyText(inline: string, resource: Resource, at: string): void {
  compare(resource, digestOfText(inline), Buffer.byteLength(inline), at)
  if (Object.isFrozen(resource)) verified.add(resource)
}

/** Refuses a resource whose bytes are not those that its manifest names. */
export function verifyBytes(resource: Resource, bytes: Uint8Array): void {
  compare(resource, digestOf(bytes), bytes.byteLength, pointTo(pointTo('', resource.kind), resource.name))
}

function compare(resource: Resource, digest: string, size: number, at: string): void {
  const what = `resource "${resourceKey(resource)}"`
  if (digest !== resource.digest) {
    throw refusal('verify.digest', { what, found: digest, expected: resource.digest }, at)
  }
  if (size !== resource.size) {
    const details = { pointer: at, found: `${size} bytes`, expected: `${resource.size}, the stated "size"` }
    throw refusal('payload.schema', details, at)
  }
}

/** How a binary resource stands in the tree: its bytes are read through `Artifacts`. */
function artifact(resource: Resource): Json {
  const { digest, size, mediaType } = resource
  return Object.freeze({ digest, size, mediaType })
}

/**
 * Whether a value with this digest was read in the form that the media type asks for now. The same bytes
 * may be relabelled from JSON to text: JSON of a string is always longer than the string, text never is.
 */
function isReadingOf(value: Json, resource: Resource): boolean {
  const form = formOf(resource.mediaType)
  if (form === 'binary') {
    const known = value as { mediaType?: Json; digest?: Json } | null
    return known?.digest === resource.digest && known.mediaType === resource.mediaType
  }
  const isText = typeof value === 'string' && Buffer.byteLength(value) === resource.size
  const isArtifact = (value as { digest?: Json } | null)?.digest === resource.digest
  return !isArtifact && isText === (form === 'text')
}

/** An error from elsewhere, with the pointer of the resource that it is about. */
function withPointer(error: unknown, pointer: string): unknown {
  if (!isReloadError(error) || error.issues.length > 0) return error
  const issues = [{ code: error.code, message: error.message, pointer }]
  return new ReloadError(error.code, error.details, { issues, cause: error.cause })
}
