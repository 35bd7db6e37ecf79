/** Where answers are kept. What cannot be reached holds nothing: no method throws or rejects. */
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import type { AnswerKey } from './answer-key.ts'

export interface KeepBounds {
  readonly ttlMs: number
  readonly maxBytes: number
  readonly maxEntryBytes: number
  /** How long a store that is elsewhere may take. */
  readonly timeoutMs: number
}

export interface StoreFacts {
  /** `null` where they are not known without looking through all. */
  readonly entries: number | null
  readonly bytes: number | null
  readonly evicted: number
  /** Times that it could not be reached. */
  readonly failures: number
}

export interface AnswerStore {
  /** In this process: answers at once. */
  readonly isNear: boolean
  /** At once where it is in this process. How old it may be is not looked at here. */
  find(key: AnswerKey, bounds: KeepBounds): KeptAnswer | null | Promise<KeptAnswer | null>
  /** An answer that is too large is passed over. */
  keep(key: AnswerKey, answer: KeptAnswer, bounds: KeepBounds): void
  /** How many there were. */
  clear(which: CacheWhich): number | Promise<number>
  readonly facts: StoreFacts
}

export function sizeOf(answer: KeptAnswer): number {
  let bytes = 0
  for (const it of answer.chunks) bytes += it.length
  return bytes
}
