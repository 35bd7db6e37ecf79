/**
 * Load by tenant: each asks in its turn, at a steady rate over all of them, and what came of each request is kept.
 *
 * A machine that has much to do lowers the rate, never the number of those who ask: so many requests are under way at
 * most. Nobody asks again before the answer is there, so the order of a tenant's requests is that in which they were
 * served. Nothing is tried again; a request that fails is a failure.
 */
import { Agent } from 'undici'
import { ABOUT_MONEY } from './moody-provider.ts'
import type { Tenant } from './tenants.ts'
import { until } from './until.ts'

export interface Answered {
  readonly tenant: string
  /** By turn, over all tenants. */
  readonly order: number
  readonly status: number
  readonly version: string
  readonly call: string
  /** Of the provider's answer. */
  readonly model: string
  readonly isRefused: boolean
  /** Of an error: its code. */
  readonly error: string
}

export interface TenantLoadOptions {
  /** Ends without `/v1`. */
  readonly url: string
  readonly tenants: readonly Tenant[]
  readonly model: string
  readonly perSecond: number
}

const MOST_UNDER_WAY = 150
const QUESTIONS = [ABOUT_MONEY, 'When does the late show begin?', 'Who plays the lead?']

export class TenantLoad {
  readonly #options: TenantLoadOptions
  readonly #agent = new Agent({ connections: MOST_UNDER_WAY, bodyTimeout: 0 })
  /** Tenants who wait for an answer. */
  readonly #waiting = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #seen: Answered[] = []
  #begun = 0
  #due = 0

  constructor(options: TenantLoadOptions) {
    this.#options = options
    let last = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      // What could not be begun in time is not made up for: a steady load, not a burst.
      this.#due = Math.min(this.#due + ((now - last) * options.perSecond) / 1000, options.perSecond / 10)
      last = now
      for (; this.#due >= 1 && this.#waiting.size < MOST_UNDER_WAY; this.#due -= 1) this.#begin()
    }, 5)
  }

  /** Since the last time that the notes were taken. */
  get seen(): readonly Answered[] {
    return this.#seen
  }

  /** Begins the notes anew; requests that are under way come into the new ones. */
  take(): readonly Answered[] {
    const seen = this.#seen
    this.#seen = []
    return seen
  }

  /** Number of the next request: those from here on began after this moment. */
  get next(): number {
    return this.#begun
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await until(() => this.#waiting.size === 0, { what: 'the last answer of a load' })
    await this.#agent.close()
  }

  #begin(): void {
    const order = this.#begun
    this.#begun += 1
    const { tenants } = this.#options
    const tenant = tenants[order % tenants.length]
    if (tenant === undefined || this.#waiting.has(tenant.name)) return
    this.#waiting.add(tenant.name)
    void this.#note(tenant, order)
  }

  async #note(tenant: Tenant, order: number): Promise<void> {
    const answered = await this.#ask(tenant, order)
    this.#seen.push(answered)
    this.#waiting.delete(tenant.name)
  }

  async #ask({ name, key }: Tenant, order: number): Promise<Answered> {
    const { url, model } = this.#options
    // Tenants are no multiple of the questions, so that each asks them all.
    const content = QUESTIONS[order % QUESTIONS.length]
    const blank = { tenant: name, order, version: '', call: '', model: '', isRefused: false }
    try {
      const {
        statusCode,
        headers,
        body: bytes,
      } = await this.#agent.request({
        origin: url,
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
      })
      const body = (await bytes.json()) as Body
      const message = body.choices?.[0]?.message
      return {
        ...blank,
        status: statusCode,
        version: String(headers['x-changeover-version'] ?? ''),
        call: String(headers['x-changeover-call'] ?? ''),
        model: body.model ?? '',
        isRefused: typeof message?.refusal === 'string',
        error: body.error?.code ?? '',
      }
    } catch (error) {
      return { ...blank, status: 0, error: String(error) }
    }
  }
}

interface Body {
  readonly model?: string
  readonly choices?: readonly { readonly message: { readonly refusal?: string | null } }[]
  readonly error?: { readonly code?: string }
}
