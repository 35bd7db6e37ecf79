/**
 * Four gateways that share one budget, and callers who take all they get: whole answers, streams, streams that are
 * left in the middle, and calls that fail at the provider, in turn.
 */
import { Gateway } from '../../journeys/rig/gateway.ts'
import { type Tree, toYaml } from '../../journeys/rig/settings-text.ts'
import { hashOfKey } from '../../journeys/rig/tenants.ts'
import { pause, until } from '../../journeys/rig/until.ts'
import { chatBody, OpenStream } from './client.ts'
import { type CountedProvider, startCountedProvider } from './counted-provider.ts'

const GATEWAYS = 4
const KEY = 'key-of-all-callers'
const headers = { authorization: `Bearer ${KEY}` }

export interface BudgetOptions {
  /** The entry of `counters.store`. */
  readonly store: Tree
  readonly most: number
  readonly counters?: Tree
}

const settings = (origin: string): string =>
  toYaml({
    budgets: { all: { calls: 1, period: 'total' } },
    tenants: { acme: { budgets: ['all'], keys: { app: { hash: hashOfKey(KEY) } } } },
    providers: { own: { kind: 'openai-compatible', baseUrl: `${origin}/v1` } },
    models: {
      well: { provider: 'own', breaker: { failures: 16 } },
      ill: { provider: 'own', breaker: { failures: 16, openMs: 1, maxOpenMs: 1 } },
    },
    routes: {
      chat: { targets: [{ model: 'well' }], retries: { attempts: 1 } },
      broken: { targets: [{ model: 'ill' }], retries: { attempts: 1 } },
    },
  })

export class CountedFleet {
  readonly provider: CountedProvider
  /** Versions that calls were answered under. */
  readonly versions = new Set<string>()
  /** Calls that were refused because the budget is spent, and because the server was away. */
  refused = { spent: 0, unreachable: 0 }
  readonly #all: readonly Gateway[]
  readonly #killed = new Set<Gateway>()
  readonly #others = new Map<string, number>()

  private constructor(provider: CountedProvider, gateways: readonly Gateway[]) {
    this.provider = provider
    this.#all = gateways
  }

  static async start(): Promise<CountedFleet> {
    const provider = await startCountedProvider()
    const gateways: Gateway[] = []
    // One after the other: the first leaves its compiled code for the others.
    for (let i = 0; i < GATEWAYS; i += 1) {
      gateways.push(await Gateway.start({ settings: settings(provider.origin) }))
    }
    return new CountedFleet(provider, gateways)
  }

  get gateways(): readonly Gateway[] {
    return this.#all.filter((it) => !this.#killed.has(it))
  }

  /** Gives every gateway a budget that nothing was taken from, counted where `store` says. */
  async begin({ store, most, counters = {} }: BudgetOptions): Promise<void> {
    for (const it of this.#killed) await it.again()
    this.#killed.clear()
    const empty = { store: { redis: null, postgres: null }, mode: null, portion: null, timeoutMs: null }
    const change = {
      counters: { ...empty, ...counters, store: { ...empty.store, ...store } },
      budgets: { all: { calls: most } },
    }
    const statuses = await Promise.all(this.gateways.map(async (it) => (await it.patch(change)).status))
    if (statuses.some((it) => it !== 200)) throw new Error(`the fleet took no budget: ${statuses.join(' ')}`)
    await Promise.all(this.gateways.map((it) => it.idle()))
    this.provider.reset()
    this.refused = { spent: 0, unreachable: 0 }
    this.versions.clear()
    this.#others.clear()
  }

  /** Answers that nobody expected, by status and text. */
  get others(): readonly [string, number][] {
    return [...this.#others]
  }

  /** So many callers at once, each until it is told that the budget is spent, or its gateway is gone. */
  async callUntilSpent(callers: number): Promise<void> {
    await Promise.all(Array.from({ length: callers }, (_, i) => this.#caller(i)))
  }

  /** Settings are changed in every gateway once a second until `done`. The answer is how often that was. */
  async reloadUntil(done: Promise<unknown>): Promise<number> {
    const over = done.then(
      () => true,
      () => true,
    )
    for (let reloads = 1; ; reloads += 1) {
      const change = { routes: { chat: { timeouts: { totalMs: 60_000 + reloads } } } }
      await Promise.all(this.gateways.map(async (it) => await (await it.patch(change)).text()))
      if (await Promise.race([over, pause(1000).then(() => false)])) return reloads
    }
  }

  /** What each gateway says of the server of counts. */
  async health(): Promise<
    readonly { readonly state: string; readonly held: number; readonly untold: number }[]
  > {
    const statuses = await Promise.all(this.gateways.map((it) => it.admin.ask('readStatus')))
    return statuses.map(({ counters }) => counters ?? { state: 'none', held: 0, untold: 0 })
  }

  /** Resolves when every gateway has told all and holds nothing. */
  async settled(): Promise<void> {
    const isSettled = async () =>
      (await this.health()).every((it) => it.state === 'up' && it.held === 0 && it.untold === 0)
    await until(isSettled, { what: 'gateways that hold nothing of the budget', timeoutMs: 30_000 })
  }

  /** As abruptly as it takes. It is there again when the next budget begins. */
  async killOne(): Promise<void> {
    const [gateway] = this.gateways
    if (gateway === undefined) return
    this.#killed.add(gateway)
    await gateway.process.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((it) => it[Symbol.asyncDispose]()))
    await this.provider.close()
  }

  async #caller(i: number): Promise<void> {
    for (let call = 0; ; call += 1) {
      const gateway = this.gateways[i % this.gateways.length]
      if (gateway === undefined) return
      const kind = (i + call) % 4
      // Whose gateway is killed meanwhile goes to another one.
      const said = await this.#ask(gateway, kind).catch(() => ({ status: 0, text: '' }))
      if (said.text.includes('policy.budget_spent')) {
        this.refused.spent += 1
        return
      }
      if (said.text.includes('counters.unreachable')) {
        this.refused.unreachable += 1
        await pause(20)
      } else if (said.text.includes('upstream.open_breakers')) {
        // Nobody was asked: what was held for it is somebody else's.
        await pause(20)
      } else if (said.status !== (kind === 3 ? 502 : 200) && said.status !== 0) {
        this.#note(said)
        return
      }
    }
  }

  /** 0 a whole answer, 1 a stream, 2 a stream that is left after its first chunk, 3 one that fails. */
  async #ask(gateway: Gateway, kind: number): Promise<{ readonly status: number; readonly text: string }> {
    if (kind === 1 || kind === 2) {
      const stream = await OpenStream.open(gateway, { headers })
      if (stream.status !== 200) {
        await stream.ended()
        return { status: stream.status, text: stream.text }
      }
      this.versions.add(stream.version)
      if (kind === 1) await stream.ended()
      else {
        await stream.chunks(1)
        stream.leave()
      }
      return { status: 200, text: '' }
    }
    const response = await gateway.chat(chatBody({ model: kind === 3 ? 'broken' : 'chat' }), headers)
    this.versions.add(response.headers.get('x-changeover-version') ?? '')
    return { status: response.status, text: await response.text() }
  }

  #note({ status, text }: { readonly status: number; readonly text: string }): void {
    const said = `${status} ${text.slice(0, 300)}`
    this.#others.set(said, (this.#others.get(said) ?? 0) + 1)
  }
}
