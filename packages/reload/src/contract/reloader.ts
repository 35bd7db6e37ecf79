import type { Clock } from './clock.ts'
import type { Handle, HandleTrouble } from './handle.ts'
import type { Origin } from './origin.ts'
import type { ArtifactSource, Draft, Participant } from './participant.ts'
import type { Manifest, SettingsTree } from './payload.ts'
import type { Issue, Receipt, ReloadStatus } from './receipt.ts'
import type {
  FreezeQuestion,
  LatelySeen,
  MeasureSpec,
  RolloutAsk,
  RolloutState,
  RolloutStatus,
  UnitSource,
} from './rollout.ts'
import type { Pin, Snapshot } from './snapshot.ts'
import type {
  AuditLine,
  AuditNote,
  InstanceRecords,
  QuarantineEntry,
  StateStore,
  StoredVersion,
} from './store.ts'
import type { Telemetry } from './telemetry.ts'
import type {
  ApproveHook,
  Freshness,
  Reader,
  RootAnchor,
  RootReceipt,
  RootStatus,
  Signer,
  Staleness,
  TrustPolicy,
} from './trust.ts'

// biome-ignore format: one participant a part
export type Participants<Parts> = { readonly [Name in keyof Parts]: Participant<Parts[Name]> }

export interface ReloaderOptions<Parts> {
  /** One totally ordered line of settings, such as `gateway/prod`. Default `default`. */
  readonly scope?: string
  /** Prepared in the order of their keys; released in reverse. */
  readonly participants: Participants<Parts>
  /** Default: in memory, so nothing survives the process. */
  readonly store?: StateStore
  /** Turns what a person wrote into a tree. Default: JSON of the form `{ kind: { name: value } }`. */
  readonly read?: Reader
  /** Whose signatures count: a fixed list of keys, or the root to begin with. */
  readonly trust?: TrustPolicy | RootAnchor
  /** Classes of what changes, as the root's rules for approvals call them. Default: kinds of settings. */
  readonly changeClasses?: (changedParameters: readonly string[]) => readonly string[]
  /** How long a publisher may be silent. Default: for ever. */
  readonly freshness?: Freshness
  readonly signer?: Signer
  readonly approve?: ApproveHook
  readonly artifactSources?: readonly ArtifactSource[]
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly instance?: string
  /** What payloads may ask for in `requires`: versions or features by name, such as `gateway: "0.4.1"`. */
  readonly provides?: Readonly<Record<string, string>>
  readonly limits?: Partial<ReloaderLimits>
  /** What the service can tell about a request; rollouts compare by it. Default: nothing, so nothing is judged. */
  readonly measures?: readonly MeasureSpec[]
  /**
   * Asked before a version takes traffic and before each of its steps. A text says why not now (`rollout.frozen`); what
   * restores an older version, or is asked for by hand, is not held up. Must be quick, and must not throw.
   */
  readonly frozen?: (asked: FreezeQuestion) => string | null
  /**
   * What requests came to just before now by a measure with `guard`: with it, a version that takes all of the traffic at
   * once is taken back within a handful of requests when it is dead. Asked at the swap.
   */
  readonly lately?: (measure: string) => LatelySeen | null
  /**
   * Puts values in place of the references in the `authorization` of an external measure. May throw: then that measure
   * concludes nothing, as it does where there is nobody to fill them.
   */
  readonly secrets?: { fill(text: string): string }
}

/** Defaults and reasons in `engine/limits.ts`. */
export interface ReloaderLimits {
  readonly payloadBytes: number
  readonly resourceBytes: number
  readonly resources: number
  readonly depth: number
  /** Deadline of fetching one artifact, further attempts included. */
  readonly fetchMs: number
  /** Deadline of prepare and check together. */
  readonly warmupMs: number
  /** How long a committed version is observed before it is confirmed, unless the payload says. */
  readonly bakeMs: number
  readonly drainMs: number
  /** Live generations beside the attempt, and what happens at the cap. */
  readonly generations: number
  readonly atGenerationCap: 'wait' | 'cut'
  readonly debounceQuietMs: number
  readonly debounceMaxMs: number
  /** Token bucket against storms: burst and one more every … */
  readonly burst: number
  readonly refillMs: number
  /** Circuit breaker: this many failures within the window open it. */
  readonly breakerFailures: number
  readonly breakerWindowMs: number
  readonly breakerOpenMs: number
  readonly maxCrashAttempts: number
  readonly fetchAttempts: number
  /** How often, while nothing else goes on, what is in force is held against what was applied. 0 is never. */
  readonly driftEveryMs: number
}

/** Five pointers, never merged. */
export interface ReloaderStatus {
  readonly scope: string
  readonly instance: string
  readonly offered: StoredVersion | null
  readonly attempted: (StoredVersion & { readonly status: ReloadStatus; readonly reason: string }) | null
  readonly applied: StoredVersion | null
  readonly confirmed: StoredVersion | null
  readonly baseline: StoredVersion | null
  readonly floor: StoredVersion | null
  /** On trial beside the version in force, or in its place. */
  readonly candidate: StoredVersion | null
  readonly state: 'idle' | 'working' | 'observing' | 'degraded'
  /** State of the attempt in work: `verified`, `warming` … */
  readonly stage: string | null
  readonly generations: readonly {
    readonly version: string
    readonly pins: number
    readonly role: 'current' | 'baseline' | 'candidate' | 'draining'
  }[]
  /** How many may be alive: then a reload waits for one to drain, and is refused when that takes too long. */
  readonly generationLimit: number
  readonly quarantine: readonly QuarantineEntry[]
  readonly breaker: 'closed' | 'open' | 'half_open'
  readonly handles: readonly {
    readonly kind: string
    readonly source: string
    readonly trouble: HandleTrouble | null
    /** Why what the source holds is not in force: the code of the refusal of its last offer, or `quarantined`. */
    readonly differs: { readonly attempt: string; readonly reason: string } | null
  }[]
  readonly last: AttemptReport | null
  /** The root in force; `null` where keys are a fixed list, or none are asked for. */
  readonly root: RootStatus | null
  /** Why what serves may be out of date; `null` when nothing says so. */
  readonly stale: Staleness | null
}

/** An attempt as a time tree: what `changeover status` prints. */
export interface AttemptReport {
  readonly attempt: string
  readonly trigger: string
  readonly source: string
  readonly actor: string
  readonly from: string | null
  readonly to: string | null
  readonly status: ReloadStatus
  readonly reason: string
  /** What went wrong, for people. */
  readonly message?: string
  readonly traceId: string
  readonly startedAt: number
  readonly durationMs: number
  readonly changedParameters: readonly string[]
  /** What was wrong, when it was refused. */
  readonly issues: readonly Issue[]
  /** Who agreed, where somebody had to. */
  readonly approvals?: readonly string[]
  /** Why it passed approvals, freeze windows and the breaker. */
  readonly emergency?: string
  readonly stages: readonly StageReport[]
}
/** An attempt that goes on, or has ended: its report is made when it is asked for. */
export interface LastAttempt {
  readonly id: string
  readonly isEnded: boolean
  report(): AttemptReport
}
export interface StageReport {
  readonly name: string
  readonly startMs: number
  readonly durationMs: number
  readonly note?: string
  readonly failed?: string
  readonly stages?: readonly StageReport[]
}

/**
 * What a change would do, worked out by building it beside the running version and letting it go. One that would wait for
 * the end of a rollout is held against the version on trial: that is in force at its turn, or it is refused then.
 */
export interface Plan {
  readonly ok: boolean
  readonly receipt: Receipt | null
  /** What it is held against. */
  readonly from: string | null
  readonly changes: readonly Change[]
  readonly removed: readonly string[]
  /** What would be in force, and what it is held against; `settings` is `null` when it did not get that far. */
  readonly settings: SettingsTree | null
  readonly previous: SettingsTree | null
  /** Of all that it holds, whoever sealed it and when: the same settings have the same. Empty without `settings`. */
  readonly digest: string
  /** Where a value stands in what a person wrote. */
  placeOf(pointer: string): Issue['place'] | undefined
}
export interface Change {
  readonly op: 'add' | 'remove' | 'replace'
  readonly pointer: string
  readonly before?: unknown
  readonly after?: unknown
}

/** The engine's public face: what a service that embeds it needs. */
export interface Reloader<Parts> {
  /**
   * Recovers what the store holds and puts the baseline in service. Call it before `watch`.
   * Resolves to the version in force, or `null` when there is none yet.
   */
  start(): Promise<string | null>
  /** Offers bytes: sealed (`ENVELOPE_TYPE`) or as a person wrote them (`read` makes a draft of them). */
  offer(bytes: Uint8Array, origin: Origin): Promise<Receipt>
  /** Seals a tree as the next version and offers it. */
  publish(draft: Draft, origin: Origin): Promise<Receipt>
  /**
   * Takes up a version that waited for its time when an earlier process ended: it waits on, or comes in when its time is
   * over. `null` when there is none. For after `start`, when the sources have said what they hold: a newer offer takes
   * its place. Where it is never called the version stays in the store and does not come in.
   */
  takeUp(): Promise<Receipt> | null
  /** Goes all the way to the swap, and lets go. */
  plan(bytes: Uint8Array, origin: Origin): Promise<Plan>
  /**
   * Publishes a new version that restores an older one. Without `to` that is the baseline, while the version in
   * force is not confirmed or serves for a time only; else the newest before it that is not in quarantine.
   */
  rollback(origin: Origin, to?: string): Promise<Receipt>
  /** Takes the version under observation out of service at once: back to the baseline, and quarantined. */
  regress(reason: string, trigger?: string): Promise<boolean>
  /** Offers a new signed root, or a list of them. Written down before it is in force. The answer always comes. */
  trust(bytes: Uint8Array, origin: Origin): Promise<RootReceipt>
  /** Ends observation well, for `commitConfirmed` payloads or by an operator's word. */
  confirm(version: string): Promise<boolean>
  /** Takes a version out of quarantine. */
  release(version: string): Promise<boolean>
  watch(handle: Handle): void
  /**
   * Pins the version that this request is to run under: the one in force, or the candidate when a rollout splits the
   * traffic and `by` falls on its side. Throws `reload.not_ready` when there is none.
   */
  acquire(by?: UnitSource): Pin<Parts>
  /** Pins the candidate of a shadow rollout, to run a copy that nobody is answered from; `null` when there is none. */
  shadow(): Pin<Parts> | null
  /** The rollout that goes on or waits for its time; else the last one that ended in this process. */
  rollout(): RolloutStatus | null
  /**
   * Moves a rollout on: to its next step, to full traffic, or past its bake as well. `id` is the rollout's or its
   * version. Rejects with `rollout.unknown`, `rollout.frozen` or `rollout.cannot`.
   */
  promote(id: string, how: { to: 'next' | 'full' | 'confirmed' }, by?: RolloutAsk): Promise<RolloutStatus>
  /** Holds it at its share. It is judged all the same, and taken back if it fails. Rejects like `promote`. */
  pause(id: string, reason: string, by?: RolloutAsk): Promise<RolloutStatus>
  resume(id: string, by?: RolloutAsk): Promise<RolloutStatus>
  /** Takes the candidate out of service and quarantines it. Resolves to `null` when there is no such rollout. */
  abort(id: string, reason: string, by?: RolloutAsk): Promise<RolloutStatus | null>
  current(): Snapshot<Parts> | null
  status(): ReloaderStatus
  /** Whether what is in force may be behind its source: one cannot be read, or nothing signed was heard for too long. */
  isStale(): boolean
  /** What `status` says of the versions that a change is made of, for those who ask at each of its steps. */
  pointers(): Pick<ReloaderStatus, 'applied' | 'baseline' | 'candidate'>
  /**
   * What has to be in force when an offer comes in that is made now: the version in force, or the one on trial where the
   * offer would have to wait for its end. For its `ifMatch`. `null` before the first version.
   */
  baseFor(origin: Origin): StoredVersion | null
  /** The attempt whose report `status` shows as the last. */
  lastAttempt(): LastAttempt | null
  /** Adds a line to the audit log for what was decided beside the settings; written as soon as the store takes it. */
  note(it: AuditNote): void
  /** Audit lines, newest last. */
  audit(options?: { limit?: number }): Promise<readonly AuditLine[]>
  /** Versions that rollback and diff can reach, newest last. */
  line(): InstanceRecords['line']
  /** Manifest bytes of a version in the line. */
  manifest(version: string): Promise<Uint8Array | null>
  /** Where a version in the line says that it comes from, empty when it does not; `null` when it is not in the line. */
  lineage(version: string): Promise<Manifest['lineage']>
  /** Settings of a version in the line. */
  settings(version: string): Promise<SettingsTree | null>
  /** Every change of state, for consoles and tests: never awaited, never able to fail a reload. */
  subscribe(listener: (event: ReloadEvent) => void): () => void
  /** Stops handles, lets the attempt in work go, drains, frees everything. */
  close(options?: { drainMs?: number }): Promise<void>
}

export interface ReloadEvent {
  readonly at: number
  readonly attempt: string
  readonly state: string
  readonly version: string | null
  readonly status?: ReloadStatus
  readonly reason?: string
  /** What went wrong, for people. */
  readonly message?: string
  readonly traceId: string
  /** Where the rollout of that version stands, when this tells of its move. */
  readonly rollout?: {
    readonly id: string
    readonly state: RolloutState
    readonly step: number | null
    readonly share: number
    readonly reason: string | null
  }
}
export type { Pin, Snapshot }
