/**
 * The bytes of a version that are not in its manifest: held here already, or fetched from where it says.
 *
 * Nothing is believed for its address: what was fetched has the digest and the size that the manifest names,
 * or it is refused. What has been fetched is kept under its digest, so that the next version, the next attempt
 * and the next start find it. A fetch that fails for reasons of the moment is tried again, later each time.
 */
import type { ArtifactSource, Artifacts } from '../../contract/participant.ts'
import type { Resource, ResourceName } from '../../contract/payload.ts'
import type { Span } from '../../contract/telemetry.ts'
import { isReloadError, ReloadError, rules } from '../../errors.ts'
import { resourceKey } from '../../format/manifest.ts'
import { pointTo } from '../../format/pointer.ts'
import { refusal } from '../../format/refusal.ts'
import { verifyBytes } from '../../format/resources.ts'
import { deadline, orAborted, pause } from '../race.ts'
import { codeOf, type Work } from '../work.ts'
import type { Candidate } from './candidate.ts'

const AT_A_TIME = 4
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5_000

export interface Keeping {
  /** Puts bytes where they outlive the attempt. Absent: they are forgotten with it. */
  keep?(resource: Resource, bytes: Uint8Array): Promise<void>
}

export class ArtifactShelf implements Artifacts {
  private readonly work: Work
  private readonly candidate: Candidate
  private readonly keeping: Keeping
  private readonly signal: AbortSignal
  private readonly byDigest = new Map<string, Promise<Uint8Array>>()

  constructor(work: Work, candidate: Candidate, options: Keeping & { readonly signal: AbortSignal }) {
    this.work = work
    this.candidate = candidate
    this.keeping = options
    this.signal = options.signal
  }

  async read(name: ResourceName): Promise<Uint8Array> {
    const key = resourceKey(name)
    const resource = this.candidate.manifest.resources.find((it) => resourceKey(it) === key)
    if (resource === undefined) throw missing(name)
    return await this.bytesOf(resource)
  }

  /** Bytes of a resource, verified. Throws `fetch.*`, or `verify.digest` and its kin. */
  bytesOf(resource: Resource): Promise<Uint8Array> {
    const known = this.byDigest.get(resource.digest)
    if (known !== undefined) return known
    const bytes = this.obtain(resource)
    this.byDigest.set(resource.digest, bytes)
    // Asked for again after a failure, it is tried again.
    bytes.catch(() => this.byDigest.delete(resource.digest))
    return bytes
  }

  /** Gets everything that is not in the manifest, some at a time. */
  async fetchAll(): Promise<void> {
    const waiting = this.candidate.manifest.resources.filter((it) => it.inline === undefined)
    const lanes = Array.from({ length: Math.min(AT_A_TIME, waiting.length) }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.bytesOf(next)
    })
    await Promise.all(lanes)
  }

  private async obtain(resource: Resource): Promise<Uint8Array> {
    if (resource.inline !== undefined) return new TextEncoder().encode(resource.inline)
    const held = await orAborted(this.work.core.library.held(resource.digest), this.signal)
    const bytes = held ?? (await this.fetch(resource))
    await this.keeping.keep?.(resource, bytes)
    return bytes
  }

  private async fetch(resource: Resource): Promise<Uint8Array> {
    const { uri } = resource
    if (uri === undefined) throw missing(resource)
    const scheme = uri.slice(0, uri.indexOf(':'))
    const source = this.work.core.sources.find((it) => it.schemes.includes(scheme))
    const what = resourceKey(resource)
    if (source === undefined) throw refusal('fetch.scheme', { resource: what, scheme }, pointerOf(resource))
    const { tracer } = this.work.core.telemetry
    const span = tracer.start('reload.fetch', {
      parent: this.work.span.context,
      kind: 'client',
      attributes: { 'url.full': withoutQuery(uri), 'artifact.hash': resource.digest },
    })
    const startedMs = this.work.core.clock.monotonic()
    try {
      const bytes = await this.fetchWithRetry(resource, source, span)
      span.set({ 'reload.artifact.size': bytes.byteLength })
      this.work.stages.add('artifact', startedMs, { note: what })
      return bytes
    } catch (error) {
      span.fail(codeOf(error), error)
      this.work.stages.add('artifact', startedMs, { note: what, failed: codeOf(error) })
      throw error
    } finally {
      span.end()
    }
  }

  private async fetchWithRetry(resource: Resource, source: ArtifactSource, span: Span): Promise<Uint8Array> {
    const { clock, limits } = this.work.core
    const failed = (attempts: number, cause?: unknown): ReloadError =>
      refusal('fetch.failed', { resource: resourceKey(resource), attempts }, pointerOf(resource), cause)
    let attempts = 1
    const limit = deadline(clock, this.signal, { ms: limits.fetchMs, late: () => failed(attempts) })
    const options = { maxBytes: resource.size, signal: limit.signal, span }
    try {
      for (; ; attempts++) {
        const found = await this.fetchOnce(resource, source, options)
        if (found instanceof Uint8Array) return found
        if (attempts >= limits.fetchAttempts) throw failed(attempts, found.cause)
        await pause(clock, waitMs(resource.digest, attempts), limit.signal)
      }
    } finally {
      limit.done()
    }
  }

  /** The bytes, or what went wrong when it may go better next time. Throws what will not. */
  private async fetchOnce(
    resource: Resource,
    source: ArtifactSource,
    options: Parameters<ArtifactSource['fetch']>[1],
  ): Promise<Uint8Array | { readonly cause: unknown }> {
    try {
      const fetching = (async () => source.fetch(resource.uri ?? '', options))()
      const bytes = await orAborted(fetching, options.signal)
      verifyBytes(resource, bytes)
      return bytes
    } catch (cause) {
      if (options.signal.aborted && cause === options.signal.reason) throw cause
      if (isReloadError(cause) && !rules[cause.code].retry) throw cause
      return { cause }
    }
  }
}

/** Grows with each attempt, and differs between resources, so that they do not come back all at once. */
function waitMs(digest: string, attempts: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts)
  const spread = Number.parseInt(digest.slice(-4), 16) / 0xffff
  return Math.ceil(longest * (0.5 + spread / 2))
}

/** A query may hold a signature that opens the door. */
function withoutQuery(uri: string): string {
  return uri.replace(/[?#].*$/s, '')
}

function pointerOf(name: ResourceName): string {
  return pointTo(pointTo('', name.kind), name.name)
}

function missing(name: ResourceName): ReloadError {
  return refusal('fetch.missing', { resource: resourceKey(name) }, pointerOf(name))
}
