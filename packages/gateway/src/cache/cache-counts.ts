/** What has become of the requests that came to a cache, since this process knows it. */
import type { CacheOutcome } from '../contract/answer-cache.ts'

export class CacheCounts {
  readonly outcomes: Record<CacheOutcome, number> = { exact: 0, semantic: 0, joined: 0, miss: 0, bypass: 0 }
  /** What answers had cost that were given again. */
  savedMicroUsd = 0

  count(outcome: CacheOutcome, savedMicroUsd = 0): void {
    this.outcomes[outcome] += 1
    this.savedMicroUsd += savedMicroUsd
  }
}
