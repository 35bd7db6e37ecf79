/**
 * One reloader: what its public face promises, put together from the pieces.
 *
 * An offer goes: opened or read, and verified (`intake.ts`); its turn (`line-of-work.ts`); brought in, stage by
 * stage (`bring-in.ts`); observed (`observer.ts`). Every offer ends as a receipt, never as an exception.
 */
import type { Handle } from '../contract/handle.ts'
import type { Origin } from '../contract/origin.ts'
import type { Draft } from '../contract/participant.ts'
import { ENVELOPE_TYPE, type Manifest, type SettingsTree } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { LastAttempt, Plan, ReloadEvent, Reloader, ReloaderStatus } from '../contract/reloader.ts'
import type { RolloutAsk, RolloutStatus, UnitSource } from '../contract/rollout.ts'
import type { Pin, Snapshot } from '../contract/snapshot.ts'
import type { AuditLine, AuditNote, StateStore, StoredVersion } from '../contract/store.ts'
import type { RootReceipt } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'
import { Attempt } from './attempt.ts'
import { boot } from './boot.ts'
import { vacate } from './commit.ts'
import type { Core } from './core.ts'
import { DriftWatch } from './drift/drift-watch.ts'
import { Intake } from './intake.ts'
import { RELEASE_MS } from './limits.ts'
import type { Generation, Parts } from './live/generation.ts'
import { Observer } from './observer.ts'
import { plan } from './plan.ts'
import { atMost } from './race.ts'
import type { Line } from './records/library.ts'
import { RootOffers } from './root-offer.ts'
import { type Candidate, digestOfOffer, type Offered } from './stages/candidate.ts'
import { baseOf } from './stages/permit.ts'
import { observeCore } from './telling/metrics.ts'
import { refOf, statusOf } from './telling/status.ts'
import { abort, pause, promote, resume, rolloutOf } from './trial/moving.ts'
import { Watches } from './watches.ts'
import { asReloadError } from './work.ts'

export class Engine implements Reloader<Parts> {
  private readonly core: Core
  private readonly store: StateStore
  private readonly observer: Observer
  private readonly intake: Intake
  private readonly watches: Watches
  private readonly rootOffers: RootOffers
  private readonly drift: DriftWatch
  private readonly stopMetrics: () => void
  private starting: Promise<string | null> | null = null
  private closing: Promise<void> | null = null
  /** What served after a damaged start; as long as it is what is confirmed, we are degraded. */
  private damage: { readonly confirmed: Generation | null } | null = null

  constructor(core: Core, store: StateStore) {
    this.core = core
    this.store = store
    this.observer = new Observer(core, {
      makeTtlAttempt: (candidate) => this.ttlAttempt(candidate),
      isOvertaken: (attempt) => this.intake.line.isBuildingBeside(attempt),
    })
    this.intake = new Intake(core, this.observer)
    this.rootOffers = new RootOffers(core, this.observer)
    this.watches = new Watches(core.telemetry, (bytes, origin) => this.offer(bytes, origin))
    this.drift = new DriftWatch({
      core,
      store,
      observer: this.observer,
      isBusy: () => this.intake.isBusy,
      began: (repair) => {
        this.intake.last = repair
      },
    })
    this.stopMetrics = observeCore(core, {
      isStale: () => this.isStale(),
      storeLagSeconds: () => this.drift.storeLagSeconds,
    })
  }

  start(): Promise<string | null> {
    this.starting ??= this.boot().catch((error: unknown) => {
      // Nothing has been changed yet: whoever has mended the store may start again.
      this.starting = null
      throw error
    })
    return this.starting
  }

  offer(bytes: Uint8Array, origin: Origin): Promise<Receipt> {
    const form = origin.mediaType === ENVELOPE_TYPE ? 'sealed' : 'written'
    return this.ask({ form, bytes }, origin)
  }

  publish(draft: Draft, origin: Origin): Promise<Receipt> {
    return this.ask({ form: 'draft', draft }, origin)
  }

  async rollback(origin: Origin, to?: string): Promise<Receipt> {
    const { trial } = this.observer
    const isBack = to === undefined || to === this.core.cell.current?.ref.version
    if (this.closing === null && isBack && trial?.conduct.rollout.isBeside === true) {
      return await this.intake.takeBack(origin, trial)
    }
    return await this.ask({ form: 'restore', version: to ?? null }, origin)
  }

  takeUp(): Promise<Receipt> | null {
    return this.closing === null ? this.intake.takeUp() : null
  }

  async plan(bytes: Uint8Array, origin: Origin): Promise<Plan> {
    this.refuseWhenClosed()
    await this.start()
    return await plan(this.core, bytes, { origin, upon: baseOf(this.core, origin, this.observer) })
  }

  regress(reason: string, trigger = 'operator'): Promise<boolean> {
    // Before anything is awaited: who asks for it finds the baseline in service when the call returns.
    return Promise.resolve(this.observer.regress(reason, trigger))
  }

  async trust(bytes: Uint8Array, origin: Origin): Promise<RootReceipt> {
    this.refuseWhenClosed()
    await this.start()
    return await this.rootOffers.offer(bytes, origin)
  }

  confirm(version: string): Promise<boolean> {
    return this.observer.confirm(version)
  }

  async release(version: string): Promise<boolean> {
    const { quarantine, recorder } = this.core
    const isFreed = quarantine.freeVersion(version)
    if (isFreed) recorder.note('quarantine', quarantine.lasting)
    await recorder.tried()
    return isFreed
  }

  watch(handle: Handle): void {
    this.refuseWhenClosed()
    this.watches.add(handle)
  }

  acquire(by?: UnitSource): Pin<Parts> {
    if (this.core.freshness.isShut) throw this.shut()
    const pin = this.core.cell.acquire(by)
    if (pin !== null) return pin
    this.refuseWhenClosed()
    throw new ReloadError('reload.not_ready', { scope: this.core.scope })
  }

  shadow(): Pin<Parts> | null {
    return this.observer.trial?.conduct.shadow() ?? null
  }

  rollout(): RolloutStatus | null {
    return rolloutOf(this.observer)
  }

  promote(
    id: string,
    { to }: { to: 'next' | 'full' | 'confirmed' },
    by: RolloutAsk = {},
  ): Promise<RolloutStatus> {
    return promote(this.observer, id, { to, by })
  }

  async pause(id: string, reason: string, by: RolloutAsk = {}): Promise<RolloutStatus> {
    return pause(this.observer, id, { reason, by })
  }

  async resume(id: string, by: RolloutAsk = {}): Promise<RolloutStatus> {
    return resume(this.observer, id, by)
  }

  async abort(id: string, reason: string, by: RolloutAsk = {}): Promise<RolloutStatus | null> {
    return abort(this.observer, id, { reason, by })
  }

  current(): Snapshot<Parts> | null {
    return this.core.cell.current?.snapshot ?? null
  }

  status(): ReloaderStatus {
    const { intake, observer } = this
    const isDamaged = this.damage !== null && this.damage.confirmed === observer.confirmed
    return statusOf(this.core, {
      intake,
      observer,
      handles: this.watches.status,
      isDegraded: isDamaged || observer.isBehind || this.drift.isDrifted,
    })
  }

  isStale(): boolean {
    const cannotRead = this.watches.status.some((it) => it.trouble !== null)
    return cannotRead || this.core.freshness.staleness !== null
  }

  pointers(): Pick<ReloaderStatus, 'applied' | 'baseline' | 'candidate'> {
    const { current, baseline, candidate } = this.core.cell
    return { applied: refOf(current), baseline: refOf(baseline), candidate: refOf(candidate) }
  }

  baseFor(origin: Origin): StoredVersion | null {
    return refOf(baseOf(this.core, origin, this.observer))
  }

  lastAttempt(): LastAttempt | null {
    return this.intake.last
  }

  note({ span, ...said }: AuditNote): void {
    const { clock, scope, audit } = this.core
    const nothing = { attempt: '', from: null, to: null, digest: null, changedParameters: [] }
    const { traceId, spanId } = span
    const at = new Date(clock.now()).toISOString()
    audit.add({ ...nothing, ...said, at, event: 'config.decision', scope, traceId, spanId })
  }

  async audit(options?: { limit?: number }): Promise<readonly AuditLine[]> {
    await this.core.audit.tried()
    return await this.store.readAudit(options)
  }

  line(): Line {
    return this.core.library.line
  }

  async manifest(version: string): Promise<Uint8Array | null> {
    const ref = this.line().find((it) => it.version === version)
    return ref === undefined ? null : await this.core.library.bytesOf(ref.digest)
  }

  async lineage(version: string): Promise<Manifest['lineage']> {
    // First of all whether it came in: the newest that was read may have been refused.
    const ref = this.line().find((it) => it.version === version)
    if (ref === undefined) return null
    const { newest } = this.core.library
    const { manifest } = newest?.version === version ? newest : await this.core.library.read(ref)
    return manifest.lineage ?? {}
  }

  async settings(version: string): Promise<SettingsTree | null> {
    const { current } = this.core.cell
    if (current?.ref.version === version) return current.snapshot.settings
    const ref = this.line().find((it) => it.version === version)
    return ref === undefined ? null : await this.core.library.settings(ref)
  }

  subscribe(listener: (event: ReloadEvent) => void): () => void {
    return this.core.events.subscribe(listener)
  }

  close(options: { drainMs?: number } = {}): Promise<void> {
    this.closing ??= this.end(options.drainMs ?? this.core.limits.drainMs)
    return this.closing
  }

  private async boot(): Promise<string | null> {
    const { isDegraded } = await boot(this.core, this.store, this.observer)
    if (isDegraded) this.damage = { confirmed: this.observer.confirmed }
    this.drift.start()
    return this.core.cell.current?.ref.version ?? null
  }

  private async ask(offered: Offered, origin: Origin): Promise<Receipt> {
    if (this.closing !== null) return this.closedReceipt()
    try {
      await this.start()
    } catch (error) {
      return await this.intake.refuse(origin, asReloadError(error))
    }
    if (this.closing !== null) return this.closedReceipt()
    const key = origin.idempotencyKey
    if (key === undefined) return await this.intake.offer(offered, origin)
    const known = this.core.idempotency.find(key)
    const ours = digestOfOffer(offered)
    if (known?.digest === ours && known.receipt !== null) return await known.receipt
    if (known !== null && known.digest !== ours)
      return await this.intake.refuse(origin, new ReloadError('verify.idempotency', { key }))
    const receipt = this.intake.offer(offered, origin)
    this.core.idempotency.remember(key, ours, receipt)
    return await receipt
  }

  /** The order matters: first nothing new comes, then what serves is let go, then the books are closed. */
  private async end(drainMs: number): Promise<void> {
    const { core } = this
    const watchesEnded = this.watches.close()
    await this.starting?.catch(() => {})
    await this.intake.close()
    await this.rootOffers.close()
    core.freshness.close()
    await this.drift.close()
    await atMost(core.clock, RELEASE_MS, watchesEnded)
    this.observer.close()
    vacate(core.cell)
    await core.generations.end(drainMs)
    await core.audit.close()
    await core.recorder.close()
    this.stopMetrics()
    core.events.clear()
    await this.store.close()
  }

  private shut(): ReloadError {
    const { scope, freshness } = this.core
    return new ReloadError('reload.stale', { scope, maxAgeMs: freshness.maxAgeMs })
  }

  private refuseWhenClosed(): void {
    if (this.closing !== null) throw new ReloadError('reload.closed', { scope: this.core.scope })
  }

  /** No attempt: the books are closed. */
  private closedReceipt(): Receipt {
    const { code, message } = new ReloadError('reload.closed', { scope: this.core.scope })
    const issues = [{ code, message }]
    const answered = { attempt: '', traceId: '', version: null, retry: false }
    return { outcome: 'refused', status: 'rejected', code, message, issues, ...answered }
  }

  private ttlAttempt(candidate: Candidate): Attempt {
    const { clock } = this.core
    const origin = { trigger: 'ttl', source: candidate.version, actor: 'instance' } as const
    const [atMs, sinceMs] = [clock.now(), clock.monotonic()]
    const attempt = new Attempt(this.core, {
      origin,
      offered: null,
      order: 0,
      tries: 0,
      atMs,
      sinceMs,
      author: null,
    })
    attempt.identify(candidate)
    return attempt
  }
}
