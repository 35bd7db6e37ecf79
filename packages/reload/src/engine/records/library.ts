/**
 * The versions that this instance knows: what is in its line, and the bytes behind them.
 *
 * The newest one secured is kept at hand, whether or not it came into service: settings that are offered again
 * after a failed attempt are that same version, and not another number for the same thing.
 *
 * Bytes come from the store and are believed only when they have the digest that they are kept under.
 */
import type { Resource, SettingsTree } from '../../contract/payload.ts'
import type { InstanceRecords, StateStore, StoredVersion } from '../../contract/store.ts'
import { isReloadError, ReloadError } from '../../errors.ts'
import type { FormatLimits } from '../../format/defaults.ts'
import { digestOf } from '../../format/digest.ts'
import { readManifest } from '../../format/manifest.ts'
import { readResources } from '../../format/resources.ts'
import { treeDigest } from '../../format/seal.ts'
import { formatVersion } from '../../format/version.ts'
import { LINE_LENGTH } from '../limits.ts'
import type { Candidate } from '../stages/candidate.ts'

export type Line = InstanceRecords['line']

/** A version, and what speaks for it where that is known. */
export type Vouched = InstanceRecords['baseline']

/** Blobs that no version needs are dropped when this many versions are forgotten, or one has failed. */
const GARBAGE_BEFORE_SWEEP = 16

export class Library {
  line: Line = []
  /** The newest one secured. */
  newest: Candidate | null = null
  private readonly store: StateStore
  private readonly scope: string
  private readonly limits: FormatLimits
  /** By a version's digest, what it needs beside itself: the same for ever, and asked for whenever there is a sweep. */
  private readonly artifacts = new Map<string, readonly string[]>()
  /** Bytes of blobs that attempts in work have asked to keep. */
  private readonly inUse = new Map<string, Set<string>>()
  /** An earlier process may have left some. */
  private garbage = GARBAGE_BEFORE_SWEEP

  constructor(store: StateStore, scope: string, limits: FormatLimits) {
    this.store = store
    this.scope = scope
    this.limits = limits
  }

  /** The digest that a version has here, if it is known. */
  digestOf(version: string): string | null {
    if (this.newest?.version === version) return this.newest.digest
    return this.line.find((it) => it.version === version)?.digest ?? null
  }

  knows(ref: StoredVersion): boolean {
    return this.digestOf(ref.version) === ref.digest
  }

  /**
   * Adds a version to the end of the line, or moves it there. `isPartial`: it has only a share of the traffic, and is
   * nothing to go back to until it has had all.
   */
  append(candidate: Candidate, isPartial: boolean): void {
    const { author, reason, issuedAt, restores } = candidate.manifest
    const { version, digest, proof } = candidate
    const others = this.line.filter((it) => it.version !== version)
    const facts = { version, digest, author, reason, issuedAt, restores }
    const entry = { ...facts, ...(proof !== null && { proof }), ...(isPartial && { isPartial }) }
    const line = [...others, entry]
    this.artifacts.set(digest, artifactsOf(candidate))
    this.garbage += Math.max(0, line.length - LINE_LENGTH)
    this.line = line.slice(-LINE_LENGTH)
  }

  /** The bytes of a version's manifest; `null` when they are not there or are damaged. */
  async bytesOf(digest: string): Promise<Uint8Array | null> {
    if (this.newest?.digest === digest) return this.newest.manifestBytes
    const bytes = await this.store.readBlob(digest)
    return bytes !== null && digestOf(bytes) === digest ? bytes : null
  }

  /** Whether these bytes would be found, by a restart too. Throws what the store throws. */
  async isKept(digest: string): Promise<boolean> {
    if (this.store.hasBlob !== undefined) return await this.store.hasBlob(digest)
    const bytes = await this.store.readBlob(digest)
    return bytes !== null && digestOf(bytes) === digest
  }

  /** A version as it was sealed. Throws `store.corrupt` when it is not there, damaged, or of another scope. */
  async read(ref: Vouched): Promise<Candidate> {
    const what = `version ${ref.version}`
    const manifestBytes = await this.bytesOf(ref.digest)
    if (manifestBytes === null) throw new ReloadError('store.corrupt', { what })
    const manifest = readManifest(manifestBytes, this.limits)
    const isIt = manifest.scope === this.scope && formatVersion(manifest.version) === ref.version
    if (!isIt) throw new ReloadError('store.corrupt', { what })
    const tree = treeDigest(manifest.resources)
    const { version, digest } = ref
    const proof = ref.proof ?? this.line.find((it) => it.digest === digest)?.proof ?? null
    const rest = { isSealedHere: false, keyids: [], readUpon: null, places: undefined }
    return { version, digest, manifest, manifestBytes, tree, proof, ...rest }
  }

  /** The settings of a version. Throws like `read`. */
  async settings(ref: StoredVersion): Promise<SettingsTree> {
    const { manifest } = await this.read(ref)
    const bytesOf = async (it: Resource): Promise<Uint8Array> => {
      const bytes = await this.held(it.digest)
      if (bytes === null) throw new ReloadError('fetch.missing', { resource: `${it.kind}/${it.name}` })
      return bytes
    }
    return await readResources(manifest, { bytesOf, limits: this.limits })
  }

  /** Bytes with this digest, if any version here has brought them. */
  async held(digest: string): Promise<Uint8Array | null> {
    const bytes = await this.store.readBlob(digest)
    if (bytes !== null && digestOf(bytes) === digest) return bytes
    for (const ref of this.line.toReversed()) {
      const inline = (await this.tryRead(ref))?.manifest.resources.find((it) => it.digest === digest)?.inline
      if (inline !== undefined) return new TextEncoder().encode(inline)
    }
    return null
  }

  /** Keeps a blob from being swept while an attempt needs it. */
  use(attempt: string, digest: string): void {
    const digests = this.inUse.get(attempt) ?? new Set()
    this.inUse.set(attempt, digests.add(digest))
  }

  /** The attempt is over. What failed may hold what should never have been written: it goes with the next sweep. */
  doneWith(attempt: string, isApplied: boolean): void {
    if (this.inUse.delete(attempt) && !isApplied) this.garbage = GARBAGE_BEFORE_SWEEP
  }

  get isSweepDue(): boolean {
    return this.garbage >= GARBAGE_BEFORE_SWEEP
  }

  /** Digests that somebody may still ask for. */
  async needed(refs: readonly (Vouched | null)[]): Promise<ReadonlySet<string>> {
    this.garbage = 0
    const digests = new Set<string>()
    const versions = new Set<string>()
    for (const ref of [...this.line, ...refs]) {
      if (ref === null) continue
      if (ref.proof !== undefined) digests.add(ref.proof.digest)
      if (versions.has(ref.digest)) continue
      versions.add(ref.digest)
      digests.add(ref.digest)
      for (const it of await this.artifactsOf(ref)) digests.add(it)
    }
    for (const digest of this.artifacts.keys()) if (!versions.has(digest)) this.artifacts.delete(digest)
    for (const used of this.inUse.values()) for (const it of used) digests.add(it)
    return digests
  }

  private async artifactsOf(ref: Vouched): Promise<readonly string[]> {
    const known = this.artifacts.get(ref.digest)
    if (known !== undefined) return known
    const candidate = await this.tryRead(ref)
    if (candidate === null) return []
    const artifacts = artifactsOf(candidate)
    this.artifacts.set(ref.digest, artifacts)
    return artifacts
  }

  private async tryRead(ref: Vouched): Promise<Candidate | null> {
    try {
      return await this.read(ref)
    } catch (error) {
      if (isReloadError(error)) return null
      throw error
    }
  }
}

/** What a version holds inline is in its manifest, and in no blob of its own. */
function artifactsOf({ manifest }: Candidate): readonly string[] {
  return manifest.resources.filter((it) => it.inline === undefined).map((it) => it.digest)
}
