/** For tests: claims on counts of one name. */
import type { BucketClaim, PlacesClaim, TotalClaim } from '../contract/counters.ts'

export function total(most: number, more: Partial<TotalClaim> = {}): TotalClaim {
  return { kind: 'total', key: 'calls', amount: 1, most, endsMs: null, ...more }
}

/** Drains so slowly that nothing of it is seen in a test. */
export function bucket(burst: number, more: Partial<BucketClaim> = {}): BucketClaim {
  return { kind: 'bucket', key: 'rate', amount: 1, rate: 1, perMs: 3_600_000, burst, ...more }
}

export function place(most: number, holder: string, more: Partial<PlacesClaim> = {}): PlacesClaim {
  return { kind: 'places', key: 'at-once', amount: 1, most, holder, leaseMs: 60_000, ...more }
}
