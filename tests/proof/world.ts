/**
 * One instance and everything around it: a disk that survives it, a clock that is held in the hand,
 * participants that keep books, pins, and a publisher with good and bad keys.
 *
 * The engine under test is given as a module, so that a mutant can be put in its place.
 */
import type {
  Json,
  Origin,
  Participant,
  Pin,
  Receipt,
  Reloader,
  ReloaderLimits,
  Snapshot,
} from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import { CanaryWatch, MEASURES } from './canary-watch.ts'
import { Disk, FaultyStore } from './faulty-store.ts'
import { type Connection, Ledger, type Part } from './ledger.ts'
import { Publisher } from './publisher.ts'
import { SpanRecorder } from './recorder.ts'
import { order } from './version-order.ts'

/** What happens where as many versions are alive as may be. */
export type AtCap = ReloaderLimits['atGenerationCap']
export type EngineModule = typeof import('@changeover/reload')

export const KINDS = ['alpha', 'beta', 'gamma'] as const
export type Kind = (typeof KINDS)[number]

/** What a participant does with a payload; deterministic, so that restoring it does the same again. */
export type Behaviour = 'fine' | 'invalid' | 'prepare-throws' | 'check-throws' | 'check-hangs' | 'slow'
export interface Spec {
  readonly mark: number
  readonly behaviour: Behaviour
  readonly where: Kind
  readonly connection: string
}

export type Parts = Record<Kind, Part>
export type Tree = Record<Kind, { main: { [key: string]: Json } }>

export const LIMITS = {
  warmupMs: 500,
  bakeMs: 1_000,
  drainMs: 5_000,
  generations: 4,
  breakerFailures: 6,
  breakerWindowMs: 10_000,
  breakerOpenMs: 3_000,
  maxCrashAttempts: 2,
  driftEveryMs: 4_000,
}

export interface Held {
  readonly pin: Pin<Parts>
  readonly snapshot: Snapshot<Parts>
  readonly version: string
  cut: boolean
  released: boolean
}

export interface Asked {
  readonly what: string
  receipt: Receipt | null
}

const EPOCH_MS = Date.parse('2026-11-21T09:00:00Z')

export class World {
  readonly engine: EngineModule
  readonly disk: Disk = new Disk()
  readonly publisher: Publisher
  readonly signed: boolean
  readonly atCap: AtCap
  /** Digests that a key holder, or this instance itself, really published. */
  readonly authentic: Set<string> = new Set()
  /** Digests of payloads that nobody with a key has signed. */
  readonly publisherForgeries: Set<string> = new Set()
  readonly held: Held[] = []
  readonly asked: Asked[] = []
  readonly broken: string[] = []
  /** How often each digest came into service without having been confirmed, over all restarts. */
  readonly unconfirmedCommits: Map<string, number> = new Map()
  readonly manual: Set<string> = new Set()
  /** Versions that restore an older one: of these, one may be alive beyond the cap. */
  readonly leadsBack: Set<string> = new Set()
  /** Parts that find their surroundings changed, and what happens while they are built again. */
  readonly drifted: WeakSet<Part> = new WeakSet()
  onRebuild: (() => void) | null = null
  /** The version that a regression took out of service last. */
  takenBack: { digest: string; settings: unknown } | null = null
  clock: ManualClock = new ManualClock(EPOCH_MS)
  spans: SpanRecorder = new SpanRecorder()
  ledger: Ledger = new Ledger()
  store: FaultyStore
  reloader: Reloader<Parts>
  readonly canary: CanaryWatch = new CanaryWatch()
  mark = 0
  spawned = 0
  private lastSeen: string | null = null
  private probing = false
  private activity = 0

  constructor(engine: EngineModule, publisher: Publisher, kind: { signed: boolean; atCap: AtCap }) {
    this.engine = engine
    this.publisher = publisher
    this.signed = kind.signed
    this.atCap = kind.atCap
    this.store = new FaultyStore(this.disk, () => this.touch())
    this.reloader = this.spawn()
  }

  async start(): Promise<void> {
    void this.reloader.start().catch(() => {})
    await this.settle()
  }

  /** The power goes, here and now; then the machine comes back with what the disk held. */
  async crash(): Promise<void> {
    this.store.alive = false
    this.disk.dieAtWrite = 0
    this.disk.failWrites = 0
    this.held.length = 0
    this.canary.forget()
    this.lastSeen = null
    this.asked.length = 0
    this.clock = new ManualClock(this.clock.now() + 5)
    this.spans = new SpanRecorder()
    this.ledger = new Ledger()
    this.store = new FaultyStore(this.disk, () => this.touch())
    this.reloader = this.spawn()
    await this.start()
  }

  /** Whether the power went by itself, at a write that a command had armed. */
  get powerless(): boolean {
    return !this.store.alive
  }

  /** Whether what is offered now is not answered before a request lets go of a version, or time passes. */
  get waitsForRoom(): boolean {
    return this.atCap === 'wait' && this.reloader.status().generations.length >= LIMITS.generations
  }

  tree(spec: Spec): Tree {
    const tree = {} as Tree
    for (const kind of KINDS) {
      tree[kind] = {
        main: {
          mark: spec.mark,
          connection: spec.connection,
          behaviour: kind === spec.where ? spec.behaviour : 'fine',
        },
      }
    }
    return tree
  }

  bytes(spec: Spec): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.tree(spec)))
  }

  origin(over: Partial<Origin> = {}): Origin {
    return { trigger: 'admin_api', source: 'model', actor: 'user:model', ...over }
  }

  /** Asks without waiting; the receipt is noted when it comes. */
  ask(what: string, answer: Promise<Receipt>): Asked {
    const asked: Asked = { what, receipt: null }
    this.asked.push(asked)
    answer.then(
      (receipt) => {
        this.activity += 1
        asked.receipt = receipt
        if (receipt.outcome === 'applied') this.authentic.add(receipt.digest)
      },
      (error: unknown) => {
        if (!this.powerless) this.broken.push(`brokeReceipt: ${what} threw ${String(error)}`)
      },
    )
    return asked
  }

  acquire(): void {
    if (this.reloader.current() === null) return
    const pin = this.canary.ask(this.reloader)
    const held: Held = {
      pin,
      snapshot: pin.snapshot,
      version: pin.snapshot.version,
      cut: false,
      released: false,
    }
    pin.onCut = () => {
      held.cut = true
    }
    this.held.push(held)
  }

  /** Runs everything that can run without time passing. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let turn = 0; quiet < 6 && turn < 4_000; turn++) {
      const before = this.activity + this.spans.activity
      await new Promise<void>((resolve) => setImmediate(resolve))
      this.probe()
      quiet = this.activity + this.spans.activity === before ? quiet + 1 : 0
    }
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await this.settle()
  }

  /** A reader at the door, at this very instant. */
  probe(): void {
    if (this.probing || this.powerless) return
    this.probing = true
    try {
      const current = this.reloader.current()
      const { applied, generations } = this.reloader.status()
      this.countGenerations(generations.map((it) => it.version))
      if ((applied?.version ?? null) !== (current?.version ?? null)) {
        this.broken.push(`brokeI23: status says ${applied?.version} while ${current?.version} serves`)
      }
      if (current === null) return
      const pin = this.canary.ask(this.reloader)
      this.inspect(pin.snapshot)
      pin.release()
      this.countTrials(current)
    } finally {
      this.probing = false
    }
  }

  private inspect(snapshot: Snapshot<Parts>): void {
    // A torn snapshot may lack a part, whatever its type says.
    const parts: Partial<Parts> = snapshot.parts
    const mark = parts.alpha?.mark
    for (const kind of KINDS) {
      const part = parts[kind]
      if (part === undefined || part.mark !== mark || part.version !== snapshot.version) {
        this.broken.push(`brokeI1: ${snapshot.version} holds ${kind} of ${part?.version ?? 'no version'}`)
        continue
      }
      if (this.ledger.parts.get(part) !== 'live') {
        this.broken.push(`brokeI10: ${kind} of ${snapshot.version} serves although it was released`)
      }
      if (this.ledger.connections.get(part.connection) !== 'open') {
        this.broken.push(`brokeI10: ${snapshot.version} serves over a closed connection`)
      }
    }
  }

  /** I11: so many are alive and no more, but for one that leads back, which is then the newest. Oldest first. */
  private countGenerations(alive: readonly string[]): void {
    const most = LIMITS.generations + (this.leadsBack.has(alive.at(-1) ?? '') ? 1 : 0)
    if (alive.length > most)
      this.broken.push(`brokeI11: ${alive.join(', ')} are alive, at most ${most} may be`)
  }

  private countTrials(snapshot: Snapshot<Parts>): void {
    if (snapshot.version === this.lastSeen) return
    this.lastSeen = snapshot.version
    const unconfirmed = this.reloader.status().confirmed?.digest !== snapshot.digest
    if (unconfirmed) {
      this.unconfirmedCommits.set(snapshot.digest, (this.unconfirmedCommits.get(snapshot.digest) ?? 0) + 1)
    }
  }

  /** A reader in every microtask of the next stretch. */
  private touch(): Promise<void> {
    this.activity += 1
    let left = 24
    const read = (): void => {
      this.probe()
      if (left-- > 0) queueMicrotask(read)
    }
    read()
    return Promise.resolve()
  }

  private spawn(): Reloader<Parts> {
    this.spawned += 1
    const participants = Object.fromEntries(KINDS.map((kind) => [kind, this.participant(kind)]))
    return this.engine.createReloader<Parts>({
      scope: 'model/one',
      instance: 'one',
      participants: participants as unknown as { [K in Kind]: Participant<Part> },
      store: this.store,
      clock: this.clock,
      telemetry: this.spans.telemetry,
      limits: { ...LIMITS, atGenerationCap: this.atCap },
      measures: MEASURES,
      frozen: () => this.canary.freeze,
      ...(this.signed ? { trust: this.publisher.trust, signer: this.publisher.localSigner } : {}),
    })
  }

  private participant(kind: Kind): Participant<Part> {
    const ledger = this.ledger
    const settings = (tree: unknown): Record<string, unknown> => {
      const section = (tree as Record<string, Record<string, Record<string, unknown>>>)[kind]
      return section?.['main'] ?? {}
    }
    return {
      kinds: [kind],
      validate: (input) =>
        settings(input.settings)['behaviour'] === 'invalid'
          ? [{ code: 'validate.setting', message: 'invalid by design', pointer: `/${kind}/main/behaviour` }]
          : [],
      prepare: async (input) => {
        const { mark, connection, behaviour } = settings(input.settings)
        if (input.restores !== null) this.leadsBack.add(input.version)
        const open: Connection = input.carry.keep(
          `${kind}:${String(connection)}`,
          () => ledger.open(`${kind}:${String(connection)}`),
          (it) => ledger.close(it),
        )
        await this.touch()
        const floor = this.disk.records.get('floor')
        const written = floor === undefined ? '0.0' : (JSON.parse(floor) as { version: string }).version
        if (order(written) < order(input.version)) {
          this.broken.push(`brokeI4: work on ${input.version} began while the floor on disk was ${written}`)
        }
        if (behaviour === 'prepare-throws') throw new Error('cannot be built, by design')
        return ledger.build(kind, Number(mark), input.version, open)
      },
      check: async (part, input) => {
        await this.touch()
        const { behaviour } = settings(input.settings)
        if (part.version !== input.version) this.broken.push('brokeI1: check was given another version')
        if (behaviour === 'check-throws') throw new Error('not healthy, by design')
        if (behaviour === 'check-hangs') await new Promise(() => {})
        if (behaviour === 'slow') await this.pause(200)
        if (input.version === this.reloader.current()?.version) await this.noticeRebuild()
      },
      committed: () => void this.touch(),
      inspect: async (part) => {
        await this.touch()
        return this.drifted.has(part) ? 'changed by design' : null
      },
      release: (part) => ledger.release(part),
    }
  }

  /** The version in force is being built again: time enough for something else to happen. */
  private async noticeRebuild(): Promise<void> {
    const told = this.onRebuild
    this.onRebuild = null
    if (told === null) return
    told()
    await this.pause(200)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve)
    })
  }
}
