/**
 * Where settings are changed under load: one gateway, three providers, and for each change a route and three models of
 * its own, so that no change sees the traces of another.
 */
import { OpenStream } from '../../../faults/rig/client.ts'
import { Gateway } from '../gateway.ts'
import { type Tree, toYaml } from '../settings-text.ts'
import { pause, until } from '../until.ts'
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
}

export interface OwnSettings {
  readonly route?: Tree
  readonly a?: Tree
  readonly b?: Tree
  readonly c?: Tree
  /** A provider of the change's own, at the address of the first one, which then serves `a`. */
  readonly provider?: Tree
  /** Further sections, as they are. */
  readonly more?: Tree
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

const OWN = ['a', 'b', 'c'] as const
const PROVIDERS = ['one', 'two', 'three'] as const

export class World {
  readonly gateway: Gateway
  readonly providers: readonly ToldProvider[]

  private constructor(gateway: Gateway, providers: readonly ToldProvider[]) {
    this.gateway = gateway
    this.providers = providers
  }

  static async start(changes: readonly SettingChange[]): Promise<World> {
    const providers = await Promise.all(PROVIDERS.map((it) => startToldProvider(it)))
    const kind = 'openai-compatible'
    const entries = providers.map((it): [string, Tree] => [it.name, { kind, baseUrl: `${it.origin}/v1` }])
    // The first one again, with room for one request at a time.
    entries.push(['narrow', { kind, baseUrl: `${providers[0]?.origin}/v1`, connections: 1 }])
    const credentials = ['${env:KEY_ONE}', '${env:KEY_TWO}']
    entries.push(['keyed', { kind, baseUrl: `${providers[0]?.origin}/v1`, credentials }])
    entries.push(['foreign', { kind: 'anthropic', baseUrl: `${providers[0]?.origin}/v1` }])
    changes.forEach(({ from }, i) => {
      if (from.provider === undefined) return
      entries.push([ownProvider(i), { kind, baseUrl: `${providers[0]?.origin}/v1` }])
    })
    const first = changes.map((change, i) => settingsOf(change.from, i, true))
    const tree = [
      { providers: Object.fromEntries(entries), rollout: { observe: { bakeMs: 0 } } },
      ...first,
    ].reduce<Tree>(merge, {})
    const env = { KEY_ONE: 'first', KEY_TWO: 'second', KEY_THREE: 'third' }
    return new World(await Gateway.start({ settings: toYaml(tree), env }), providers)
  }

  /** Changes the settings and comes back when they are in force. */
  async apply(change: SettingChange, index: number): Promise<string> {
    const response = await this.gateway.patch(settingsOf(change.to, index, false))
    const text = await response.text()
    if (!response.ok) throw new Error(`${change.setting}: ${response.status} ${text}`)
    await this.gateway.idle()
    return await this.gateway.version()
  }

  /** A stream that goes on until it is closed. */
  async hold(index: number): Promise<OpenStream> {
    const content = PROVIDERS.map((it) => `${it}=forever`).join(' ')
    const stream = await OpenStream.open(this.gateway, { model: `r${index}`, content })
    await stream.chunks(3)
    return stream
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]()
    await Promise.all(this.providers.map((it) => it.close()))
  }
}

/** What one change may look at. */
export class Seen {
  readonly world: World
  readonly index: number
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
    const response = await this.world.gateway.chat(body, more.headers)
    return sawOf(response.status, response.headers, await response.text())
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

  /** The record of a call, when it is written. */
  async record(saw: Saw) {
    const find = async () => {
      const { calls } = await this.world.gateway.admin.ask('listCalls', { query: { limit: 20 } })
      return calls.find((it) => it.id === saw.call) ?? null
    }
    return await until(find, { what: `the record of ${saw.call}` })
  }
}

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

const USUAL = { targets: [{ model: 'a' }], retries: { attempts: 1, baseMs: 1, maxMs: 5 } }

/** With the change's own names; the first time with everything that a route and its models need. */
function settingsOf(it: OwnSettings, index: number, isFirst: boolean): Tree {
  const route = isFirst ? merge(USUAL, it.route ?? {}) : (it.route ?? {})
  const models = OWN.map((name, i) => {
    const provider = i === 0 && it.provider !== undefined ? ownProvider(index) : (PROVIDERS[i] ?? '')
    const usual: Tree = isFirst ? { provider, model: `m${index}${name}` } : {}
    return [`${name}${index}`, rename(merge(usual, it[name] ?? {}), index) as Tree] as const
  }).filter(([, own]) => Object.keys(own).length > 0)
  const own: Tree = {
    ...(models.length === 0 ? {} : { models: Object.fromEntries(models) }),
    ...(Object.keys(route).length === 0 ? {} : { routes: { [`r${index}`]: rename(route, index) as Tree } }),
  }
  const providers = it.provider === undefined ? {} : { providers: { [ownProvider(index)]: it.provider } }
  return merge(merge(own, providers), it.more ?? {})
}

function ownProvider(index: number): string {
  return `p${index}`
}

type Value = Tree[string]

/** `a` becomes `a7` wherever it stands alone, and `r` the route. */
function rename(value: Value, index: number): Value {
  if (typeof value === 'string')
    return (OWN as readonly string[]).includes(value) ? `${value}${index}` : value
  if (Array.isArray(value)) return (value as readonly Value[]).map((it) => rename(it, index))
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value as Tree).map(([name, it]) => [name, rename(it, index)]))
}

function merge(one: Tree, other: Tree): Tree {
  const merged: Record<string, Value> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isTree(before) && isTree(value) ? merge(before, value) : value
  }
  return merged
}

function isTree(value: Value | undefined): value is Tree {
  return typeof value === 'object' && !Array.isArray(value)
}
