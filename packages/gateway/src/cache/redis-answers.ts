/**
 * Answers in Redis, where other processes find them too. Each lies under a digest of all that it hangs on, sealed
 * (`kept-bytes.ts`), and goes by itself when its time to live is over; how much memory all of them take together is for
 * Redis to bound (`maxmemory`), since nobody else knows it.
 *
 * Invariant: a Redis that is away, slow or broken costs no request more than the time that it was given, and after a few
 * such nothing at all until it answers again. It is never an error.
 *
 * Not here: those who ask the same at once are brought together within one process only (`flights.ts`).
 */
import { hash } from 'node:crypto'
import type { Clock, Timer } from '@changeover/reload'
import type { Redis } from 'ioredis'
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import type { AnswerKey } from './answer-key.ts'
import { type AnswerStore, type KeepBounds, type StoreFacts, sizeOf } from './answer-store.ts'
import { openAnswer, sealAnswer } from './kept-bytes.ts'

export interface RedisAnswersInput {
  /** Of the cache. */
  readonly name: string
  /** Asked at each connection: the password may have changed. */
  readonly url: () => string
  readonly clock: Clock
}

const CONNECT_MS = 2000
/** After so many failures in a row it is left alone for a while. */
const PATIENCE = 3
const REST_MS = 1000
const SCANNED = 500

export class RedisAnswers implements AnswerStore {
  readonly isNear = false
  readonly #input: RedisAnswersInput
  #client: Promise<Redis> | null = null
  #failures = 0
  #inARow = 0
  #restsUntil = 0
  #isClosed = false

  constructor(input: RedisAnswersInput) {
    this.#input = input
  }

  get facts(): StoreFacts {
    return { entries: null, bytes: null, evicted: 0, failures: this.#failures }
  }

  async find(key: AnswerKey, { timeoutMs }: KeepBounds): Promise<KeptAnswer | null> {
    const sealed = await this.#ask(timeoutMs, (redis) => redis.getBuffer(this.#placeOf(key)))
    return sealed === null || key.seal === null ? null : openAnswer(sealed, key.seal)
  }

  keep(key: AnswerKey, answer: KeptAnswer, { maxEntryBytes, ttlMs, timeoutMs }: KeepBounds): void {
    if (sizeOf(answer) > maxEntryBytes) return
    if (key.seal === null) return
    const sealed = sealAnswer(answer, key.seal)
    void this.#ask(timeoutMs, (redis) => redis.set(this.#placeOf(key), sealed, 'PX', ttlMs))
  }

  /** Step by step, so that Redis does other things between; answers that come meanwhile may stay. */
  async clear(which: CacheWhich): Promise<number> {
    const pattern = this.#place(which.tenant, which.route, '*')
    let cleared = 0
    let cursor = '0'
    try {
      const redis = await this.#connected()
      do {
        const [next, names] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCANNED)
        if (names.length > 0) cleared += await redis.unlink(...names)
        cursor = next
      } while (cursor !== '0')
    } catch {
      this.#noteFailure()
    }
    return cleared
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#client?.catch(() => null)
    client?.disconnect()
  }

  #placeOf({ tenant, route, name }: AnswerKey): string {
    return this.#place(tenant, route, name)
  }

  #place(tenant: string | undefined, route: string | undefined, name: string): string {
    return `changeover:cache:${this.#input.name}:${shortOf(tenant)}:${shortOf(route)}:${name}`
  }

  /** `null` where there is no answer in time. */
  async #ask<T>(timeoutMs: number, run: (redis: Redis) => Promise<T>): Promise<T | null> {
    const { clock } = this.#input
    if (this.#isClosed || clock.monotonic() < this.#restsUntil) return null
    let timer: Timer | null = null
    const late = new Promise<never>((_, reject) => {
      timer = clock.after(timeoutMs, () => reject(new Error('redis did not answer in time')))
    })
    try {
      const found = await Promise.race([this.#connected().then(run), late])
      this.#inARow = 0
      return found
    } catch {
      this.#noteFailure()
      return null
    } finally {
      ;(timer as Timer | null)?.cancel()
    }
  }

  #noteFailure(): void {
    this.#failures += 1
    this.#inARow += 1
    if (this.#inARow >= PATIENCE) this.#restsUntil = this.#input.clock.monotonic() + REST_MS
  }

  /** The driver is loaded by the first who needs it. A connection that is lost is opened anew by the next who asks. */
  #connected(): Promise<Redis> {
    if (this.#isClosed) return Promise.reject(new Error('the cache is closed'))
    if (this.#client !== null) return this.#client
    const opened = openRedis(this.#input.url(), () => {
      if (this.#client === opened) this.#client = null
    })
    this.#client = opened
    opened.catch(() => {
      if (this.#client === opened) this.#client = null
    })
    return opened
  }
}

async function openRedis(url: string, onEnd: () => void): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    connectTimeout: CONNECT_MS,
    protocol: 2,
    disableClientInfo: true,
    connectionName: 'changeover-cache',
  })
  // What goes wrong is told by the command that fails.
  client.on('error', () => undefined)
  client.once('end', onEnd)
  try {
    await client.connect()
  } catch (error) {
    client.disconnect()
    throw error
  }
  return client
}

function shortOf(text: string | undefined): string {
  return text === undefined ? '*' : hash('sha256', text, 'base64url').slice(0, 16)
}
