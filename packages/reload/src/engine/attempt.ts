/**
 * One attempt, from the offer to its end: its trace, its report, its answer, and its one ending.
 *
 * It is answered once, at the swap or at a refusal, and it ends once: one status, one span end, one audit
 * line, one count. Whatever happens to it afterwards finds it ended and does nothing.
 *
 * Not here: what is done in an attempt (`bring-in.ts`), and which attempt's turn it is (`line-of-work.ts`).
 */
import { randomBytes } from 'node:crypto'
import type { Origin } from '../contract/origin.ts'
import type { SettingsTree } from '../contract/payload.ts'
import type {
  Decided,
  Issue,
  Receipt,
  ReloadStatus,
  Settled,
  Unchanged,
  Waiting,
} from '../contract/receipt.ts'
import type { AttemptReport } from '../contract/reloader.ts'
import type { AuditLine } from '../contract/store.ts'
import type { Span, SpanContext } from '../contract/telemetry.ts'
import { isReloadError, type ReloadError, rules } from '../errors.ts'
import type { Core } from './core.ts'
import type { AuditEntry } from './records/audit.ts'
import { actorOf, type Candidate, digestOfOffer, type Offered } from './stages/candidate.ts'
import { announceEnd, announceStart, changedAttributes } from './telling/telling.ts'
import { asReloadError, isCode, Work } from './work.ts'

export interface Beginning {
  readonly origin: Origin
  readonly offered: Offered | null
  /** Place in the order of arrival. */
  readonly order: number
  /** Times the engine itself has tried it before. */
  readonly tries: number
  /** Wall and monotonic milliseconds of its arrival. */
  readonly atMs: number
  readonly sinceMs: number
  /** The author's own trace, out of the manifest. */
  readonly author: SpanContext | null
}

export interface Ending {
  readonly status: Exclude<ReloadStatus, 'in_progress'>
  /** A code; empty on success. */
  readonly reason: string
  readonly error?: unknown
}

export class Attempt extends Work {
  readonly id: string
  readonly beginning: Beginning
  readonly receipt: Promise<Receipt>
  /** How it ended, once it has been applied. */
  readonly settled: Promise<Settled>
  /** Version in force when it came, or, once it has been applied, the one that it replaced. */
  from: string | null
  /** What it is about, as far as is known; a draft has no number of its own yet. */
  proposal: Candidate | null = null
  /** The version it is about, once that has a number for good. */
  candidate: Candidate | null = null
  changed: readonly string[] = []
  /** The settings that `changed` was found by comparing with; `undefined` while nothing was compared. */
  changedUpon: SettingsTree | null | undefined = undefined
  /** What is wrong with it, once it was refused. */
  issues: readonly Issue[] = []
  /** Who agreed, where somebody had to; `null` where nobody was asked. */
  approvals: readonly string[] | null = null
  rejectedBy: string | null = null
  /** Why those do not count any more; asked just before the commit. */
  objection: (() => Issue | null) | null = null
  state = 'received'
  status: ReloadStatus = 'in_progress'
  reason = ''
  message: string | null = null
  /** Past the point where a newer offer could take its place. */
  isCommitting = false
  private endedMs: number | null = null
  private isWaitedFor = false
  private answerWith: (receipt: Receipt) => void = () => {}
  private decideWith: (receipt: Decided) => void = () => {}
  private settleWith: (settled: Settled) => void = () => {}

  constructor(core: Core, beginning: Beginning) {
    const id = `rl_${randomBytes(10).toString('hex')}`
    super(core, startRoot(core, beginning, id), beginning.sinceMs)
    this.id = id
    this.beginning = beginning
    this.from = core.cell.current?.ref.version ?? null
    this.receipt = new Promise((resolve) => {
      this.answerWith = resolve
    })
    this.settled = new Promise((resolve) => {
      this.settleWith = resolve
    })
    announceStart(core, this)
  }

  get origin(): Origin {
    return this.beginning.origin
  }

  get isEnded(): boolean {
    return this.endedMs !== null
  }

  /** Who asks, for the audit log. */
  get actor(): string {
    return actorOf(this.origin, this.proposal?.manifest)
  }

  get durationMs(): number {
    return (this.endedMs ?? this.core.clock.monotonic()) - this.sinceMs
  }

  /** Stops it, wherever it is, unless it is past that point. */
  override abort(reason: ReloadError): void {
    if (!this.isCommitting) super.abort(reason)
  }

  override becomes(state: string): void {
    if (this.state === state) return
    this.state = state
    this.tell()
  }

  identify(candidate: Candidate): void {
    this.proposal = candidate
    this.candidate = candidate
    this.span.set({ 'reload.config_version': candidate.version, 'config.digest': candidate.digest })
  }

  changes(parameters: readonly string[], upon: SettingsTree | null): void {
    this.changed = parameters
    this.changedUpon = upon
    this.span.set(changedAttributes('reload.changed_parameters', parameters))
  }

  answer(receipt: Decided): void {
    this.decideWith(receipt)
    this.answerWith(receipt)
  }

  /** Answers that it is not its turn yet; what becomes of it is told by the receipt's `decided`. */
  answerWaiting({ version: candidate, digest }: Candidate, waitsFor: Waiting['waitsFor']): void {
    if (this.isWaitedFor) return
    this.isWaitedFor = true
    const decided = new Promise<Decided>((resolve) => {
      this.decideWith = resolve
    })
    this.answerWith({
      outcome: 'waiting',
      waitsFor,
      attempt: this.id,
      traceId: this.traceId,
      candidate,
      digest,
      version: this.core.cell.current?.ref.version ?? null,
      changedParameters: this.changed,
      decided,
    })
  }

  /** Answers with a refusal and ends. What was superseded is answered as that. */
  refuse(error: unknown): void {
    const known = asReloadError(error)
    const answered = { attempt: this.id, traceId: this.traceId }
    if (isCode(known, 'reload.superseded')) {
      this.answer({ outcome: 'superseded', ...answered, by: known.details.by })
      return this.end({ status: 'superseded', reason: known.code })
    }
    const status = known.code === 'approve.expired' ? 'expired' : 'rejected'
    this.issues = placed(known, this.proposal?.places)
    this.answer({
      outcome: 'refused',
      ...answered,
      status,
      code: known.code,
      message: known.message,
      issues: this.issues,
      version: this.core.cell.current?.ref.version ?? null,
      retry: rules[known.code].retry,
      ...(known.cause !== undefined && { cause: known.cause }),
    })
    this.end({ status, reason: known.code, error: known })
  }

  /** Answers that there is nothing to do, and ends. */
  skip(reason: Unchanged['reason']): void {
    const version = this.core.cell.current?.ref.version ?? null
    this.answer({ outcome: 'unchanged', attempt: this.id, traceId: this.traceId, reason, version })
    this.end({ status: 'skipped', reason })
  }

  /** The one ending. */
  end(ending: Ending): void {
    if (this.endedMs !== null) return
    const { status, reason } = ending
    this.endedMs = this.core.clock.monotonic()
    this.status = status
    this.reason = reason
    this.message = isReloadError(ending.error) ? messageOf(ending.error) : null
    this.state = status
    announceEnd(this.core, this, ending)
    this.tell()
    if (status === 'success' || status === 'superseded' || status === 'rolled_back') {
      this.settleWith({ status, reason: reason === '' ? 'confirmed' : reason })
    }
  }

  auditEntry(event: AuditLine['event'], status: string): AuditEntry {
    return {
      at: new Date(this.core.clock.now()).toISOString(),
      event,
      attempt: this.id,
      scope: this.core.scope,
      who: this.actor,
      trigger: this.origin.trigger,
      source: this.origin.source,
      from: this.from,
      to: this.candidate?.version ?? null,
      digest: this.candidate?.digest ?? null,
      status,
      reason: this.reason,
      changedParameters: this.changed,
      traceId: this.traceId,
      spanId: this.span.context.spanId,
      ...this.consent(),
      ...this.keys(),
    }
  }

  report(): AttemptReport {
    return {
      attempt: this.id,
      trigger: this.origin.trigger,
      source: this.origin.source,
      actor: this.actor,
      from: this.from,
      to: this.candidate?.version ?? null,
      status: this.status,
      reason: this.reason,
      ...(this.message !== null && { message: this.message }),
      traceId: this.traceId,
      startedAt: this.beginning.atMs,
      durationMs: this.durationMs,
      changedParameters: this.changed,
      issues: this.issues,
      ...this.consent(),
      stages: this.stages.toReports(),
    }
  }

  /** Who agreed, or why nobody was asked. */
  private consent(): Pick<AuditLine, 'approvals' | 'rejectedBy' | 'emergency'> {
    const { emergency, reason = '' } = this.origin
    return {
      ...(this.approvals !== null && this.approvals.length > 0 && { approvals: this.approvals }),
      ...(this.rejectedBy !== null && { rejectedBy: this.rejectedBy }),
      ...(emergency === true && { emergency: reason }),
    }
  }

  /** What makes the same offer known again. */
  private keys(): Pick<AuditLine, 'idempotencyKey' | 'offered' | 'payloadKey'> {
    const { idempotencyKey } = this.origin
    const { offered } = this.beginning
    const { candidate } = this
    const payloadKey = candidate?.isSealedHere === false ? candidate.manifest.idempotencyKey : null
    return {
      ...(idempotencyKey !== undefined &&
        offered !== null && { idempotencyKey, offered: digestOfOffer(offered) }),
      ...(payloadKey !== null && { payloadKey }),
    }
  }

  private tell(): void {
    this.core.events.tell({
      at: this.core.clock.now(),
      attempt: this.id,
      state: this.state,
      version: this.candidate?.version ?? null,
      traceId: this.traceId,
      ...(this.isEnded && { status: this.status, reason: this.reason }),
      ...(this.message !== null && { message: this.message }),
    })
  }
}

/** A new trace that links to where the offer came from, unless that asks to be the parent. */
function startRoot(core: Core, { origin, author, atMs }: Beginning, id: string): Span {
  const parent = origin.child === true ? origin.trace : undefined
  const links = [parent === undefined ? origin.trace : undefined, author ?? undefined]
  return core.telemetry.tracer.start('reload', {
    parent: parent ?? null,
    links: links.filter((it) => it !== undefined),
    kind: origin.trigger === 'message' ? 'consumer' : 'internal',
    startTime: atMs,
    attributes: {
      'reload.trigger': origin.trigger,
      'reload.source': origin.source,
      'reload.scope': core.scope,
      'reload.attempt.id': id,
      'user.id': origin.actor,
      'reload.emergency': origin.emergency === true ? true : undefined,
    },
  })
}

/** One thing that is wrong says more than that there is one. */
function messageOf({ issues, message }: ReloadError): string {
  const [only, ...others] = issues
  return only === undefined || others.length > 0 ? message : only.message
}

/** The issues of an error, at least the error itself, with their places in what a person wrote. */
export function placed(error: ReloadError, places: Candidate['places']): readonly Issue[] {
  const issues = error.issues.length > 0 ? error.issues : [{ code: error.code, message: error.message }]
  if (places === undefined) return issues
  return issues.map((it): Issue => {
    const place = it.place ?? (it.pointer === undefined ? undefined : places(it.pointer))
    return place === undefined ? it : { ...it, place }
  })
}
