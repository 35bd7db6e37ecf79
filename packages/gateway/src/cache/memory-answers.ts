/**
 * Answers in this process: those that were not asked for the longest go first, and all together stay below a bound.
 *
 * The bytes of an answer are copied once when it is kept: chunks from the network are views of larger blocks, and one
 * small view would hold a whole block.
 */
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import type { AnswerKey } from './answer-key.ts'
import { type AnswerStore, type KeepBounds, type StoreFacts, sizeOf } from './answer-store.ts'

/** What an entry costs beside its bytes: key, objects, and the view of each chunk. */
const ENTRY_BYTES = 600
const CHUNK_BYTES = 100

interface Entry {
  readonly tenant: string
  readonly route: string
  readonly answer: KeptAnswer
  readonly sizeBytes: number
}

export class MemoryAnswers implements AnswerStore {
  readonly isNear = true
  /** In the order in which they were asked for. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #evicted = 0

  get facts(): StoreFacts {
    return { entries: this.#entries.size, bytes: this.#bytes, evicted: this.#evicted, failures: 0 }
  }

  find({ name }: AnswerKey): KeptAnswer | null {
    const entry = this.#entries.get(name)
    if (entry === undefined) return null
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    return entry.answer
  }

  keep({ name, tenant, route }: AnswerKey, answer: KeptAnswer, bounds: KeepBounds): void {
    this.#remove(name)
    const bytes = sizeOf(answer)
    if (bytes > bounds.maxEntryBytes) return
    const sizeBytes = bytes + ENTRY_BYTES + answer.chunks.length * CHUNK_BYTES
    if (sizeBytes > bounds.maxBytes) return
    this.#entries.set(name, { tenant, route, answer: copyOf(answer, bytes), sizeBytes })
    this.#bytes += sizeBytes
    this.#trim(bounds, answer.keptAt)
  }

  clear({ tenant, route }: CacheWhich): number {
    let cleared = 0
    for (const [name, entry] of this.#entries) {
      if (tenant !== undefined && entry.tenant !== tenant) continue
      if (route !== undefined && entry.route !== route) continue
      this.#remove(name)
      cleared += 1
    }
    return cleared
  }

  #trim({ maxBytes, ttlMs }: KeepBounds, nowMs: number): void {
    for (const [name, { answer }] of this.#entries) {
      const isOld = nowMs - answer.keptAt >= ttlMs
      if (this.#bytes <= maxBytes && !isOld) return
      this.#remove(name)
      this.#evicted += 1
    }
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#bytes -= entry.sizeBytes
  }
}

function copyOf(answer: KeptAnswer, bytes: number): KeptAnswer {
  const block = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  const chunks = answer.chunks.map((it) => {
    const from = at
    at += it.copy(block, at)
    return block.subarray(from, at)
  })
  return { ...answer, chunks }
}
