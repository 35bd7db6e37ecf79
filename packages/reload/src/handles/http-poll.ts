/**
 * Settings behind a URL, asked for again and again.
 *
 * It asks with the tag or date of what it has, so that an unchanged answer is a few bytes; it asks next when the
 * server says (`Retry-After`, `Cache-Control: max-age`), else after the interval with some jitter, so that a
 * fleet does not ask in step; and after failures at random within a time that doubles up to five minutes.
 */
import type { Clock } from '../contract/clock.ts'
import type { Handle } from '../contract/handle.ts'
import { systemClock } from '../system-clock.ts'
import { type GetAnswer, httpGet } from './http-get.ts'
import { mediaTypeOf } from './media-type.ts'
import { type Asked, Offering } from './offering.ts'
import { digestOf, type Reading, refuseEmpty } from './source.ts'
import { readTraceParent } from './trace-parent.ts'
import { untilAborted, Wake } from './wake.ts'

export interface HttpPollOptions {
  /** Between two polls, unless the server says otherwise. Default 30000. */
  readonly intervalMs?: number
  /** Share of the interval by which it varies, either way. Default 0.1. */
  readonly jitter?: number
  /** Such as `authorization`; sent to this host only. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default 16 MiB. */
  readonly maxBytes?: number
  /** For the whole answer. Default 10000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

const LONGEST_BACKOFF_MS = 5 * 60_000
const SHORTEST_WAIT_MS = 10
/** What a server may ask for, so that one wrong header does not cut us off for a year. */
const TOLD_MS = { least: 1_000, most: 60 * 60_000 }

export interface HttpPollHandle extends Handle {
  /**
   * Asks at once, however long it is until the next poll, and offers what is there even if it was offered before.
   * Resolves when that is answered, or has failed and was reported; at once where nobody watches.
   */
  readNow(asked: Asked): Promise<void>
}

/** Polls `url`, `http:` or `https:`. Credentials in the URL are sent, and never shown. */
export function httpPollHandle(url: string | URL, options: HttpPollOptions = {}): HttpPollHandle {
  const site = new Site(url, options)
  const watches = new Set<(asked: Asked) => Promise<void>>()
  return {
    kind: 'http-poll',
    source: site.place,
    async watch(offer, signal, report) {
      const wake = new Wake(options.clock ?? systemClock, signal)
      const trigger = () => 'poll' as const
      const offering = new Offering({ place: site.place, trigger, offer, signal, report })
      const poll = new Poll({ site, options, offering, signal })
      const waiting: { asked: Asked; answered(): void }[] = []
      const readNow = (asked: Asked) =>
        new Promise<void>((answered) => {
          waiting.push({ asked, answered })
          wake.ring()
        })
      watches.add(readNow)
      while (!signal.aborted) {
        // One answer does for all who have asked before it was asked for.
        const all = waiting.splice(0)
        const waitMs = await untilAborted(poll.once(all[0]?.asked ?? null), signal)
        for (const it of all) it.answered()
        await wake.sleep(waitMs)
      }
      watches.delete(readNow)
      for (const it of waiting) it.answered()
    },
    async readNow(asked) {
      await Promise.all(Array.from(watches, (it) => it(asked)))
    },
  }
}

/** What is behind the URL, as it can be asked for at any time. */
class Site {
  readonly place: string
  private readonly address: URL
  private readonly options: HttpPollOptions

  constructor(url: string | URL, options: HttpPollOptions) {
    this.address = new URL(url)
    this.place = `${this.address.protocol}//${this.address.host}${this.address.pathname}`
    this.options = options
  }

  ask(validators: Readonly<Record<string, string>>, signal: AbortSignal): Promise<GetAnswer> {
    const { address, place, options } = this
    const { maxBytes = 16 * 1024 * 1024, timeoutMs = 10_000, clock = systemClock } = options
    const headers = { accept: '*/*', ...options.headers, ...validators }
    return httpGet(address, { place, headers, maxBytes, timeoutMs, clock, signal })
  }

  readingOf({ bytes, headers }: GetAnswer): Reading {
    const { address, place } = this
    refuseEmpty(place, bytes)
    const digest = digestOf(bytes)
    const state = headers['tracestate']
    const trace = readTraceParent(
      headers['traceparent'] as string | undefined,
      typeof state === 'string' ? state : undefined,
    )
    return {
      bytes,
      digest,
      mediaType: mediaTypeOf(address.pathname, bytes, headers['content-type']),
      actor: `url:${address.host}`,
      position: headers.etag ?? digest,
      ...(trace === null ? {} : { trace }),
    }
  }
}

interface PollOptions {
  readonly site: Site
  readonly options: HttpPollOptions
  readonly offering: Offering
  readonly signal: AbortSignal
}

class Poll {
  private readonly settings: PollOptions
  private readonly random: () => number
  private validators: Record<string, string> = {}
  private failures = 0

  constructor(settings: PollOptions) {
    this.settings = settings
    this.random = settings.options.random ?? Math.random
  }

  /** Asks once, offers what is new or asked for, and says in how many milliseconds to ask again. */
  async once(asked: Asked | null): Promise<number> {
    const { offering, site } = this.settings
    let answer: GetAnswer | null = null
    try {
      answer = await this.ask(asked !== null)
      if (answer.status === 200) await offering.take(site.readingOf(answer), asked)
      else if (answer.status !== 304) throw new Error(`answered ${answer.status}, expected 200 or 304`)
      this.validators = answer.status === 200 ? validatorsOf(answer) : this.validators
      this.failures = 0
      return toldMs(answer) ?? this.intervalMs()
    } catch (error) {
      offering.tell(error, asked)
      this.failures += 1
      return (answer === null ? null : retryAfterMs(answer, this.clock)) ?? this.backoffMs()
    }
  }

  private get clock(): Clock {
    return this.settings.options.clock ?? systemClock
  }

  private ask(whole: boolean): Promise<GetAnswer> {
    const { site, offering, signal } = this.settings
    // After a trouble everything is asked for anew, so that the engine is offered it again and sees all is well.
    return site.ask(whole || offering.isTroubled ? {} : this.validators, signal)
  }

  private intervalMs(): number {
    const { intervalMs = 30_000, jitter = 0.1 } = this.settings.options
    return Math.max(SHORTEST_WAIT_MS, intervalMs * (1 + jitter * (2 * this.random() - 1)))
  }

  private backoffMs(): number {
    const { intervalMs = 30_000 } = this.settings.options
    const mostMs = Math.min(
      LONGEST_BACKOFF_MS,
      Math.min(1_000, intervalMs) * 2 ** Math.min(this.failures, 20),
    )
    return Math.max(SHORTEST_WAIT_MS, mostMs * this.random())
  }
}

function validatorsOf({ headers }: GetAnswer): Record<string, string> {
  if (headers.etag !== undefined) return { 'if-none-match': headers.etag }
  const modified = headers['last-modified']
  return modified === undefined ? {} : { 'if-modified-since': modified }
}

/** When the server of a good answer wants to be asked again; `null` when it does not say. */
function toldMs({ headers }: GetAnswer): number | null {
  const seconds = /(?:^|[\s,])max-age=(\d+)/i.exec(headers['cache-control'] ?? '')?.[1]
  return seconds === undefined || Number(seconds) === 0 ? null : withinTold(Number(seconds) * 1_000)
}

function retryAfterMs({ headers }: GetAnswer, clock: Clock): number | null {
  const after = headers['retry-after']
  if (after === undefined) return null
  const ms = /^\d+$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - clock.now()
  return Number.isNaN(ms) ? null : withinTold(ms)
}

function withinTold(ms: number): number {
  return Math.min(TOLD_MS.most, Math.max(TOLD_MS.least, ms))
}
