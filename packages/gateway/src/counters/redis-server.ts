/**
 * Counts kept in Redis, or in a cluster of it.
 *
 * All keys of one `prefix` carry the same hash tag, so that a take may name any of them: in a cluster they are on one
 * shard, which bounds how much can be counted under one prefix to what one Redis does.
 *
 * Nothing is sent a second time by the client: whether a take was counted before the connection broke is not known,
 * and what is not known must not be counted twice.
 */
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { Claim, Correction } from '../contract/counters.ts'
import {
  type BatchClaim,
  type CorrectionBatch,
  type CountServer,
  GRACE_MS,
  holderOf,
  numbersOf,
  readAnswers,
  toBatch,
} from './count-server.ts'
import { CORRECT, READ, type Script, TAKE } from './redis-script.ts'

export interface RedisPlace {
  /** `redis://` or `rediss://`, with the password. */
  readonly url: string
  readonly prefix: string
  readonly cluster: boolean
  readonly connectMs: number
}

type Word = string | number

/** Resolves when the server answers; rejects when it does not in `connectMs`. */
export async function openRedis(place: RedisPlace, onLost: (cause: unknown) => void): Promise<CountServer> {
  const { Redis, Cluster } = await import('ioredis')
  const client = place.cluster
    ? new Cluster([place.url], {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: () => null,
        redisOptions: { ...optionsOf(place), ...credentialsIn(place.url) },
      })
    : new Redis(place.url, {
        ...optionsOf(place),
        lazyConnect: true,
        enableOfflineQueue: false,
        retryStrategy: null,
      })
  let cause: unknown = null
  client.on('error', (error: unknown) => {
    cause = error
  })
  // The client of a cluster that tells it no usable address waits for ever.
  const tooLate = AbortSignal.timeout(place.connectMs)
  try {
    await Promise.race([client.connect().then(() => client.ping()), rejectedBy(tooLate)])
  } catch (error) {
    client.disconnect()
    throw cause ?? error
  }
  client.once('end', () => onLost(cause))
  return new RedisServer(client, place.prefix)
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

function optionsOf({ connectMs }: RedisPlace) {
  return {
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMs,
    protocol: 2,
    disableClientInfo: true,
    connectionName: 'changeover',
  } as const
}

/** A cluster's nodes are told apart from the url that leads to them, so what is in it has to be said again. */
function credentialsIn(url: string): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { username, password, protocol } = new URL(url)
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}

class RedisServer implements CountServer {
  // Redis does one thing after the other by itself; more under way than this only makes batches smaller.
  readonly mostAtOnce = 4
  readonly #client: Redis | Cluster
  readonly #tag: string

  constructor(client: Redis | Cluster, prefix: string) {
    this.#client = client
    this.#tag = `{${prefix}}`
  }

  async take(takes: readonly (readonly Claim[])[]) {
    const batch = toBatch(takes)
    const words = batch.takes.flatMap((it): Word[] => [it.length, ...it.flatMap((claim) => wordsOf(claim))])
    return readAnswers(await this.#run(TAKE, batch.keys, [takes.length, ...words]))
  }

  async correct({ sender, number, corrections }: CorrectionBatch): Promise<void> {
    const batch = toBatch([corrections.map((it) => it.claim)])
    const words = (batch.takes[0] ?? []).flatMap((it, i) => wordsOf(it, amountOf(corrections[i])))
    const keys = [...batch.keys, `sender:${sender}`]
    await this.#run(CORRECT, keys, [number, corrections.length, ...words])
  }

  async read(claims: readonly Claim[]): Promise<readonly number[]> {
    if (claims.length === 0) return []
    const batch = toBatch([claims])
    const words = (batch.takes[0] ?? []).flatMap((it) => wordsOf(it))
    return (await this.#run(READ, batch.keys, [claims.length, ...words])).split(' ').map(Number)
  }

  async ping(): Promise<void> {
    await this.#client.ping()
  }

  /** Everything expires by itself. */
  async tidy(): Promise<void> {}

  async close(): Promise<void> {
    this.#client.disconnect()
  }

  async #run(script: Script, keys: readonly string[], words: readonly Word[]): Promise<string> {
    const all: Word[] = [...keys.map((it) => `${this.#tag}:${it}`), GRACE_MS, ...words]
    try {
      return String(await this.#client.evalsha(script.sha, keys.length, ...all))
    } catch (error) {
      // A server that was started anew knows no scripts; nothing has run then.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return String(await this.#client.eval(script.text, keys.length, ...all))
    }
  }
}

/** As the scripts read a claim. */
function wordsOf({ claim, at }: BatchClaim, amount = claim.amount): readonly Word[] {
  const [bound, a, b] = numbersOf(claim)
  return [claim.kind, at, amount, bound, a, b, holderOf(claim)]
}

/** Places go back whole, so what is said of them is how many they were. */
function amountOf(correction: Correction | undefined): number {
  if (correction === undefined) return 0
  return correction.claim.kind === 'places' ? correction.claim.amount : correction.by
}
