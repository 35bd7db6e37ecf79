/**
 * Answers that are kept: looked for before anybody is asked, and kept when one is whole and good.
 *
 * What an answer is kept under holds everything that it hangs on: the tenant, the route, the context with its version,
 * the guardrails, the caller's format, and the request. Two callers that ask the same at once are one question: the
 * first leads, the others join.
 *
 * Not here: how answers go out (`pipeline/`).
 */
import type { AttemptBill } from './call.ts'
import type { Leaving } from './leaving.ts'
import type { WireName } from './wire.ts'

/** An answer as it goes out to the caller, in the caller's format. */
export interface KeptAnswer {
  readonly status: number
  readonly contentType: string
  /** One for an answer that is whole; as it was cut for one that was streamed. */
  readonly chunks: readonly Buffer[]
  readonly streamed: boolean
  /** Wall milliseconds. */
  readonly keptAt: number
  /** What it had cost, for who wants to know what was saved. */
  readonly target: string
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costMicroUsd: number | null
}

/** A request in JSON, as it came. */
export interface AskedBody {
  readonly bytes: Buffer
  /** The names of its fields, as they stand. */
  readonly names: readonly string[]
  /** Four positions in `bytes` for each of them: where its name begins and ends, with quotes, and where its value does. */
  readonly members: readonly number[]
  readonly text: string
  /** Parsed; nobody's to change. Throws where it is no JSON. */
  readonly value: unknown
}

export interface CacheAsk {
  readonly tenant: string
  readonly route: string
  /** `support@2.1.0` with the filled prompt; `null` without one. */
  readonly context: string | null
  readonly prompt: string | null
  /** Of the guardrails in force for the route; `null` without. */
  readonly guards: string | null
  /** The caller's format, and whether it asked for a stream. */
  readonly wire: WireName
  readonly stream: boolean
  /** As the caller named it: where a format has it in the path it is not in the body, and it is said back in answers. */
  readonly model: string
  /** What else the answer hangs on: the models that the route may ask, and headers that go on to them. */
  readonly basis: string
  /**
   * The request as it came. Not as guardrails have changed it: what they mask is given back in the answer, so that two
   * requests which are the same once masked have different answers.
   */
  readonly body: AskedBody
  /** Guardrails have changed it: its text must not leave, so that nobody is asked whether it is like another. */
  readonly changed: boolean
  readonly nowMs: number
  /** Of the settings that it is asked under, for whoever is asked beside. */
  readonly version: string
  /** `no-store`, `no-cache`, `max-age` … as the caller said in `cache-control`; `null` for nothing. */
  readonly control: string | null
}

/** What the leader does with its answer; one of the three is called, and what is called after it does nothing. */
export interface CacheLead {
  readonly lead: true
  /** Who was asked beside, to find out; absent where nobody was. */
  readonly asked?: AskedBeside | undefined
  /** A larger answer is of no use here, so that it need not be gathered. */
  readonly mostBytes: number
  keep(answer: KeptAnswer): void
  /** It is whole and good for those who asked the same at once, and not for later. */
  share(answer: KeptAnswer): void
  /** It failed or was cut: of those who wait, the next one asks. */
  drop(): void
}

export interface CacheHit {
  readonly hit: 'exact' | 'semantic' | 'joined'
  readonly answer: KeptAnswer
  readonly asked?: AskedBeside
}

/** A text was embedded, to find out whether its like was answered before. */
export interface AskedBeside {
  /** `provider/model`, as in an attempt. */
  readonly target: string
  readonly status: number | null
  /** Empty when it ended well. */
  readonly error: string
  readonly durationMs: number
  /** `null` where nothing was billed. */
  readonly bill: AttemptBill | null
}

/** `null`: not looked at, and not kept. */
export type CacheLook = CacheHit | CacheLead | null

export interface AnswerCache {
  /** Its entry in the settings. */
  readonly name: string
  /** Later where it waits for another caller's answer, for an embedding, or for a shared store. Never rejects. */
  look(ask: CacheAsk, leaving: Leaving): CacheLook | Promise<CacheLook>
  readonly facts: CacheFacts
  /** Forgets what is kept of a tenant, of a route, of both, or all. How many answers there were. */
  clear(which: CacheWhich): number | Promise<number>
}

export interface CacheWhich {
  readonly tenant?: string
  readonly route?: string
}

/** Since this process knows the cache. */
export interface CacheFacts {
  readonly kind: 'exact' | 'semantic'
  readonly store: 'memory' | 'redis'
  /** `null` where they are not this process's to count. */
  readonly entries: number | null
  readonly bytes: number | null
  /** Requests that wait for the answer of another, just now. */
  readonly waiting: number
  /** Messages that are remembered for comparison. */
  readonly messages: number
  readonly outcomes: Readonly<Record<CacheOutcome, number>>
  /** What answers had cost that were given again. */
  readonly savedMicroUsd: number
  /** Answers that went for want of room, or were too old when they were looked through. */
  readonly evicted: number
  /** Times that the store could not be reached. */
  readonly failures: number
}

/** `miss`: a provider was asked, and others may have waited for it. `bypass`: not looked at. */
export type CacheOutcome = CacheHit['hit'] | 'miss' | 'bypass'
