/**
 * From what was offered to a candidate: an envelope is opened, what a person wrote is read and sealed.
 *
 * A draft is sealed here, as the next version of this instance's line, and then goes the same way as a
 * payload that somebody else has sealed; see `docs/decisions/2026-11-21-drafts-are-sealed-here.md`. Where
 * signatures are asked for, what is sealed here must be signed too, by this instance's own signer. Only going
 * back to an older version of our own line needs none, as long as the keys that spoke for that one still count.
 *
 * Nothing is written down here, and no number is used up.
 */
import type { Origin } from '../../contract/origin.ts'
import type { Draft } from '../../contract/participant.ts'
import type { Manifest, TraceCarrier } from '../../contract/payload.ts'
import type { Proof } from '../../contract/store.ts'
import type { SpanContext } from '../../contract/telemetry.ts'
import { ReloadError } from '../../errors.ts'
import { openEnvelope } from '../../format/envelope.ts'
import { readManifest } from '../../format/manifest.ts'
import { refusal } from '../../format/refusal.ts'
import { type SealBase, type Sealed, sealContent, sealDraft, treeDigest } from '../../format/seal.ts'
import { sealAhead } from '../../format/seal-ahead.ts'
import { formatVersion, nextVersion, parseVersion } from '../../format/version.ts'
import type { Core } from '../core.ts'
import type { Generation } from '../live/generation.ts'
import { actorOf, type Candidate, type Offered } from './candidate.ts'
import { proofOf, signOwn, vouchersOf } from './proof.ts'

/** Opens an envelope: size, signatures, then the manifest. Throws `payload.*` and `verify.*`. */
export function openSealed(core: Core, bytes: Uint8Array): Candidate {
  const { payloadBytes } = core.limits
  const opened = openEnvelope(bytes, { maxBytes: payloadBytes, trust: core.trust ?? undefined })
  const manifest = readManifest(opened.manifestBytes, core.limits)
  const proof = proofOf(manifest, opened)
  return candidateOf(manifest, { ...opened, proof, isSealedHere: false, readUpon: null, places: undefined })
}

interface Sealing {
  readonly origin: Origin
  readonly trace: SpanContext
  readonly atMs: number
  /** What it comes in over, where that is not in force yet. */
  readonly upon?: Generation | null
  /** Nothing comes of it: whoever looks before signing need not sign to look. */
  readonly isLook?: boolean
}

/** Reads and seals what a person offered. Throws what the reader throws, `payload.*` and `verify.*`. */
export async function sealOffered(
  core: Core,
  offered: Exclude<Offered, { form: 'sealed' }>,
  asked: Sealing,
): Promise<Candidate> {
  // Taken before anything is awaited: a version that comes in meanwhile makes this reading an old one.
  const { upon = core.cell.current } = asked
  const base = sealBase(core, asked, upon)
  const readUpon = upon?.ref.digest ?? null
  if (offered.form === 'restore') {
    const { content, ...vouchers } = await contentOf(core, offered.version, asked.origin)
    const sealed = sealContent(content, base)
    const vouched = vouchers.proof === null ? signOwn(core, sealed) : vouchers
    return candidateOf(sealed.manifest, { ...ownSeal(sealed), ...vouched, readUpon, places: undefined })
  }
  const draft =
    offered.form === 'draft'
      ? offered.draft
      : await readDraft(core, offered.bytes, { origin: asked.origin, upon })
  await sealAhead(draft.settings)
  const sealed = sealDraft(draft, base)
  // What is in force already brings nothing in, so nobody has to sign it.
  const isInForce = treeDigest(sealed.manifest.resources) === core.cell.current?.facts.tree
  const isFree = isInForce || asked.isLook === true
  const vouched = isFree ? { keyids: [], proof: null } : signOwn(core, sealed)
  return candidateOf(sealed.manifest, { ...ownSeal(sealed), ...vouched, readUpon, places: draft.places })
}

async function readDraft(
  core: Core,
  bytes: Uint8Array,
  { origin, upon }: { readonly origin: Origin; readonly upon: Generation | null },
): Promise<Draft> {
  const limit = core.limits.payloadBytes
  if (bytes.byteLength > limit) {
    throw refusal('payload.too_large', { what: `"${origin.source}"`, bytes: bytes.byteLength, limit })
  }
  return await core.read(bytes, origin, upon?.snapshot.settings ?? null)
}

/** What an older version held, to be sealed again under a new number. */
async function contentOf(
  core: Core,
  wanted: string | null,
  origin: Origin,
): Promise<{ content: Parameters<typeof sealContent>[0]; keyids: readonly string[]; proof: Proof | null }> {
  const ref = wanted === null ? before(core) : core.library.line.find((it) => it.version === wanted)
  if (ref == null) throw new ReloadError('reload.no_such_version', { version: wanted ?? null })
  const old = await core.library.read(ref)
  const { bakeMs } = old.manifest.rollout
  const content = {
    resources: old.manifest.resources,
    tree: await core.library.settings(ref),
    restores: { version: ref.version, digest: ref.digest },
    reason: origin.reason ?? `back to ${ref.version}`,
    allowShrink: true,
    // It is what the older version's settings said of how long that one is looked at.
    ...(bakeMs === undefined ? {} : { bakeMs }),
  }
  const keyids = await vouchersOf(core, old)
  return { content, keyids: keyids ?? [], proof: keyids === null ? null : old.proof }
}

/** The version before the one in force: older, of other content, and not in quarantine. */
function before(core: Core): { version: string; digest: string } | null {
  const { current, baseline } = core.cell
  if (current === null) return null
  if (baseline !== null && baseline !== current) return baseline.ref
  const { line } = core.library
  const at = line.findIndex((it) => it.digest === current.ref.digest)
  const older = line.slice(0, Math.max(0, at)).toReversed()
  const restored = current.facts.manifest.restores?.digest
  const isWayBack = (it: (typeof older)[number]): boolean =>
    it.digest !== restored && it.isPartial !== true && !core.quarantine.has(it.digest)
  return older.find(isWayBack) ?? null
}

function sealBase(core: Core, { origin, trace, atMs }: Sealing, upon: Generation | null): SealBase {
  const floor = core.recorder.floor
  return {
    scope: core.scope,
    version: nextVersion(floor === null ? null : parseVersion(floor.version)),
    previous: upon?.ref ?? null,
    previousResources: upon?.facts.manifest.resources ?? [],
    previousTree: upon?.snapshot.settings ?? null,
    issuedAt: new Date(atMs).toISOString(),
    author: plain(actorOf(origin), 256),
    reason: (origin.reason ?? '').slice(0, 4096),
    idempotencyKey: origin.idempotencyKey ?? null,
    trace: carrierOf(trace),
    limits: core.limits,
  }
}

function ownSeal(sealed: Sealed): Pick<Facts, 'manifestBytes' | 'digest' | 'isSealedHere'> {
  const { manifestBytes, digest } = sealed
  return { manifestBytes, digest, isSealedHere: true }
}

type Facts = Omit<Candidate, 'manifest' | 'version' | 'tree'>

function candidateOf(manifest: Manifest, facts: Facts): Candidate {
  const version = formatVersion(manifest.version)
  const { manifestBytes, digest, proof, keyids, isSealedHere, readUpon, places } = facts
  const known = { manifestBytes, digest, proof, keyids, isSealedHere, readUpon, places }
  return { manifest, version, tree: treeDigest(manifest.resources), ...known }
}

/** The author's own trace, as the manifest carries it; for links. */
export function authorOf(manifest: Manifest): SpanContext | null {
  const [, traceId, spanId, flags] = manifest.trace?.traceparent.split('-') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  const traceState = manifest.trace?.tracestate
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceId, spanId, sampled, remote: true, ...(traceState ? { traceState } : {}) }
}

function carrierOf(trace: SpanContext): TraceCarrier | null {
  const { traceId, spanId, sampled, traceState } = trace
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return null
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
  return traceState ? { traceparent, tracestate: traceState } : { traceparent }
}

/** Without control characters, which names may not hold. */
function plain(text: string, longest: number): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, longest)
}
