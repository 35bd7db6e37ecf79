/** Envelopes for a running gateway, made as a publisher elsewhere would make them: from the version in force. */
import { createHash } from 'node:crypto'
import { ENVELOPE_TYPE, type Json, MANIFEST_TYPE, type Manifest, type Resource } from '@changeover/reload'
import type { Gateway } from './gateway.ts'

export interface SealOptions {
  /** `kind/name` to value: what changes. */
  readonly change?: Readonly<Record<string, Json>>
  /** Fields of the manifest that are to be otherwise. */
  readonly fields?: Partial<Manifest>
  /** `kind/name` to what its resource is to be instead. */
  readonly resources?: Readonly<Record<string, Partial<Resource> | null>>
}

/** The next version of the gateway's line, with these changes. Nothing is checked. */
export async function sealNext(gateway: Gateway, options: SealOptions = {}): Promise<Uint8Array> {
  const now = await gateway.admin.ask('readVersion', { params: { version: 'current' } })
  const status = await gateway.admin.ask('readStatus')
  const manifest = now.manifest as Manifest
  const floor = Number((status.floor?.version ?? '1.0').split('.')[1])
  const next = {
    ...manifest,
    version: { epoch: 1, seq: floor + 1 },
    previous: { version: now.version, digest: now.digest },
    restores: null,
    idempotencyKey: null,
    changedParameters: null,
    trace: null,
    removed: [],
    resources: manifest.resources.map((it) => changed(it, now.settings, options)),
    ...options.fields,
  }
  const payload = Buffer.from(JSON.stringify(next)).toString('base64')
  return Buffer.from(JSON.stringify({ payloadType: MANIFEST_TYPE, payload, signatures: [] }))
}

export function offerSealed(gateway: Gateway, bytes: Uint8Array): Promise<Response> {
  return gateway.ask('/v1/reloads', {
    method: 'POST',
    headers: { 'content-type': ENVELOPE_TYPE },
    body: Buffer.from(bytes),
  })
}

type Settings = { readonly [kind: string]: { readonly [name: string]: unknown } } | null

function changed(
  resource: Resource,
  settings: Settings,
  { change = {}, resources = {} }: SealOptions,
): Resource {
  const key = `${resource.kind}/${resource.name}`
  const text = JSON.stringify(change[key] ?? settings?.[resource.kind]?.[resource.name])
  const { uri: _, ...rest } = resource
  const whole = {
    ...rest,
    inline: text,
    size: Buffer.byteLength(text),
    digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
  }
  const other = { ...whole, ...resources[key] }
  // What is set to `undefined` is left out by JSON.
  return other
}
