/** A version that wants to come in: opened, read and named, not yet believed in any further. */

import type { Origin } from '../../contract/origin.ts'
import type { Draft } from '../../contract/participant.ts'
import type { Manifest } from '../../contract/payload.ts'
import { digestOf, digestOfText } from '../../format/digest.ts'
import type { VersionFacts } from '../live/generation.ts'

/** What was offered, before anybody has looked into it. Kept, so that it can be read again later. */
export type Offered =
  | { readonly form: 'sealed'; readonly bytes: Uint8Array }
  | { readonly form: 'written'; readonly bytes: Uint8Array }
  | { readonly form: 'draft'; readonly draft: Draft }
  | { readonly form: 'restore'; readonly version: string | null }

/** What an idempotency key stands for: the same offer, sent again, has the same digest. */
export function digestOfOffer(offered: Offered): string {
  if (offered.form === 'draft') return digestOfText(JSON.stringify(offered.draft.settings))
  if (offered.form === 'restore') return digestOfText(`restore ${offered.version}`)
  return digestOf(offered.bytes)
}

export interface Candidate extends VersionFacts {
  /** Whose signatures were verified. */
  readonly keyids: readonly string[]
  /** From a draft, by this instance: its number is ours to choose until it is secured. */
  readonly isSealedHere: boolean
  /** Digest of the version in force when it was read; a draft is read again if that has changed. */
  readonly readUpon: string | null
  readonly places: Draft['places'] | undefined
}

/** Triggers that no person waits for: these are slowed down when they come too fast. */
const AUTOMATIC: ReadonlySet<string> = new Set(['file', 'poll', 'watch', 'message', 'signal', 'git'])

export function isAutomatic(origin: Origin): boolean {
  return AUTOMATIC.has(origin.trigger) && origin.manual !== true
}

/** Who asks, for the audit log. */
export function actorOf(origin: Origin, manifest?: Manifest | null): string {
  return origin.actor ?? manifest?.author ?? `${origin.trigger}:${origin.source}`
}
