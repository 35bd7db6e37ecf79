/**
 * A reloader with books: two participants that say what they did, a clock that stands still, a store whose
 * writes are listed and can be made to fail, telemetry that remembers. For the tests of this room.
 */
import { ManualClock } from '@changeover/testkit'
import type { Origin } from '../contract/origin.ts'
import type { Participant, PrepareInput } from '../contract/participant.ts'
import { ENVELOPE_TYPE, type Json, type Manifest } from '../contract/payload.ts'
import type { Issue, Receipt } from '../contract/receipt.ts'
import type { Reloader, ReloaderLimits, ReloaderOptions } from '../contract/reloader.ts'
import type { RecordName, StateStore } from '../contract/store.ts'
import type { Attributes, LogRecord, Span, SpanContext, SpanOptions } from '../contract/telemetry.ts'
import { createReloader } from '../create-reloader.ts'
import { digestOf } from '../format/digest.ts'
import { encodeEnvelope, openEnvelope } from '../format/envelope.ts'
import { readManifest, writeManifest } from '../format/manifest.ts'
import { sealDraft } from '../format/seal.ts'
import { parseVersion } from '../format/version.ts'
import { memoryStore } from '../stores/memory.ts'

/** What a participant does with its settings, given as `fault` in them. */
export type Fault =
  | 'load'
  | 'validate'
  | 'validate-throws'
  | 'prepare'
  | 'prepare-hangs'
  | 'check'
  | 'check-hangs'
  | 'check-slow'
  | 'release'

export interface Pool {
  readonly key: string
  closed: number
}

export interface Part {
  readonly participant: string
  readonly version: string
  readonly mark: Json
  readonly pool: Pool
  released: number
  committed: number
  /** What an inspection finds to differ; an error is what it throws. */
  drift: string | Error | null
}

export interface Parts {
  readonly models: Part
  readonly routes: Part
}

/** Settings with a mark that tells them apart, and a fault for one participant. */
export interface Wish {
  readonly mark: number
  readonly models?: Fault
  readonly routes?: Fault
  readonly pool?: string
}

export function treeOf(wish: Wish): Record<string, Record<string, Json>> {
  const { mark, pool = 'a' } = wish
  const main = (fault?: Fault): Json => ({ mark, pool, ...(fault && { fault }) })
  return { models: { main: main(wish.models) }, routes: { main: main(wish.routes) } }
}

export const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** The manifest inside an envelope. */
export function readSealed(bytes: Uint8Array): { manifest: Manifest } {
  return { manifest: readManifest(openEnvelope(bytes, { maxBytes: bytes.byteLength }).manifestBytes) }
}

/** A store whose writes are listed in order. `refuse` decides which of them fail, `hold` which of them wait. */
export class ListedStore implements StateStore {
  readonly kind = 'listed'
  readonly writes: string[] = []
  refuse: (write: string) => boolean = () => false
  hold: (write: string) => Promise<void> | null = () => null
  isClosed = false
  private readonly inner: StateStore

  constructor(inner: StateStore = memoryStore()) {
    this.inner = inner
  }

  putBlob: StateStore['putBlob'] = (digest, bytes) =>
    this.write('blob', () => this.inner.putBlob(digest, bytes))
  readBlob: StateStore['readBlob'] = (digest) => this.inner.readBlob(digest)
  sweep: StateStore['sweep'] = (keep) => this.write('sweep', () => this.inner.sweep(keep))
  readRecord: StateStore['readRecord'] = (name) => this.inner.readRecord(name)
  writeRecord: StateStore['writeRecord'] = (name, record) =>
    this.write(name, () => this.inner.writeRecord(name, record))
  clearRecord = (name: RecordName): Promise<void> =>
    this.write(`no ${name}`, () => this.inner.clearRecord(name))
  appendAudit: StateStore['appendAudit'] = (line) =>
    this.write(`audit ${line.event.replace('config.reload.', '')}`, () => this.inner.appendAudit(line))
  readAudit: StateStore['readAudit'] = (options) => this.inner.readAudit(options)

  async close(): Promise<void> {
    this.isClosed = true
  }

  private async write(what: string, act: () => Promise<void>): Promise<void> {
    await this.hold(what)
    if (this.refuse(what)) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    this.writes.push(what)
    await act()
  }
}

export interface SeenSpan {
  readonly name: string
  readonly context: SpanContext
  readonly options: SpanOptions
  readonly attributes: Record<string, unknown>
  readonly events: string[]
  failed: string | null
  ended: number
}

export class SeenTelemetry {
  readonly spans: SeenSpan[] = []
  readonly logs: LogRecord[] = []
  readonly counts: { name: string; value: number; attributes: Attributes; exemplar?: SpanContext }[] = []
  readonly gauges = new Map<string, () => Iterable<{ value: number; attributes?: Attributes }>>()
  readonly tracer = { start: (name: string, options: SpanOptions = {}) => this.start(name, options) }
  readonly meter = {
    add: (name: string, value: number, attributes: Attributes = {}) =>
      void this.counts.push({ name, value, attributes }),
    record: (name: string, value: number, attributes: Attributes = {}, exemplar?: SpanContext) =>
      void this.counts.push({ name, value, attributes, ...(exemplar !== undefined && { exemplar }) }),
    observe: (name: string, read: () => Iterable<{ value: number; attributes?: Attributes }>) => {
      this.gauges.set(name, read)
      return () => void this.gauges.delete(name)
    },
  }
  readonly logger = { enabled: () => true, log: (record: LogRecord) => void this.logs.push(record) }

  named(name: string): SeenSpan[] {
    return this.spans.filter((it) => it.name === name)
  }

  private start(name: string, options: SpanOptions): Span {
    const spanId = (this.spans.length + 1).toString(16).padStart(16, '0')
    const traceId = options.parent?.traceId ?? spanId.padStart(32, '0')
    const context = { traceId, spanId, sampled: true }
    const attributes = { ...options.attributes }
    const seen: SeenSpan = { name, context, options, attributes, events: [], failed: null, ended: 0 }
    this.spans.push(seen)
    return {
      context,
      set: (more) => void Object.assign(attributes, more),
      event: (event) => void seen.events.push(event),
      fail: (code) => void (seen.failed = code),
      end: () => void (seen.ended += 1),
    }
  }
}

type ToyOptions = Partial<Omit<ReloaderOptions<Parts>, 'participants' | 'limits' | 'store' | 'telemetry'>> & {
  readonly limits?: Partial<ReloaderLimits>
  readonly store?: ListedStore
}

export const EPOCH_MS = Date.parse('2026-11-21T09:00:00Z')
export const byHand: Origin = { trigger: 'admin_api', source: 'test', actor: 'user:bo' }
export const byFile: Origin = { trigger: 'file', source: 'settings.json' }

export class Toy {
  readonly clock: ManualClock
  readonly store: ListedStore
  readonly telemetry: SeenTelemetry
  readonly reloader: Reloader<Parts>
  readonly parts: Part[] = []
  readonly pools: Pool[] = []
  /** What was let go, in order. */
  readonly freed: string[] = []
  /** Whether parts cannot be built, whatever the settings say. */
  refuseBuilds = false
  /** Told when a part is about to be built. */
  onBuild: (() => void) | null = null

  constructor(options: ToyOptions = {}) {
    this.clock = (options.clock as ManualClock | undefined) ?? new ManualClock(EPOCH_MS)
    this.store = options.store ?? new ListedStore()
    this.telemetry = new SeenTelemetry()
    this.reloader = createReloader<Parts>({
      scope: 'toy/one',
      instance: 'toy-1',
      ...options,
      clock: this.clock,
      store: this.store,
      telemetry: this.telemetry,
      limits: { bakeMs: 1_000, warmupMs: 500, driftEveryMs: 0, ...options.limits },
      participants: { models: this.participant('models'), routes: this.participant('routes') },
    })
  }

  /** Offers settings and lets everything happen that needs no time. */
  async change(wish: Wish, origin: Origin = byHand): Promise<Receipt> {
    return await this.answer(this.reloader.offer(bytesOf(treeOf(wish)), origin))
  }

  /** Offers a sealed payload; see `sealed`. */
  async seal(wish: Wish, over: Parameters<Toy['sealed']>[1] = {}, origin: Origin = byHand): Promise<Receipt> {
    const { bytes } = this.sealed(wish, over)
    return await this.answer(this.reloader.offer(bytes, { ...origin, mediaType: ENVELOPE_TYPE }))
  }

  /** A payload as a publisher would send it: the next version upon the one in force. */
  sealed(wish: Wish, over: Partial<Manifest> = {}): { bytes: Uint8Array; digest: string; version: string } {
    const { applied, floor } = this.reloader.status()
    const { manifest } = sealDraft(
      { settings: treeOf(wish) },
      {
        scope: 'toy/one',
        version: { epoch: 1_000_000, seq: 1 },
        previous: applied,
        previousResources: [],
        issuedAt: new Date(this.clock.now()).toISOString(),
        author: 'user:publisher',
        reason: '',
        idempotencyKey: null,
        trace: null,
      },
    )
    const next = parseVersion(floor?.version ?? '')
    const version = { epoch: next?.epoch ?? 1, seq: (next?.seq ?? 0) + 1 }
    const manifestBytes = writeManifest({ ...manifest, version, changedParameters: null, ...over })
    const { epoch, seq } = over.version ?? version
    return {
      bytes: encodeEnvelope(manifestBytes),
      digest: digestOf(manifestBytes),
      version: `${epoch}.${seq}`,
    }
  }

  /** The receipt, once everything that needs no time has happened; time itself does not move. */
  async answer(receipt: Promise<Receipt>): Promise<Receipt> {
    const answered: Receipt[] = []
    void receipt.then((it) => answered.push(it))
    for (let turn = 0; turn < 50 && answered.length === 0; turn++) await this.clock.advance(0)
    await this.rest()
    const [answer] = answered
    if (answer === undefined) throw new Error('no receipt without time passing')
    return answer
  }

  /** Lets everything happen that needs no time. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await this.clock.advance(0)
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await this.rest()
  }

  /** The mark of the settings in force. */
  get serving(): Json | null {
    return this.reloader.current()?.parts.routes.mark ?? null
  }

  get version(): string | null {
    return this.reloader.current()?.version ?? null
  }

  /** Versions of the parts that are alive. */
  get alive(): string[] {
    return [...new Set(this.parts.filter((it) => it.released === 0).map((it) => it.version))]
  }

  get openPools(): string[] {
    return this.pools.filter((it) => it.closed === 0).map((it) => it.key)
  }

  /** Another process over the same store. For this one time has stopped: it is left as a crash would leave it. */
  crash(options: ToyOptions = {}): Toy {
    return new Toy({ clock: new ManualClock(this.clock.now()), store: this.store, ...options })
  }

  private participant(name: 'models' | 'routes'): Participant<Part> {
    const main = (tree: unknown): { mark?: Json; pool?: string; fault?: Fault } =>
      (tree as Record<string, Record<string, object>>)[name]?.['main'] ?? {}
    return {
      kinds: [name],
      load: async (settings) => {
        if (main(settings).fault === 'load') throw new Error('cannot be loaded')
      },
      validate: ({ settings }) => validateToy(name, main(settings).fault),
      prepare: async (input) => {
        const { mark = null, pool = 'a', fault } = main(input.settings)
        const kept = input.carry.keep(
          `pool:${pool}`,
          () => this.open(pool),
          (it) => this.close(it),
        )
        this.onBuild?.()
        if (fault === 'prepare' || this.refuseBuilds) throw new Error('cannot be built')
        if (fault === 'prepare-hangs') await waitFor(input)
        return this.build({ participant: name, version: input.version, mark, pool: kept })
      },
      check: async (_part, input) => {
        const { fault } = main(input.settings)
        if (fault === 'check') throw new Error('not healthy')
        if (fault === 'check-hangs') await new Promise(() => {})
        if (fault === 'check-slow') await waitFor(input)
      },
      committed: (part) => {
        part.committed += 1
      },
      inspect: (part) => {
        if (part.drift instanceof Error) throw part.drift
        return part.drift
      },
      release: (part) => {
        part.released += 1
        this.freed.push(`${name} ${part.version}`)
      },
    }
  }

  private build(part: Omit<Part, 'released' | 'committed' | 'drift'>): Part {
    const made = { ...part, released: 0, committed: 0, drift: null }
    this.parts.push(made)
    return made
  }

  private open(key: string): Pool {
    const pool = { key, closed: 0 }
    this.pools.push(pool)
    return pool
  }

  private close(pool: Pool): void {
    pool.closed += 1
    this.freed.push(`pool ${pool.key}`)
  }
}

function validateToy(name: string, fault: Fault | undefined): Issue[] {
  if (fault === 'validate-throws') throw new Error('cannot even look')
  if (fault !== 'validate') return []
  return [{ code: 'toy.fault', message: 'a fault was asked for', pointer: `/${name}/main/fault` }]
}

/** 200 ms of the input's own clock, deaf to its signal. */
function waitFor({ clock }: PrepareInput): Promise<void> {
  return new Promise((resolve) => {
    clock.after(200, resolve)
  })
}
