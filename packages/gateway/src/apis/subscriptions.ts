/**
 * Who has asked for which API, and who has been let in: read from memory by each call, written to the disk before
 * anybody is told.
 *
 * It belongs to no version of the settings: a tenant that was approved stays so over every reload, and a revocation
 * acts on the next call, whichever version it runs under.
 *
 * The file is opened when it is there, or with the first subscription: a gateway without any has none.
 */
import { existsSync } from 'node:fs'
import type { Clock, Telemetry } from '@changeover/reload'
import type { Subscription, SubscriptionAsk, SubscriptionBook, SubscriptionState } from '../contract/apis.ts'
import { GatewayError } from '../errors.ts'
import type { SubscriptionTable, SubscriptionWord } from './subscription-table.ts'

export type Decision = 'approved' | 'refused' | 'revoked'

/** What each decision may be made of. */
const DECIDED_FROM: Readonly<Record<Decision, readonly SubscriptionState[]>> = {
  approved: ['pending', 'refused', 'revoked'],
  refused: ['pending'],
  revoked: ['approved'],
}

export interface DecisionAsk {
  readonly api: string
  readonly tenant: string
  readonly to: Decision
  /** In the words of the audit log. */
  readonly by: string
  readonly reason: string
}

export interface Subscriptions extends SubscriptionBook {
  /** All of them, or those of an API, by API and tenant. */
  list(api?: string): readonly Subscription[]
  /** Oldest first. */
  history(api: string, tenant: string): Promise<readonly SubscriptionWord[]>
  /**
   * Resolves when it is on the disk, and from then on counts. Throws `apis.no_such_subscription`,
   * `apis.cannot_decide` or `apis.subscriptions_not_kept`.
   */
  decide(it: DecisionAsk): Promise<Subscription>
  close(): void
}

export interface SubscriptionsOptions {
  /** The database file; its folder exists. */
  readonly path: string
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/**
 * Where there is a file that cannot be read, nobody is subscribed until it can, and nothing is written: nobody is let in
 * by a guess, and what needs no subscription is served all the same.
 */
export async function openSubscriptions(options: SubscriptionsOptions): Promise<Subscriptions> {
  const book = new Book(options)
  if (!existsSync(options.path)) return book
  try {
    await book.open()
  } catch (error) {
    const message = 'the subscriptions to APIs cannot be read; calls that need one are refused'
    options.telemetry.logger.log({ level: 'error', room: 'apis', message, error })
  }
  return book
}

class Book implements Subscriptions {
  readonly #options: SubscriptionsOptions
  /** By API, then by tenant. */
  readonly #known = new Map<string, Map<string, Subscription>>()
  #table: SubscriptionTable | null = null

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  stateOf(api: string, tenant: string): SubscriptionState | null {
    return this.#known.get(api)?.get(tenant)?.state ?? null
  }

  find(api: string, tenant: string): Subscription | null {
    return this.#known.get(api)?.get(tenant) ?? null
  }

  list(api?: string): readonly Subscription[] {
    const all = [...this.#known.values()].flatMap((it) => [...it.values()])
    const asked = api === undefined ? all : all.filter((it) => it.api === api)
    return asked.toSorted((a, b) => compare(a.api, b.api) || compare(a.tenant, b.tenant))
  }

  async history(api: string, tenant: string): Promise<readonly SubscriptionWord[]> {
    if (this.find(api, tenant) === null) return []
    return (await this.open()).words(api, tenant)
  }

  async ask({ api, tenant, key, note }: SubscriptionAsk): Promise<Subscription> {
    const table = await this.#openToWrite()
    const before = this.find(api, tenant)
    // Asking again costs the disk nothing, so that nobody can keep it busy.
    if (before?.state === 'pending' || before?.state === 'approved') return before
    const at = this.#now()
    const asked = { api, tenant, state: 'pending', askedBy: key, askedAt: at, note } as const
    const it: Subscription = { ...asked, decidedBy: null, decidedAt: null, reason: '' }
    return this.#put(table, it, { at, state: 'pending', who: key, reason: note })
  }

  async decide({ api, tenant, to, by, reason }: DecisionAsk): Promise<Subscription> {
    const table = await this.#openToWrite()
    const before = this.find(api, tenant)
    if (before === null) throw new GatewayError('apis.no_such_subscription', { api, tenant })
    if (!DECIDED_FROM[to].includes(before.state))
      throw new GatewayError('apis.cannot_decide', { api, tenant, state: before.state, to })
    const at = this.#now()
    const it = { ...before, state: to, decidedBy: by, decidedAt: at, reason }
    return this.#put(table, it, { at, state: to, who: by, reason })
  }

  close(): void {
    this.#table?.close()
    this.#table = null
  }

  async open(): Promise<SubscriptionTable> {
    if (this.#table !== null) return this.#table
    // Loaded here and not above: SQLite is not needed to start.
    const { openSubscriptionTable } = await import('./subscription-table.ts')
    if (this.#table !== null) return this.#table
    this.#table = openSubscriptionTable(this.#options.path)
    for (const it of this.#table.all()) this.#remember(it)
    return this.#table
  }

  async #openToWrite(): Promise<SubscriptionTable> {
    try {
      return await this.open()
    } catch (cause) {
      throw new GatewayError('apis.subscriptions_not_kept', {}, { cause })
    }
  }

  #put(table: SubscriptionTable, it: Subscription, word: SubscriptionWord): Subscription {
    try {
      table.put(it, word)
    } catch (cause) {
      throw new GatewayError('apis.subscriptions_not_kept', {}, { cause })
    }
    this.#remember(it)
    return it
  }

  #remember(it: Subscription): void {
    const ofApi = this.#known.get(it.api)
    if (ofApi === undefined) this.#known.set(it.api, new Map([[it.tenant, it]]))
    else ofApi.set(it.tenant, it)
  }

  #now(): number {
    return Math.round(this.#options.clock.now())
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
