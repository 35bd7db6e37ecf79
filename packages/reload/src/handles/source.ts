/**
 * Something that can be read again and again, and holds whole settings each time.
 *
 * Files, directories and URLs differ in how one learns of a change; what happens then is the same for all
 * (`offering.ts`). Not here: sources that hand over each change once, such as the admin API (`push.ts`).
 */
import { hash } from 'node:crypto'
import type { SpanContext } from '../contract/telemetry.ts'
import { ReloadError } from '../errors.ts'

export interface Source {
  readonly kind: string
  /** For people, and for `origin.source`: a path, a URL without credentials. */
  readonly place: string
  /** `null` while somebody is writing: read again a little later. Rejects when it cannot be read or is empty. */
  read(): Promise<Reading | null>
}

export interface Reading {
  readonly bytes: Uint8Array
  /** Of the bytes: two readings with the same digest are the same settings. */
  readonly digest: string
  readonly mediaType: string
  readonly actor: string
  /** In the source's own terms, where it has any; else the digest says it. */
  readonly position?: string
  readonly trace?: SpanContext
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`
}

/** Nothing, or nothing but blanks: what an editor or a copy shows for a moment. Not a deletion. */
export function refuseEmpty(place: string, bytes: Uint8Array): void {
  if (!bytes.some((byte) => byte > 0x20)) throw new ReloadError('handle.empty', { source: place })
}

export function refuseLarge(place: string, sizeBytes: number, limitBytes: number): void {
  if (sizeBytes > limitBytes) throw new ReloadError('handle.too_large', { source: place, limit: limitBytes })
}

/** Far above what the engine takes, so that the engine says what is wrong; it only keeps memory bounded. */
export const MAX_BYTES = 64 * 1024 * 1024
