/**
 * Answers in this process: those that were not asked for the longest go first, and all together stay below a bound.
 *
 * The bytes of an answer are kept as one text, a character a byte: chunks from the network are views of larger blocks,
 * and one small view would hold a whole block; and thousands of small blocks of their own cost V8 more to collect than
 * texts, which hold nothing. An answer that is given again is cut out of it anew.
 */
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import { type InLine, Line } from '../contract/line.ts'
import type { AnswerKey } from './answer-key.ts'
import { type AnswerStore, type KeepBounds, type StoreFacts, sizeOf } from './answer-store.ts'

/** What an entry costs beside its bytes: key and objects; and for each chunk where it ends. */
const ENTRY_BYTES = 400
const CHUNK_BYTES = 8

class Entry implements InLine<Entry> {
  before: Entry | null = null
  after: Entry | null = null
  readonly name: string
  readonly tenant: string
  readonly route: string
  readonly sizeBytes: number
  readonly keptAt: number
  readonly #about: Omit<KeptAnswer, 'chunks'>
  /** Latin1, which holds every byte as it is. */
  readonly #bytes: string
  /** `null` for one. */
  readonly #ends: readonly number[] | null

  constructor({ name, tenant, route }: AnswerKey, answer: KeptAnswer, sizeBytes: number) {
    this.name = name
    this.tenant = tenant
    this.route = route
    this.sizeBytes = sizeBytes
    this.keptAt = answer.keptAt
    this.#about = withoutChunks(answer)
    const { chunks } = answer
    const [only] = chunks
    const isOne = chunks.length === 1 && only !== undefined
    this.#bytes = (isOne ? only : Buffer.concat(chunks)).toString('latin1')
    this.#ends = isOne ? null : endsOf(chunks)
  }

  get answer(): KeptAnswer {
    const bytes = Buffer.from(this.#bytes, 'latin1')
    if (this.#ends === null) return { ...this.#about, chunks: [bytes] }
    let from = 0
    return { ...this.#about, chunks: this.#ends.map((end) => bytes.subarray(from, (from = end))) }
  }
}

/** Field by field: what a rest pattern makes takes V8 longer than all else here. */
function withoutChunks(it: KeptAnswer): Omit<KeptAnswer, 'chunks'> {
  const { status, contentType, streamed, keptAt, target, inputTokens, outputTokens, costMicroUsd } = it
  return { status, contentType, streamed, keptAt, target, inputTokens, outputTokens, costMicroUsd }
}

function endsOf(chunks: readonly Buffer[]): readonly number[] {
  let end = 0
  return chunks.map((it) => (end += it.length))
}

export class MemoryAnswers implements AnswerStore {
  readonly isNear = true
  readonly #entries = new Map<string, Entry>()
  /** In the order in which they were asked for. */
  readonly #line = new Line<Entry>()
  #bytes = 0
  #evicted = 0

  get facts(): StoreFacts {
    return { entries: this.#entries.size, bytes: this.#bytes, evicted: this.#evicted, failures: 0 }
  }

  find({ name }: AnswerKey): KeptAnswer | null {
    const entry = this.#entries.get(name)
    if (entry === undefined) return null
    this.#line.take(entry)
    this.#line.push(entry)
    return entry.answer
  }

  keep(key: AnswerKey, answer: KeptAnswer, bounds: KeepBounds): void {
    const known = this.#entries.get(key.name)
    if (known !== undefined) this.#remove(known)
    const bytes = sizeOf(answer)
    if (bytes > bounds.maxEntryBytes) return
    const sizeBytes = bytes + ENTRY_BYTES + answer.chunks.length * CHUNK_BYTES
    if (sizeBytes > bounds.maxBytes) return
    const entry = new Entry(key, answer, sizeBytes)
    this.#entries.set(key.name, entry)
    this.#line.push(entry)
    this.#bytes += sizeBytes
    this.#trim(bounds, answer.keptAt)
  }

  clear({ tenant, route }: CacheWhich): number {
    let cleared = 0
    for (const entry of this.#entries.values()) {
      if (tenant !== undefined && entry.tenant !== tenant) continue
      if (route !== undefined && entry.route !== route) continue
      this.#remove(entry)
      cleared += 1
    }
    return cleared
  }

  #trim({ maxBytes, ttlMs }: KeepBounds, nowMs: number): void {
    for (let oldest = this.#line.first; oldest !== null; oldest = this.#line.first) {
      const isOld = nowMs - oldest.keptAt >= ttlMs
      if (this.#bytes <= maxBytes && !isOld) return
      this.#remove(oldest)
      this.#evicted += 1
    }
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.name)
    this.#line.take(entry)
    this.#bytes -= entry.sizeBytes
  }
}
