/**
 * The manifest: what a version is, in bytes and as an object.
 *
 * The schema is written out by hand, strict, and complete: unknown fields are refused, because a field
 * that a receiver does not know is a wish that it would silently not grant. `spec/payload.schema.json`
 * says the same for outsiders; `spec/vectors` hold the two together.
 *
 * Not here: whether the manifest may be believed (`envelope.ts`), whether it may be applied now (the
 * engine), and the bytes of its resources (`resources.ts`).
 */
import type { Json, Manifest, ResourceName } from '../contract/payload.ts'
import { canonicalJson } from './canonical.ts'
import * as check from './check.ts'
import { FORMAT_LIMITS, type FormatLimits, MANIFEST_DEFAULTS, MOST_VALUES } from './defaults.ts'
import { deepFreeze } from './freeze.ts'
import { parseInstant } from './instant.ts'
import { FORBIDDEN_KEYS, parseJson, readUtf8 } from './json.ts'
import { type OfKind, writeKind } from './of-kind.ts'
import { isPointer, pointTo } from './pointer.ts'
import { rolloutPolicy } from './rollout-policy.ts'
import { compareVersions, parseVersion } from './version.ts'

type Fields = { readonly [key: string]: Json }

/**
 * Reads manifest bytes. The result is frozen, with defaults filled in. Throws `payload.*` with every
 * issue found, each with its JSON pointer into the manifest.
 */
export function readManifest(manifestBytes: Uint8Array, limits: FormatLimits = FORMAT_LIMITS): Manifest {
  const what = 'the manifest'
  const json = parseJson(readUtf8(manifestBytes, what), { what, depth: limits.depth, count: MOST_VALUES })
  return checkManifest(json, limits)
}

/** Checks a parsed manifest, as `readManifest` does. */
export function checkManifest(json: Json, limits: FormatLimits = FORMAT_LIMITS): Manifest {
  const findings = new check.Findings()
  manifestCheck(limits)(json, '', findings)
  findings.throwIfAny('the manifest')
  return deepFreeze({ ...MANIFEST_DEFAULTS, ...(json as object) } as Manifest)
}

/** The bytes of a manifest that we seal: canonical, so that the same manifest is the same bytes. */
export function writeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(canonicalJson(manifest as unknown as Json))
}

/**
 * The same bytes, with these kinds for its resources, of which what was written before is taken over. Nobody changes the
 * manifest afterwards.
 */
export function writeManifestOf(manifest: Manifest, kinds: readonly OfKind[]): Uint8Array {
  const { front, back } = frameOf(manifest)
  const texts = kinds.flatMap((it, i) => (i === 0 ? [writeKind(it)] : [COMMA, writeKind(it)]))
  return joined([front, ...texts, back])
}

/** What stands around the resources. */
interface Frame {
  readonly front: Uint8Array
  readonly back: Uint8Array
}

/** A manifest is written whole, and then once more with what is new in it, to be read back. */
const frames = new WeakMap<Manifest, Frame>()

function frameOf(manifest: Manifest): Frame {
  const known = frames.get(manifest)
  if (known !== undefined) return known
  const before: Record<string, unknown> = {}
  const after: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(manifest)) {
    if (field < 'resources') before[field] = value
    else if (field > 'resources') after[field] = value
  }
  const encoder = new TextEncoder()
  const frame = {
    front: encoder.encode(`${canonicalJson(before as Fields).slice(0, -1)},"resources":[`),
    back: encoder.encode(`],${canonicalJson(after as Fields).slice(1)}`),
  }
  frames.set(manifest, frame)
  return frame
}

const COMMA = new TextEncoder().encode(',')

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, it) => sum + it.byteLength, 0))
  let at = 0
  for (const it of parts) {
    bytes.set(it, at)
    at += it.byteLength
  }
  return bytes
}

/** `kind/name`. A kind has no slash, so the text is never ambiguous. */
export function resourceKey(resource: ResourceName): string {
  return `${resource.kind}/${resource.name}`
}

const { objectOf, listOf, mapOf, orNull, oneOf, text, integer, milliseconds, flag } = check

const SCOPE = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/
const KIND = /^[A-Za-z][A-Za-z0-9_-]*$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/
const ADDRESS = /^[a-z][a-z0-9+.-]*:(?!\/\/[^/?#]*@)[^\s]+$/
const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

const word = (longest: number): check.Check =>
  text({ expected: 'text without control characters', longest, accepts: (it) => it !== '' && isPlain(it) })
const prose = text({ expected: 'text', longest: 4096 })
const instant = text({
  expected: 'an RFC 3339 instant such as "2026-01-31T09:30:00Z"',
  longest: 40,
  accepts: (it) => parseInstant(it) !== null,
})
const versionText = text({
  expected: 'a version such as "1.42"',
  longest: 40,
  accepts: (it) => parseVersion(it) !== null,
})
const digest = text({ expected: '"sha256:" and 64 lower-case hex digits', longest: 71, shape: DIGEST })
const versionRef = objectOf({ required: { version: versionText, digest } })
const counting = integer(1, Number.MAX_SAFE_INTEGER)
const facts = mapOf(prose, 'entries', 64)

const kind = nameCheck(
  text({ expected: 'letters, digits, "_" and "-", a letter first', longest: 64, shape: KIND }),
)
const name = nameCheck(word(256))

/** Kinds and names become keys of the settings tree, so they may not be words that reach a prototype. */
function nameCheck(shape: check.Check): check.Check {
  return (value, at, findings) => {
    if (typeof value === 'string' && FORBIDDEN_KEYS.has(value)) {
      findings.add('payload.forbidden_key', { pointer: at, key: value }, at)
    } else {
      shape(value, at, findings)
    }
  }
}

/** Built once for each set of limits, of which a process has one. */
const built = new WeakMap<FormatLimits, check.Check>()

function manifestCheck(limits: FormatLimits): check.Check {
  const known = built.get(limits)
  if (known) return known
  const made = objectOf(
    {
      required: {
        apiVersion: oneOf('reload/v1'),
        kind: oneOf('ReloadPayload'),
        scope: text({ expected: 'a scope such as "gateway/prod"', longest: 256, shape: SCOPE }),
        version: objectOf({ required: { epoch: counting, seq: counting } }),
        previous: orNull(versionRef),
        issuedAt: instant,
        author: word(256),
        resources: listOf(resourceCheck(limits), 'resources', limits.resources),
      },
      optional: optionalFields(limits),
    },
    compareFields,
  )
  built.set(limits, made)
  return made
}

function optionalFields(limits: FormatLimits): Record<string, check.Check> {
  return {
    restores: orNull(versionRef),
    notBefore: orNull(instant),
    expires: orNull(instant),
    serveTtlMs: orNull(milliseconds(1)),
    idempotencyKey: orNull(word(256)),
    reason: prose,
    ticket: orNull(word(256)),
    removed: listOf(objectOf({ required: { kind, name } }), 'removals', limits.resources),
    allowShrink: flag,
    changedParameters: orNull(listOf(pointer, 'changed parameters', MOST_VALUES)),
    requires: orNull(facts),
    targets: orNull(objectOf({ required: { instances: listOf(word(256), 'instances', 10_000, 1) } })),
    apply: objectOf({ optional: APPLY_FIELDS }),
    rollout: rolloutPolicy,
    trace: orNull(objectOf({ required: { traceparent: traceParent }, optional: { tracestate: traceState } })),
    lineage: orNull(facts),
  }
}

const pointer = text({
  expected: 'a JSON pointer such as "/routes/support"',
  longest: 4096,
  accepts: isPointer,
})
const traceParent = text({ expected: 'a W3C traceparent, version 00', longest: 55, shape: TRACE_PARENT })
const traceState = text({ expected: 'a W3C tracestate', longest: 512, accepts: isPlain })
const APPLY_FIELDS = {
  warmup: objectOf({ required: { timeoutMs: milliseconds(1) } }),
  drain: objectOf({ required: { mode: oneOf('finish', 'cut'), timeoutMs: milliseconds(0) } }),
  confirm: objectOf({ required: { mode: oneOf('auto', 'commitConfirmed'), timeoutMs: milliseconds(1) } }),
  maxCrashAttempts: integer(1, 100),
}

function resourceCheck(limits: FormatLimits): check.Check {
  return objectOf(
    {
      required: {
        kind,
        name,
        mediaType: text({
          expected: 'a media type such as "application/json"',
          longest: 127,
          shape: MEDIA_TYPE,
        }),
        digest,
        size: integer(0, Number.MAX_SAFE_INTEGER),
      },
      optional: {
        version: word(128),
        inline: text({ expected: 'text: the bytes of the resource', longest: limits.payloadBytes }),
        uri: text({
          expected: 'an absolute address without credentials',
          longest: 2048,
          shape: ADDRESS,
          hidden: true,
        }),
      },
    },
    (resource, at, findings) => {
      const { size } = resource
      if (typeof size === 'number' && size > limits.resourceBytes) {
        const what = 'the resource'
        findings.add('payload.too_large', { what, bytes: size, limit: limits.resourceBytes }, `${at}/size`)
      }
      if (resource['inline'] !== undefined && resource['uri'] !== undefined) {
        findings.expected(at, 'both "inline" and "uri"', 'one of them, or neither')
      }
    },
  )
}

/** What fields say about each other; each looks only at what has the right form. */
function compareFields(manifest: Fields, at: string, findings: check.Findings): void {
  const listed = compareNames(manifest['resources'], `${at}/resources`, findings)
  compareNames(manifest['removed'], `${at}/removed`, findings, listed)
  compareParameters(manifest['changedParameters'], `${at}/changedParameters`, findings)
  for (const field of ['previous', 'restores']) {
    compareLine(manifest['version'], manifest[field], `${at}/${field}/version`, findings)
  }
  const [from, to] = [manifest['notBefore'], manifest['expires']].map(millisecondsOf)
  if (from != null && to != null && from >= to) {
    findings.expected(`${at}/expires`, 'an instant not after "notBefore"', 'a later one')
  }
}

/** Names in a list that stand twice, or also in the other list. Returns the names. */
function compareNames(
  list: Json | undefined,
  at: string,
  findings: check.Findings,
  listed?: ReadonlySet<string>,
): ReadonlySet<string> {
  const seen = new Set<string>()
  if (!Array.isArray(list)) return seen
  list.forEach((it: Json, i) => {
    if (!check.isObject(it) || typeof it['kind'] !== 'string' || typeof it['name'] !== 'string') return
    const resource = `${it['kind']}/${it['name']}`
    const here = pointTo(at, i)
    if (seen.has(resource)) findings.add('payload.duplicate_resource', { resource }, here)
    else if (listed?.has(resource))
      findings.expected(here, 'a resource that is also listed', 'one or the other')
    seen.add(resource)
  })
  return seen
}

function compareParameters(list: Json | undefined, at: string, findings: check.Findings): void {
  if (!Array.isArray(list)) return
  const seen = new Set<Json>()
  list.forEach((it: Json, i) => {
    if (seen.has(it)) findings.expected(pointTo(at, i), 'a pointer a second time', 'each once')
    seen.add(it)
  })
}

/** What a version builds on, or restores, is older than the version. */
function compareLine(
  own: Json | undefined,
  ref: Json | undefined,
  at: string,
  findings: check.Findings,
): void {
  if (!check.isObject(own) || !check.isObject(ref) || typeof ref['version'] !== 'string') return
  const { epoch, seq } = own
  const older = parseVersion(ref['version'])
  if (typeof epoch !== 'number' || typeof seq !== 'number' || older === null) return
  if (compareVersions(older, { epoch, seq }) >= 0) {
    findings.expected(at, `"${ref['version']}"`, `a version below ${epoch}.${seq}`)
  }
}

function millisecondsOf(value: Json | undefined): number | null {
  return typeof value === 'string' ? parseInstant(value) : null
}

/** Without control characters, which a terminal or a log would obey. */
function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 32 || unit === 127) return false
  }
  return true
}
