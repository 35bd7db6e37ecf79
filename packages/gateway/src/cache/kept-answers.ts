/**
 * A cache by its settings: looks for answers that are kept, brings together those who ask the same, and keeps what they
 * are told.
 *
 * What is kept outlives settings (`CacheMemory`, carried from version to version by the name of the cache); the numbers
 * belong to a version. So a reload that shortens the time to live counts for what is kept already, and one that changes
 * a prompt or a guardrail finds nothing, since both are part of what answers are kept under.
 *
 * Where the store or an embedding has to be waited for, the request is the first of its kind already: others that ask the
 * same meanwhile join it, so that 500 of them are one look and one call.
 *
 * Invariant: `look` never throws and never rejects; whatever goes wrong, the request is asked as if there were no cache.
 */
import type { Clock } from '@changeover/reload'
import type {
  AnswerCache,
  AskedBeside,
  CacheAsk,
  CacheFacts,
  CacheHit,
  CacheLead,
  CacheLook,
  CacheWhich,
  KeptAnswer,
} from '../contract/answer-cache.ts'
import type { Leaving } from '../contract/leaving.ts'
import { type AnswerKey, keyOf } from './answer-key.ts'
import type { AnswerStore, KeepBounds } from './answer-store.ts'
import { readControl } from './cache-control.ts'
import { CacheCounts } from './cache-counts.ts'
import { type Flight, Flights, type Landing } from './flights.ts'
import type { CacheSpec } from './spec.ts'
import { Vectors } from './vectors.ts'

/** What is too large to be kept is told to those who wait for it, up to here. */
const SHARED_BYTES = 1024 * 1024

/** What a cache has, whatever its settings say now. */
export class CacheMemory {
  readonly name: string
  readonly store: AnswerStore
  readonly flights = new Flights()
  readonly vectors = new Vectors<AnswerKey>()
  readonly counts = new CacheCounts()

  constructor(name: string, store: AnswerStore) {
    this.name = name
    this.store = store
  }
}

/** Asks a model for the vector of a text. Never rejects; without a vector the request goes on without. */
export type Embed = (text: string, it: EmbedFor) => Promise<Embedded>

export interface EmbedFor {
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal
  /** Of the settings, for a provider that is told it. */
  readonly version: string
}

export interface Embedded {
  readonly vector: Float32Array | null
  readonly asked: AskedBeside
}

export interface KeptAnswersInput {
  readonly memory: CacheMemory
  readonly spec: CacheSpec
  /** `null` for kind exact. */
  readonly embed: Embed | null
  readonly clock: Clock
}

/** One request on its way through. */
interface Look {
  readonly key: AnswerKey
  readonly nowMs: number
  /** How old an answer may be, by the settings and the caller. */
  readonly maxAgeMs: number
  readonly leaving: Leaving
  readonly version: string
  /** `null`: nobody may join. */
  readonly flight: Flight | null
}

export class KeptAnswers implements AnswerCache {
  readonly name: string
  readonly #memory: CacheMemory
  readonly #spec: CacheSpec
  readonly #bounds: KeepBounds
  readonly #embed: Embed | null
  readonly #clock: Clock

  constructor({ memory, spec, embed, clock }: KeptAnswersInput) {
    this.name = memory.name
    this.#memory = memory
    this.#spec = spec
    const { ttlMs, maxBytes, maxEntryBytes, redis } = spec
    this.#bounds = { ttlMs, maxBytes, maxEntryBytes, timeoutMs: redis?.timeoutMs ?? 0 }
    this.#embed = embed
    this.#clock = clock
  }

  look(ask: CacheAsk, leaving: Leaving): CacheLook | Promise<CacheLook> {
    try {
      const look = this.#look(ask, leaving)
      return look instanceof Promise ? look.catch(() => null) : look
    } catch {
      return null
    }
  }

  get facts(): CacheFacts {
    const { store, vectors, counts, flights } = this.#memory
    const { outcomes, savedMicroUsd } = counts
    const { kind } = this.#spec
    return {
      kind,
      store: this.#spec.store,
      waiting: flights.waiting,
      messages: vectors.size,
      outcomes,
      savedMicroUsd,
      ...store.facts,
    }
  }

  clear(which: CacheWhich): number | Promise<number> {
    const { vectors, store } = this.#memory
    const isOf = (asked: string | undefined, of: string) => asked === undefined || asked === of
    vectors.forget(({ tenant, route }) => isOf(which.tenant, tenant) && isOf(which.route, route))
    return store.clear(which)
  }

  #look(ask: CacheAsk, leaving: Leaving): CacheLook | Promise<CacheLook> {
    const control = readControl(ask.control)
    const { sampled } = this.#spec
    const wish = { sampled, semantic: this.#embed !== null, sealed: !this.#memory.store.isNear }
    const key = control.noStore ? null : keyOf(ask, wish)
    if (key === null) {
      this.#memory.counts.count('bypass')
      return null
    }
    const maxAgeMs = Math.min(this.#spec.ttlMs, control.maxAgeMs ?? Number.POSITIVE_INFINITY)
    const about = { key, nowMs: ask.nowMs, maxAgeMs, leaving, version: ask.version }
    // Asked anew: nobody's answer but the provider's will do, and whoever asks meanwhile may have an older one.
    if (maxAgeMs === 0) return this.#lead({ ...about, flight: null }, null)
    const { store, flights } = this.#memory
    // Before those who ask just now: they may want a younger one than this will do with.
    const near = store.isNear ? store.find(key, this.#bounds) : null
    if (!(near instanceof Promise) && isFresh(near, about)) return this.#hit('exact', near)
    const flight = flights.find(key.name)
    if (flight !== null) return this.#join({ ...about, flight })
    const first = { ...about, flight: flights.open(key.name) }
    if (!store.isNear) return withoutTrace(first, this.#lookLater(first))
    if (this.#embed === null || key.alike === null) return this.#lead(first, null)
    return withoutTrace(first, this.#lookForLike(first))
  }

  async #join(look: Look): Promise<CacheLook> {
    const { flight, leaving } = look
    if (flight === null) return null
    const landing: Landing = await flight.join(this.#spec.waitMs, { clock: this.#clock, leaving })
    if (landing === 'left') return null
    if (landing === 'alone') return this.#lead({ ...look, flight: null }, null)
    if ('chunks' in landing) return this.#hit('joined', landing)
    return this.#lead(look, null)
  }

  async #lookLater(look: Look): Promise<CacheLook> {
    const found = await this.#memory.store.find(look.key, this.#bounds)
    if (isFresh(found, look)) {
      look.flight?.land(found)
      return this.#hit('exact', found)
    }
    return this.#embed === null || look.key.alike === null
      ? this.#lead(look, null)
      : await this.#lookForLike(look)
  }

  async #lookForLike(look: Look): Promise<CacheLook> {
    const { alike } = look.key
    const { semantic } = this.#spec
    if (alike === null || this.#embed === null || semantic === undefined) return this.#lead(look, null)
    const { leaving, version } = look
    const embedded = await this.#embed(alike.text, { signal: leaving.signal, version }).catch(() => null)
    const vector = embedded?.vector ?? null
    if (embedded === null || vector === null) return this.#lead(look, embedded)
    const near = this.#memory.vectors.find(alike.within, vector, semantic.threshold)
    const found = near === null ? null : await this.#memory.store.find(near.value, this.#bounds)
    if (!isFresh(found, look)) {
      this.#memory.vectors.forget((it) => it === near?.value && found === null)
      return this.#lead(look, embedded)
    }
    look.flight?.land(found)
    return { ...this.#hit('semantic', found), asked: embedded.asked }
  }

  #hit(hit: CacheHit['hit'], answer: KeptAnswer): CacheHit {
    this.#memory.counts.count(hit, answer.costMicroUsd ?? 0)
    return { hit, answer }
  }

  /** Who left while it waited has nobody to ask for: the next one does. */
  #lead(look: Look, embedded: Embedded | null): CacheLead | null {
    const { key, flight, leaving } = look
    if (leaving.hasLeft) {
      flight?.fail()
      return null
    }
    this.#memory.counts.count('miss')
    return new Lead(flight, {
      mostBytes: Math.max(this.#spec.maxEntryBytes, SHARED_BYTES),
      asked: embedded?.asked,
      keep: (answer) => {
        this.#memory.store.keep(key, answer, this.#bounds)
        if (embedded !== null) this.#remember(key, embedded)
      },
    })
  }

  #remember({ alike, ...key }: AnswerKey, embedded: Embedded): void {
    const { vector } = embedded
    if (alike === null || vector === null) return
    const most = this.#spec.semantic?.maxEntries ?? 0
    this.#memory.vectors.add(alike.within, { vector, value: { ...key, alike: null } }, most)
  }
}

interface LeadParts {
  readonly mostBytes: number
  readonly asked: AskedBeside | undefined
  readonly keep: (answer: KeptAnswer) => void
}

/** The first of those who ask the same: what it is answered is told to the others, once. */
class Lead implements CacheLead {
  readonly lead = true
  readonly #flight: Flight | null
  readonly #parts: LeadParts
  #isOver = false

  constructor(flight: Flight | null, parts: LeadParts) {
    this.#flight = flight
    this.#parts = parts
  }

  get mostBytes(): number {
    return this.#parts.mostBytes
  }
  get asked(): AskedBeside | undefined {
    return this.#parts.asked
  }

  keep(answer: KeptAnswer): void {
    if (this.#wasOver()) return
    this.#parts.keep(answer)
    this.#flight?.land(answer)
  }

  share(answer: KeptAnswer): void {
    if (!this.#wasOver()) this.#flight?.land(answer)
  }

  drop(): void {
    if (!this.#wasOver()) this.#flight?.fail()
  }

  /** False the first time. */
  #wasOver(): boolean {
    const wasOver = this.#isOver
    this.#isOver = true
    return wasOver
  }
}

/** A fault of ours on the way: the next of those who wait asks, and this one does as if there were no cache. */
function withoutTrace({ flight }: Look, look: Promise<CacheLook>): Promise<CacheLook> {
  return look.catch(() => {
    flight?.fail()
    return null
  })
}

function isFresh(
  answer: KeptAnswer | null,
  { nowMs, maxAgeMs }: { readonly nowMs: number; readonly maxAgeMs: number },
): answer is KeptAnswer {
  return answer !== null && nowMs - answer.keptAt < maxAgeMs
}
