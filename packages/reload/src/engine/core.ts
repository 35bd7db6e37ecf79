/**
 * What the stages share: the settled options of one reloader, and the parts of its engine.
 *
 * Stages are functions that take this and an attempt. It is put together once, in `make-core.ts`, and never
 * changes; what changes is inside its parts.
 */
import type { Clock } from '../contract/clock.ts'
import type { ArtifactSource, Participant } from '../contract/participant.ts'
import type { ReloaderLimits } from '../contract/reloader.ts'
import type { FreezeQuestion, LatelySeen, MeasureSpec } from '../contract/rollout.ts'
import type { LogLevel, SpanContext, Telemetry } from '../contract/telemetry.ts'
import type { ApproveHook, Reader, Signer } from '../contract/trust.ts'
import type { Trust } from '../format/trust.ts'
import type { Cell } from './cell.ts'
import type { Freshness } from './freshness.ts'
import type { CarryShelf } from './live/carry.ts'
import type { Generations } from './live/generations.ts'
import type { AuditChain } from './records/audit.ts'
import type { Library } from './records/library.ts'
import type { Recorder } from './records/recorder.ts'
import type { Breaker } from './storms/breaker.ts'
import type { Idempotency } from './storms/idempotency.ts'
import type { Quarantine } from './storms/quarantine.ts'
import type { Events } from './telling/events.ts'
import type { TrustInForce } from './trust-in-force.ts'

export interface NamedParticipant {
  readonly name: string
  readonly participant: Participant
}

export interface Core {
  readonly scope: string
  readonly instance: string
  readonly limits: ReloaderLimits
  readonly participants: readonly NamedParticipant[]
  /** Kinds that somebody reads. */
  readonly kinds: ReadonlySet<string>
  readonly provides: ReadonlyMap<string, string>
  readonly read: Reader
  /** Whose signatures count now; `null` where none are asked for. Asked each time, because a new root may have come. */
  readonly trust: Trust | null
  readonly roots: TrustInForce
  readonly changeClasses: (changedParameters: readonly string[]) => readonly string[]
  readonly freshness: Freshness
  readonly signer: Signer | null
  readonly approve: ApproveHook | null
  readonly sources: readonly ArtifactSource[]
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly cell: Cell
  readonly generations: Generations
  readonly shelf: CarryShelf
  readonly recorder: Recorder
  readonly library: Library
  readonly audit: AuditChain
  readonly quarantine: Quarantine
  readonly breaker: Breaker
  readonly idempotency: Idempotency
  readonly events: Events
  readonly measures: readonly MeasureSpec[]
  readonly frozen: ((asked: FreezeQuestion) => string | null) | null
  readonly lately: ((measure: string) => LatelySeen | null) | null
  readonly secrets: { fill(text: string): string } | null
}

export interface Remark {
  readonly error?: unknown
  readonly span?: SpanContext
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** Says something for people, in the engine's own name. */
export function say(
  telemetry: Telemetry,
  level: LogLevel,
  message: string,
  { error, span, attributes }: Remark = {},
): void {
  telemetry.logger.log({
    level,
    room: 'engine',
    message,
    ...(attributes && { attributes }),
    ...(error !== undefined && { error }),
    ...(span && { span }),
  })
}
