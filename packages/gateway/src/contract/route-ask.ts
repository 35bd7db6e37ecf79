/**
 * What routing may want to know of a request. The pipeline fills it; each method computes its answer when it is
 * asked for the first time, so that a route which asks nothing pays nothing.
 *
 * Headers that carry a credential are not to be had.
 */

export type Modality = 'text' | 'image' | 'audio' | 'file' | 'tools'

export interface RouteAsk {
  /** What the caller put into `model`. */
  readonly model: string
  readonly stream: boolean
  /** `null` where no key is asked for. */
  readonly tenant: string | null
  /** `acme/ci`, never the key itself. */
  readonly key: string | null
  /** The caller said that what he sends may go only to targets marked for it. */
  readonly sensitive: boolean
  /** The region that the caller asked for: only targets there may answer. */
  readonly region: string | null
  /** `name` in lower case. */
  header(name: string): string | undefined
  /** An entry of the body's `metadata`. */
  metadata(key: string): string | number | boolean | null
  /** An estimate, not a count. */
  inputTokens(): number
  maxOutputTokens(): number | null
  /** How many replies it wants, each of that length at most; absent: one. */
  replies?(): number
  /** The class of service that it asks for, where that is not the usual one. */
  serviceTier?(): string | null
  modalities(): readonly Modality[]
  /** The conversation that the request belongs to, where the caller says so. */
  session(): string | null
  /** Of a record, which keeps no session: the hash over tenant and session that stickiness goes by. */
  sessionKey?(): number | null
  /**
   * 32 bits of hash over how the prompt begins: instructions, tools and the first message of the user, up to
   * `chars` of them. So all turns of a conversation have the same. `null` when there is nothing to read.
   */
  promptHash(chars: number): number | null
}
