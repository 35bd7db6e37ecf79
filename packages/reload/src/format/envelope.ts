/**
 * The envelope (DSSE, JSON form): manifest bytes, the type that says how to read them, and signatures
 * over both.
 *
 * Order is the point. First the size, then the envelope's own few fields, then the signatures over the
 * exact bytes; only then does anyone read the manifest, and it reads the very bytes that were verified.
 * Fields that DSSE does not know are ignored, as it asks: nothing here looks at them.
 *
 * Stricter than DSSE in two points. A signature that names a trusted key and does not fit refuses the
 * payload, rather than not being counted, because somebody tampered; and a key id stands once.
 *
 * A signed root travels in the same envelope under a type of its own, so that neither can be taken for the other.
 *
 * Not here: whose keys count (`trust.ts`), what the manifest says (`manifest.ts`), what a root says (`trust/`).
 */
import { verify } from 'node:crypto'
import { type Envelope, type Json, MANIFEST_TYPE } from '../contract/payload.ts'
import type { Signer, TrustPolicy } from '../contract/trust.ts'
import { readBase64, writeBase64 } from './base64.ts'
import { canonicalJson } from './canonical.ts'
import { MOST_SIGNATURES } from './defaults.ts'
import { digestOf } from './digest.ts'
import { parseJson, readUtf8 } from './json.ts'
import { refusal } from './refusal.ts'
import { countRole, mayPublish, publishersNeeded, readTrust, type Trust, type TrustedKey } from './trust.ts'

export interface OpenedEnvelope {
  readonly manifestBytes: Uint8Array
  /** Of the manifest bytes: the name of the version's content, whoever signed it. */
  readonly digest: string
  /** Key ids whose signatures were verified, in the order of the envelope; none without a trust policy. */
  readonly keyids: readonly string[]
  /** As they came, so that they can be verified again. */
  readonly signatures: Envelope['signatures']
}

/** Seals manifest bytes. Each signer signs type and bytes together; none makes an unsigned envelope. */
export function encodeEnvelope(
  manifestBytes: Uint8Array,
  signer?: Signer | readonly Signer[] | null,
): Uint8Array {
  const signers = signer == null ? [] : 'sign' in signer ? [signer] : signer
  return writeSigned(
    addSignatures({ body: manifestBytes, signatures: [] }, MANIFEST_TYPE, signers),
    MANIFEST_TYPE,
  )
}

/** With these signatures too; a signer who had signed signs anew. */
export function addSignatures(signed: Signed, type: string, signers: readonly Signer[]): Signed {
  const text = signers.length > 0 ? preAuthEncoding(type, signed.body) : signed.body
  const added = signers.map((it) => ({ keyid: it.keyid, sig: writeBase64(it.sign(text)) }))
  const others = signed.signatures.filter((it) => added.every((own) => own.keyid !== it.keyid))
  return { body: signed.body, signatures: [...others, ...added] }
}

/** An envelope's bytes. */
export function writeSigned({ body, signatures }: Signed, payloadType: string): Uint8Array {
  const envelope: Envelope = { payloadType, payload: writeBase64(body), signatures }
  return new TextEncoder().encode(canonicalJson({ ...envelope }))
}

/**
 * Opens an envelope and verifies it against `trust`; without a policy any envelope opens, signed or not.
 * Throws `payload.*` when it cannot be read and `verify.*` when it cannot be believed.
 */
export function openEnvelope(
  bytes: Uint8Array,
  options: { readonly maxBytes: number; readonly trust?: TrustPolicy | Trust | undefined },
): OpenedEnvelope {
  const { body: manifestBytes, signatures } = readSigned(bytes, MANIFEST_TYPE, options.maxBytes)
  const keyids = options.trust ? verifyManifest(manifestBytes, signatures, options.trust) : []
  return { manifestBytes, digest: digestOf(manifestBytes), keyids, signatures }
}

/** What is signed, not yet believed, and by whom it claims to be. */
export interface Signed {
  readonly body: Uint8Array
  readonly signatures: Envelope['signatures']
}

/** Reads an envelope of one type without believing it. Throws `payload.*` and `verify.payload_type`. */
export function readSigned(bytes: Uint8Array, type: string, maxBytes: number): Signed {
  if (bytes.byteLength > maxBytes) {
    throw refusal('payload.too_large', { what: WHAT, bytes: bytes.byteLength, limit: maxBytes })
  }
  const envelope = readEnvelope(bytes)
  if (envelope.payloadType !== type) {
    const found = clip(envelope.payloadType)
    throw refusal('verify.payload_type', { found, expected: type }, '/payloadType')
  }
  const body = readBase64(envelope.payload)
  if (!body) throw schema('/payload', 'text that is not base64', 'base64')
  return { body, signatures: envelope.signatures }
}

/** Key ids whose signatures over a manifest count. Throws `verify.*` when too few do, or one does not fit. */
export function verifyManifest(
  manifestBytes: Uint8Array,
  signatures: Envelope['signatures'],
  policy: TrustPolicy | Trust,
): readonly string[] {
  const trust = readTrust(policy)
  const keyids = verifySignatures({ body: manifestBytes, signatures }, MANIFEST_TYPE, trust.keys)
  if (mayPublish(trust, keyids)) return keyids
  const [found, expected] = [countRole(trust, 'publisher', keyids), publishersNeeded(trust)]
  throw refusal('verify.threshold', { found, expected }, '/signatures')
}

/** What is signed: type and body, each with its length in bytes, so that neither can run into the other. */
export function preAuthEncoding(type: string, body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.byteLength} `
  return Buffer.concat([Buffer.from(head), body])
}

const WHAT = 'the envelope'
/** Room for fields that we do not know; an envelope itself needs three levels and a handful of values. */
const ENVELOPE_CAPS = { what: WHAT, depth: 16, count: 1000 }

function readEnvelope(bytes: Uint8Array): Envelope {
  const envelope = asFields(parseJson(readUtf8(bytes, WHAT), ENVELOPE_CAPS), '')
  const signatures = envelope['signatures']
  if (!Array.isArray(signatures)) throw schema('/signatures', kindOf(signatures), 'a list')
  if (signatures.length > MOST_SIGNATURES) {
    const found = signatures.length
    throw refusal('payload.too_many', { what: 'signatures', found, limit: MOST_SIGNATURES }, '/signatures')
  }
  return {
    payloadType: asText(envelope['payloadType'], '/payloadType'),
    payload: asText(envelope['payload'], '/payload'),
    signatures: readSignatures(signatures),
  }
}

function readSignatures(list: readonly Json[]): Envelope['signatures'] {
  const named = new Set<string>()
  return list.map((it, i) => {
    const at = `/signatures/${i}`
    const fields = asFields(it, at)
    // DSSE: an absent key id is the same as an empty one.
    const keyid = asText(fields['keyid'] ?? '', `${at}/keyid`)
    if (keyid !== '' && named.has(keyid)) {
      throw schema(`${at}/keyid`, 'a key id a second time', 'one signature for each key id')
    }
    named.add(keyid)
    return { keyid, sig: asText(fields['sig'], `${at}/sig`) }
  })
}

/**
 * Key ids of those keys that have signed, each key once, in the order of the envelope. Signatures by other keys are
 * passed over. Throws `verify.signature` when one of these does not fit.
 */
export function verifySignatures(
  { body, signatures }: Signed,
  type: string,
  keys: ReadonlyMap<string, TrustedKey>,
): readonly string[] {
  const signed = preAuthEncoding(type, body)
  const accepted = new Map<string, string>()
  signatures.forEach((it, i) => {
    const signature = readBase64(it.sig)
    if (!signature) throw schema(`/signatures/${i}/sig`, 'text that is not base64', 'base64')
    const fits = (key: TrustedKey): boolean => verify(null, signed, key.key, signature)
    const named = keys.get(it.keyid)
    if (named && !fits(named)) {
      throw refusal('verify.signature', { keyid: it.keyid }, `/signatures/${i}/sig`)
    }
    const signer = named ?? (it.keyid === '' ? [...keys.values()].find(fits) : undefined)
    if (signer && !accepted.has(signer.identity)) accepted.set(signer.identity, signer.keyid)
  })
  return [...accepted.values()]
}

function asFields(value: Json, at: string): { readonly [field: string]: Json } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as { readonly [field: string]: Json }
  }
  throw schema(at, kindOf(value), 'an object')
}

function asText(value: Json | undefined, at: string): string {
  if (typeof value !== 'string') throw schema(at, kindOf(value), 'text')
  return value
}

function schema(pointer: string, found: string, expected: string): Error {
  return refusal('payload.schema', { pointer, found, expected }, pointer)
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
