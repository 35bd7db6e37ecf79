/**
 * Where settings are changed under load: one gateway, three providers, and for each change a route and three models of
 * its own, so that no change sees the traces of another.
 */
import { FakeIssuer, type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { OpenStream } from '../../../faults/rig/client.ts'
import { Gateway } from '../gateway.ts'
import { type Tree, toYaml } from '../settings-text.ts'
import { pause, until } from '../until.ts'
import {
  merge,
  type OwnSettings,
  ownKey,
  ownProvider,
  ownTenant,
  PROVIDERS,
  placed,
  settingsOf,
} from './own-settings.ts'
import { startToldProvider, type Told, type ToldProvider } from './told-provider.ts'

/** One setting, changed while requests run; what is seen of it before and after. */
export interface SettingChange {
  /** As in docs/reference/settings.md. */
  readonly setting: string
  /** One sentence for people: what requests notice. */
  readonly effect: string
  /** The route `a` … `c` stand for the change's own models. */
  readonly from: OwnSettings
  /** Merged into what was there. */
  readonly to: OwnSettings
  readonly see: (seen: Seen) => Promise<unknown>
  readonly was: unknown
  readonly becomes: unknown
  /** A stream runs on this route meanwhile, unless the settings would end it or it would take a place that counts. */
  readonly streams?: false
  /** The gateway is at rest after it, unless the setting is about just that. */
  readonly settles?: false
}

export interface Saw {
  readonly status: number
  /** `a`, `b` or `c`; empty when none. */
  readonly by: string
  readonly code: string
  readonly told: Told | null
  readonly call: string
  readonly headers: Headers
  /** The whole answer. */
  readonly text: string
}

/** A gateway of its own, and what is changed in it. */
export interface SettingWorld {
  readonly name: string
  readonly changes: readonly SettingChange[]
  /** There are tenants, one for each change, whose key its requests carry. */
  readonly asksForKeys?: true
  /** There are two identity providers, `issuer1` and `issuer2`. */
  readonly hasIssuers?: true
  /** Its settings are there once for the whole gateway: each change begins with making them as it wants them. */
  readonly isShared?: true
}

export class World {
  readonly gateway: Gateway
  readonly collectors: readonly OtlpCollector[]
  readonly issuers: readonly FakeIssuer[]
  readonly #plan: SettingWorld
  readonly #providers: readonly ToldProvider[]
  readonly #addresses: ReadonlyMap<string, string>

  private constructor(plan: SettingWorld, parts: Parts, gateway: Gateway) {
    this.#plan = plan
    this.gateway = gateway
    this.collectors = parts.collectors
    this.issuers = parts.issuers
    this.#providers = parts.providers
    this.#addresses = parts.addresses
  }

  static async start(plan: SettingWorld): Promise<World> {
    const providers = await Promise.all(PROVIDERS.map((it) => startToldProvider(it)))
    const collectors = await Promise.all(plan.isShared === true ? [1, 2].map(startOtlpCollector) : [])
    const issuers = await Promise.all(plan.hasIssuers === true ? [1, 2].map(() => FakeIssuer.start()) : [])
    const addresses = new Map([
      ...providers.map((it) => [it.name, it.origin] as const),
      ...collectors.map((it, i) => [`collector${i + 1}`, it.url] as const),
      ...issuers.map((it, i) => [`issuer${i + 1}`, it.url] as const),
    ])
    const env = {
      KEY_ONE: 'first',
      KEY_TWO: 'second',
      KEY_THREE: 'third',
      TOKEN_ONE: 'co_token-of-one-0123456789',
      TOKEN_TWO: 'co_token-of-two-0123456789',
    }
    const settings = toYaml(placed(firstSettings(plan), addresses))
    const gateway = await Gateway.start({ settings, env })
    return new World(plan, { providers, collectors, issuers, addresses }, gateway)
  }

  /** Makes settings that are there once as the change wants to find them. */
  async prepare(change: SettingChange, index: number): Promise<void> {
    if (this.#plan.isShared === true) await this.#apply(change.from, { change, index })
  }

  /** What each request of a change carries. */
  headers(index: number): Readonly<Record<string, string>> {
    return this.#plan.asksForKeys === true ? { authorization: `Bearer ${ownKey(index)}` } : {}
  }

  /** Changes the settings and comes back when they are in force. */
  async apply(change: SettingChange, index: number): Promise<string> {
    await this.#apply(change.to, { change, index })
    return await this.gateway.version()
  }

  /** A stream that goes on until it is closed. */
  async hold(index: number): Promise<OpenStream> {
    const content = PROVIDERS.map((it) => `${it}=forever`).join(' ')
    const headers = this.headers(index)
    const stream = await OpenStream.open(this.gateway, { model: `r${index}`, content, headers })
    await stream.chunks(3)
    return stream
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]()
    await Promise.all([...this.#providers, ...this.collectors, ...this.issuers].map((it) => it.close()))
  }

  async #apply(settings: OwnSettings, { change, index }: Which): Promise<void> {
    const response = await this.gateway.patch(placed(settingsOf(settings, index, false), this.#addresses))
    const text = await response.text()
    if (!response.ok) throw new Error(`${change.setting}: ${response.status} ${text}`)
    if (change.settles !== false) await this.gateway.idle()
  }
}

interface Parts {
  readonly providers: readonly ToldProvider[]
  readonly collectors: readonly OtlpCollector[]
  readonly issuers: readonly FakeIssuer[]
  readonly addresses: ReadonlyMap<string, string>
}

interface Which {
  readonly change: SettingChange
  readonly index: number
}

/** With `at:name` in the place of addresses. */
function firstSettings({ changes, asksForKeys, isShared }: SettingWorld): Tree {
  const kind = 'openai-compatible'
  const providers: Record<string, Tree> = {
    // The first one again, with room for one request at a time.
    narrow: { kind, baseUrl: 'at:one/v1', connections: 1 },
    keyed: { kind, baseUrl: 'at:one/v1', credentials: ['${env:KEY_ONE}', '${env:KEY_TWO}'] },
    foreign: { kind: 'anthropic', baseUrl: 'at:one/v1' },
  }
  for (const name of PROVIDERS) providers[name] = { kind, baseUrl: `at:${name}/v1` }
  changes.forEach(({ from }, i) => {
    if (from.provider === undefined) return
    providers[ownProvider(i)] = from.provider['kind'] === 'simulated' ? {} : { kind, baseUrl: 'at:one/v1' }
  })
  const own = changes.map(({ from }, i) =>
    merge(asksForKeys === true ? ownTenant(i) : {}, settingsOf(isShared === true ? {} : from, i, true)),
  )
  return [{ providers, rollout: { observe: { bakeMs: 0 } } }, ...own].reduce<Tree>(merge, {})
}

/** What one change may look at. */
export class Seen {
  readonly world: World
  readonly index: number
  /** Whether the change is in force. */
  isChanged = false
  #words = 0

  constructor(world: World, index: number) {
    this.world = world
    this.index = index
  }

  /** One request, whole; `orders` as told-provider reads them. */
  async ask(
    orders = '',
    more: { headers?: Readonly<Record<string, string>>; model?: string; body?: object } = {},
  ): Promise<Saw> {
    const messages = [{ role: 'user', content: orders === '' ? 'hello' : orders }]
    const body = { model: more.model ?? `r${this.index}`, messages, ...more.body }
    const response = await this.world.gateway.chat(body, { ...this.headers, ...more.headers })
    return sawOf(response.status, response.headers, await response.text())
  }

  get headers(): Readonly<Record<string, string>> {
    return this.world.headers(this.index)
  }

  /** The status of one request whose answer may hold anything; `null` when there is none soon. */
  async answered(): Promise<number | null> {
    const leave = new AbortController()
    const status: { is: number | null } = { is: null }
    const asked = fetch(`${this.world.gateway.dataUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.headers },
      body: JSON.stringify({ model: `r${this.index}`, messages: [{ role: 'user', content: 'hello' }] }),
      signal: leave.signal,
    }).then(async (response) => {
      await response.arrayBuffer()
      status.is = response.status
    })
    asked.catch(() => undefined)
    const found = await this.soon(() => status.is)
    leave.abort()
    return found
  }

  /** What is to be found. Before the change, where nothing is, it is not looked for long. */
  async soon<T>(find: () => T | null | Promise<T | null>): Promise<T | null> {
    const endMs = performance.now() + (this.isChanged ? 20_000 : 300)
    for (;;) {
      const found = await find()
      if (found !== null || performance.now() > endMs) return found
      await pause(20)
    }
  }

  /** One request in another format; what the provider was told of it, wherever the answer holds that. */
  async post(path: string, more: object): Promise<Told | null> {
    const response = await fetch(`${this.world.gateway.dataUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: `r${this.index}`, ...more }),
    })
    const [told] = textsIn(await response.json()).filter((it) => it.startsWith('{"provider"'))
    return told === undefined ? null : (JSON.parse(told) as Told)
  }

  /** Which of the own models answered each of so many requests, each once, sorted. */
  async answerers(
    times: number,
    orders = '',
    more: { headers?: Readonly<Record<string, string>> } = {},
  ): Promise<readonly string[]> {
    const found = new Set<string>()
    for (let i = 0; i < times; i += 1) found.add((await this.ask(orders, more)).by)
    return [...found].sort()
  }

  /** The text of a stream, read to its end. */
  async stream(orders: string): Promise<string> {
    const stream = await OpenStream.open(this.world.gateway, { model: `r${this.index}`, content: orders })
    await stream.ended()
    return stream.text
  }

  /** Statuses of requests that begin at the same time, sorted. */
  async together(count: number, orders: string): Promise<readonly number[]> {
    const answers = await Promise.all(Array.from({ length: count }, () => this.ask(orders)))
    return answers.map((it) => it.status).sort((a, b) => a - b)
  }

  /** A word that no request has held before. */
  word(): string {
    this.#words += 1
    return `w${this.index}-${this.#words}`
  }

  waited(ms: number): Promise<void> {
    return pause(ms)
  }

  /** Sections of the settings in force, by name and entry. */
  async settings(): Promise<Sections> {
    return (await this.world.gateway.admin.ask('readSettings')).settings as Sections
  }

  /** The record of a call, when it is written. */
  async record(saw: Pick<Saw, 'call'>) {
    const find = async () => {
      const { calls } = await this.world.gateway.admin.ask('listCalls', { query: { limit: 20 } })
      return calls.find((it) => it.id === saw.call) ?? null
    }
    return await until(find, { what: `the record of ${saw.call}` })
  }
}

type Sections = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function sawOf(status: number, headers: Headers, text: string): Saw {
  const target = headers.get('x-changeover-target') ?? ''
  const body = JSON.parse(text) as { error?: { code?: string }; choices?: { message: { content: string } }[] }
  const content: unknown = body.choices?.[0]?.message.content
  const told = typeof content === 'string' ? (JSON.parse(content) as Told) : null
  return {
    status,
    by: told === null ? '' : (target.split('/')[1]?.replace(/\d+$/, '') ?? ''),
    code: body.error?.code ?? '',
    told,
    call: headers.get('x-changeover-call') ?? '',
    headers,
    text,
  }
}
