/**
 * What a server that several gateways count through is asked, and how that is put into words it understands.
 *
 * A server is asked in batches: many takes in one round trip, each whole or not at all, one after the other. Keys are
 * sent once and in order, so that a server that locks them cannot be caught in a ring of locks.
 *
 * Not here: when to ask, and what to do when no answer comes (`shared-counts.ts`).
 */
import type { Claim, Correction, Left, Short } from '../contract/counters.ts'

export interface CountServer {
  /** Batches that may be under way at once. */
  readonly mostAtOnce: number
  /** Answers in the order of the takes. Rejects when it is not known whether anything was counted. */
  take(takes: readonly (readonly Claim[])[]): Promise<readonly (Left | Short)[]>
  /** Counts a batch once, however often it is sent: `number` grows by one with each batch of a sender. */
  correct(batch: CorrectionBatch): Promise<void>
  read(claims: readonly Claim[]): Promise<readonly number[]>
  /** Resolves when the server answers. */
  ping(): Promise<void>
  /** Drops what is over for good. */
  tidy(): Promise<void>
  close(): Promise<void>
}

export interface CorrectionBatch {
  readonly sender: string
  readonly number: number
  readonly corrections: readonly Correction[]
}

/** Opens a server that answers; `onLost` is called once, when the connection ends by itself. */
export type OpenCountServer = (onLost: (cause: unknown) => void) => Promise<CountServer>

/** Counts stay this long after their period, for clocks that differ and calls that end late. */
export const GRACE_MS = 3_600_000

/** Nobody knows when a place is given back; to ask again in a second costs little. */
export const PLACE_RETRY_MS = 1000

/** Takes and the keys that they name, each once, sorted. */
export interface Batch {
  readonly keys: readonly string[]
  readonly takes: readonly (readonly BatchClaim[])[]
}

export interface BatchClaim {
  readonly claim: Claim
  /** Place in `keys`. */
  readonly at: number
}

/** Kinds count apart, also under one key. */
const storedAs = (claim: Claim): string => `${claim.kind}:${claim.key}`

export function toBatch(takes: readonly (readonly Claim[])[]): Batch {
  const keys = [...new Set(takes.flatMap((it) => it.map(storedAs)))].sort()
  const places = new Map(keys.map((key, at) => [key, at]))
  const placed = (claim: Claim): BatchClaim => ({ claim, at: places.get(storedAs(claim)) ?? 0 })
  return { keys, takes: takes.map((claims) => claims.map(placed)) }
}

/** Three numbers by which a count is read, whatever its kind; -1 stands for none. */
export function numbersOf(claim: Claim): readonly [number, number, number] {
  if (claim.kind === 'bucket') return [claim.burst, claim.rate, claim.perMs]
  if (claim.kind === 'total') return [claim.most, claim.endsMs ?? -1, 0]
  return [claim.most, claim.leaseMs, 0]
}

export const holderOf = (claim: Claim): string => (claim.kind === 'places' ? claim.holder : '')

/**
 * Answers as servers write them: takes apart by `;`, in each the place of the claim that was short or -1, when to ask
 * again or -1, and what is left of each claim. When to ask again is the longest wait of all that are short.
 */
export function readAnswers(text: string): readonly (Left | Short)[] {
  return text.split(';').map((it) => {
    const [short = -1, retryAfterMs = -1, ...left] = it.split(' ').map(Number)
    if (short < 0) return { left }
    return { short, retryAfterMs: retryAfterMs < 0 ? null : retryAfterMs, left }
  })
}
