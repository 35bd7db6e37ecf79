/**
 * A data server over hand-made snapshots, for tests: real sockets and real pools, a reloader that is one
 * variable, and telemetry that remembers.
 */
import {
  type Attributes,
  type Clock,
  type Pin,
  ReloadError,
  type Snapshot,
  type Span,
  type SpanContext,
  type SpanOptions,
  systemClock,
  type Telemetry,
  type UnitSource,
} from '@changeover/reload'
import type { SubscriptionBook } from '../contract/apis.ts'
import type { CallCopy, CallRecord, Feedback } from '../contract/call.ts'
import type { CompiledGateway, CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { Provider } from '../contract/provider.ts'
import { PLAIN_PLAN } from '../contract/routing.ts'
import type { Upstream } from '../contract/upstream.ts'
import type { Parts } from '../pipeline/tools.ts'
import { providers } from '../providers/list.ts'
import { createBreaker } from '../routing/breaker.ts'
import { isThereFor } from '../routing/may-call.ts'
import { createTargetLive } from '../routing/target-live.ts'
import { createDataServer, type DataServer, type DataServerLimits } from './data-server.ts'

export interface RecordedSpan {
  readonly name: string
  readonly options: SpanOptions
  readonly context: SpanContext
  readonly attributes: Record<string, unknown>
  readonly links: SpanContext[]
  failed: string
  ends: number
}

export class RecordingTelemetry implements Telemetry {
  readonly spans: RecordedSpan[] = []
  readonly logged: string[] = []
  sampled = true
  #ids = 0

  readonly tracer = { start: (name: string, options: SpanOptions = {}): Span => this.#start(name, options) }
  readonly meter = { add: () => {}, record: () => {}, observe: () => () => {} }
  readonly logger = {
    enabled: () => true,
    log: (record: { readonly message: string }) => void this.logged.push(record.message),
  }

  #start(name: string, options: SpanOptions): Span {
    this.#ids += 1
    const spanId = this.#ids.toString(16).padStart(16, '0')
    const traceId = options.parent?.traceId ?? this.#ids.toString(16).padStart(32, '0')
    const context = { traceId, spanId, sampled: this.sampled }
    const attributes: Record<string, unknown> = { ...options.attributes }
    const links = [...(options.links ?? [])]
    const span: RecordedSpan = { name, options, context, attributes, links, failed: '', ends: 0 }
    this.spans.push(span)
    return {
      context,
      set: (more: Attributes) => void Object.assign(attributes, more),
      event: () => {},
      link: (to) => void links.push(to),
      fail: (code) => {
        span.failed = code
      },
      end: () => {
        span.ends += 1
      },
    }
  }
}

export interface TargetInput {
  readonly kind?: string
  readonly upstream: Upstream
  readonly upstreamModel?: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly more?: Partial<CompiledTarget>
}

export function testTarget(name: string, it: TargetInput): CompiledTarget {
  const provider = providers[it.kind ?? 'openai']
  if (provider === undefined) throw new Error(`no provider of kind "${it.kind}"`)
  const headers = provider.headers('sk-test')
  return {
    name: `fake/${name}`,
    model: name,
    facts: null,
    upstreamModel: it.upstreamModel ?? `${name}-upstream`,
    providerName: 'fake',
    provider,
    upstream: it.upstream,
    breaker: createBreaker(),
    basePath: '/v1',
    paths: testPaths(provider, it.upstreamModel ?? `${name}-upstream`),
    headers: () => headers,
    sign: null,
    parameters: it.parameters ?? null,
    region: null,
    promptCache: 'off',
    sensitive: false,
    live: createTargetLive(),
    gate: null,
    credentials: null,
    ...it.more,
  }
}

function testPaths(provider: Provider, model: string): CompiledTarget['paths'] {
  return Object.fromEntries(
    Object.entries(provider.paths).flatMap(([operation, path]) => {
      const of = (stream: boolean) => (typeof path === 'string' ? path : path(model, stream))
      const [whole, stream] = [of(false), of(true)]
      return whole === null || stream === null
        ? []
        : [[operation, { whole: `/v1${whole}`, stream: `/v1${stream}` }]]
    }),
  )
}

export function testRoute(
  name: string,
  targets: readonly CompiledTarget[],
  more: Partial<CompiledRoute> = {},
): CompiledRoute {
  return {
    name,
    targets: targets.map((target, i) => ({ target, until: i + 1 })),
    totalWeight: targets.length,
    fallback: [],
    context: null,
    attempts: 1,
    retryBaseMs: 1,
    retryMaxMs: 50,
    connectMs: 2000,
    firstTokenMs: 5000,
    idleMs: 5000,
    totalMs: 20_000,
    unsupported: 'warn',
    rule: `${name}: ${targets.map((it) => it.model).join(', ')}`,
    choice: targets.map((it) => it.model).join(', '),
    plan: PLAIN_PLAN,
    cache: null,
    ...more,
  }
}

export interface TestGatewayOptions {
  readonly routes: readonly CompiledRoute[]
  readonly passThrough?: readonly CompiledRoute[]
  readonly apis?: CompiledGateway['apis']
  readonly guards?: CompiledGateway['guards']
  readonly subscriptions?: SubscriptionBook
  readonly identity?: CompiledGateway['identity']
  readonly limits?: Partial<DataServerLimits>
  readonly clock?: Clock
  /** Default 0. */
  readonly shadowCopies?: number
}

export class TestGateway {
  readonly telemetry = new RecordingTelemetry()
  readonly heard: Feedback[] = []
  readonly copies: CallCopy[] = []
  find = (id: string): Promise<CallRecord | null> =>
    Promise.resolve(this.records.find((it) => it.id === id) ?? null)
  /** What a rollout makes of a pin; none goes on at first. */
  place: ((by: UnitSource) => Partial<Pin<Parts>>) | null = null
  /** What is on trial as a shadow; nothing at first. */
  shadow: Partial<Pin<Parts>> | null = null
  readonly records: CallRecord[] = []
  readonly pins = new Set<Pin<Parts>>()
  /** Pins taken so far. */
  taken = 0
  /** No version is in force. */
  notReady = false
  /** What is in force may be behind its source. */
  isStale = false
  snapshot: Snapshot<Parts>
  readonly server: DataServer
  origin = ''
  readonly #upstreams = new Set<Upstream>()

  constructor(options: TestGatewayOptions) {
    this.snapshot = testSnapshot('1.1', options)
    for (const route of options.routes) {
      for (const { target } of route.targets) this.#upstreams.add(target.upstream)
      for (const target of route.fallback) this.#upstreams.add(target.upstream)
    }
    this.server = createDataServer({
      reloader: {
        isStale: () => this.isStale,
        acquire: (by) => this.#acquire(by),
        current: () => this.snapshot,
        shadow: () => (this.shadow === null ? null : this.#pin(this.shadow)),
      },
      calls: {
        finish: (record) => void this.records.push(record),
        hear: (it) => void this.heard.push(it),
        find: (id) => this.find(id),
        copied: (it) => void this.copies.push(it),
      },
      telemetry: this.telemetry,
      ...(options.subscriptions === undefined ? {} : { subscriptions: options.subscriptions }),
      clock: options.clock ?? systemClock,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    })
  }

  static async start(options: TestGatewayOptions): Promise<TestGateway> {
    const gateway = new TestGateway(options)
    const { port } = await gateway.server.listen({ host: '127.0.0.1', port: 0 })
    gateway.origin = `http://127.0.0.1:${port}`
    return gateway
  }

  swap(version: string, options: TestGatewayOptions): void {
    this.snapshot = testSnapshot(version, options)
  }

  async close(): Promise<void> {
    await this.server.close({ drainMs: 0 })
    await Promise.all([...this.#upstreams].map((it) => it.close()))
  }

  #acquire(by: UnitSource | undefined): Pin<Parts> {
    if (this.notReady) throw new ReloadError('reload.not_ready', { scope: 'test' })
    this.taken += 1
    return this.#pin(by === undefined ? {} : (this.place?.(by) ?? {}))
  }

  #pin(more: Partial<Pin<Parts>>): Pin<Parts> {
    const pin: Pin<Parts> = {
      snapshot: this.snapshot,
      role: 'current',
      cohort: null,
      rollout: null,
      unit: null,
      arm: null,
      onCut: null,
      release: () => void this.pins.delete(pin),
      ...more,
    }
    this.pins.add(pin)
    return pin
  }
}

function testSnapshot(
  version: string,
  { routes, passThrough = [], identity, apis, guards = null, shadowCopies = 0 }: TestGatewayOptions,
): Snapshot<Parts> {
  const gateway: CompiledGateway = {
    routes: new Map(routes.map((route) => [route.name, route])),
    identity: identity ?? {
      open: true,
      find: () => ({ tenant: '', key: '', allow: null, allowance: null }),
    },
    guards,
    revokedWithin: 'finish',
    caches: new Map(),
    apis: apis ?? { find: () => null, versions: () => [], names: () => [] },
    hidesRoutes: routes.some((it) => !isThereFor(null, it)),
    passThrough: new Map(passThrough.map((route) => [route.name, route])),
    modelList: JSON.stringify({
      object: 'list',
      data: routes.map(({ name }) => ({ id: name, object: 'model', created: 0, owned_by: 'changeover' })),
    }),
    versionHeaders: ['x-changeover-version', version],
    recordCalls: true,
    shadowCopies,
    keepComments: true,
    askedNames: { headers: [], metadata: [] },
  }
  return {
    version,
    digest: `sha256:${version}`,
    settings: {},
    parts: { gateway },
    swap: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    since: 1,
    author: 'test',
    reason: '',
    serveTtlMs: null,
  }
}
