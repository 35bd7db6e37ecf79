/**
 * Answers in this process, all together below a bound: in blocks beside the heap (`answer-record.ts`), and an index of
 * where each begins.
 *
 * The oldest goes first, but one that was asked for since gets another turn behind all others, as long as it is young enough
 * to be given: near enough to the one that was not asked for the longest, without touching memory at each answer that
 * is given again. How much of this is done for one answer is bounded, since all calls wait meanwhile.
 *
 * Invariant: the index has all that is there and nothing else, and what is there and its index are no more than
 * `maxBytes`. Blocks may be two and the last answer more, for what is no longer there in them and not passed yet.
 */
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import type { AnswerKey } from './answer-key.ts'
import {
  answerAt,
  draftOf,
  isNamed,
  isOf,
  isThere,
  keptAt,
  nameAt,
  noteAsked,
  remove,
  sizeAt,
  wasAsked,
  writeRecord,
} from './answer-record.ts'
import type { AnswerStore, KeepBounds, StoreFacts } from './answer-store.ts'
import { BLOCK_BYTES, type Block, BlockLine } from './block-line.ts'
import { PlaceIndex } from './place-index.ts'

/** What an entry costs beside its record: its slot in the index, and those that are free. */
const ENTRY_BYTES = 32
const MOST_BLOCKS_BESIDE = 2
/** Another turn is a copy: where nearly all were asked for, the one behind so many bytes goes all the same. */
const MOST_MOVED_BYTES = 1024 * 1024
/** After a quiet night all are too old at once: those that are in nobody's way go with the answers to come. */
const MOST_LOOKED_AT = 1000
const NONE = -1

export class MemoryAnswers implements AnswerStore {
  readonly isNear = true
  readonly #line = new BlockLine()
  readonly #places = new PlaceIndex((place, name) => isNamed(...this.#at(place), name))
  #bytes = 0
  #evicted = 0

  get facts(): StoreFacts {
    return { entries: this.#places.size, bytes: this.#bytes, evicted: this.#evicted, failures: 0 }
  }

  find({ name }: AnswerKey): KeptAnswer | null {
    const place = this.#places.find(name)
    if (place === NONE) return null
    const [block, at] = this.#at(place)
    noteAsked(block, at, true)
    return answerAt(block, at)
  }

  keep(key: AnswerKey, answer: KeptAnswer, bounds: KeepBounds): void {
    const known = this.#places.find(key.name)
    if (known !== NONE) this.#remove(key.name, known)
    const draft = draftOf(key, answer)
    if (draft.bodyBytes > bounds.maxEntryBytes) return
    const sizeBytes = draft.sizeBytes + ENTRY_BYTES
    if (sizeBytes > bounds.maxBytes) return
    this.#makeRoom(sizeBytes, bounds, answer.keptAt)
    const place = this.#line.append(draft.sizeBytes)
    writeRecord(this.#line.blockOf(place), this.#line.startOf(place), draft)
    this.#places.set(key.name, place)
    this.#bytes += sizeBytes
  }

  clear(which: CacheWhich): number {
    let cleared = 0
    for (const place of this.#places.places()) {
      if (!isOf(...this.#at(place), which)) continue
      this.#remove(nameAt(...this.#at(place)), place)
      cleared += 1
    }
    for (let first = this.#line.first; first !== NONE; first = this.#line.first) {
      if (isThere(...this.#at(first))) break
      this.#line.pass()
    }
    return cleared
  }

  #makeRoom(sizeBytes: number, { maxBytes, ttlMs }: KeepBounds, nowMs: number): void {
    const mostBlockBytes = maxBytes + MOST_BLOCKS_BESIDE * BLOCK_BYTES
    let [lookedAt, movedBytes] = [0, 0]
    for (let first = this.#line.first; first !== NONE; first = this.#line.first) {
      const [block, at] = this.#at(first)
      if (isThere(block, at)) {
        const isOld = nowMs - keptAt(block, at) >= ttlMs
        const isFull = this.#bytes + sizeBytes > maxBytes || this.#line.bytes > mostBlockBytes
        if (!isFull && (!isOld || lookedAt >= MOST_LOOKED_AT)) return
        if (!isOld && movedBytes < MOST_MOVED_BYTES && wasAsked(block, at)) {
          movedBytes += sizeAt(block, at)
          this.#giveAnotherTurn(first)
        } else this.#evict(first)
      }
      this.#line.pass()
      lookedAt += 1
    }
  }

  #giveAnotherTurn(first: number): void {
    const [block, at] = this.#at(first)
    const sizeBytes = sizeAt(block, at)
    const place = this.#line.append(sizeBytes)
    const [to, start] = this.#at(place)
    block.bytes.copy(to.bytes, start, at, at + sizeBytes)
    noteAsked(to, start, false)
    this.#places.set(nameAt(to, start), place)
  }

  #evict(place: number): void {
    this.#remove(nameAt(...this.#at(place)), place)
    this.#evicted += 1
  }

  #remove(name: string, place: number): void {
    const [block, at] = this.#at(place)
    this.#places.delete(name)
    this.#bytes -= sizeAt(block, at) + ENTRY_BYTES
    remove(block, at)
  }

  #at(place: number): readonly [block: Block, at: number] {
    return [this.#line.blockOf(place), this.#line.startOf(place)]
  }
}
