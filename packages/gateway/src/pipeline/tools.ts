/** What every call works with: made once by the server, the same for all calls. */
import type { Clock, Pin, Reloader, Telemetry } from '@changeover/reload'
import type { SubscriptionBook } from '../contract/apis.ts'
import type { CallCopy, CallSink } from '../contract/call.ts'
import type { CompiledGateway } from '../contract/compiled.ts'
import type { Deadlines } from '../routing/deadlines.ts'
import type { Sides } from './placed.ts'
import type { VersionMemory } from './version-memory.ts'

export interface Parts {
  readonly gateway: CompiledGateway
}
export type GatewayReloader = Pick<Reloader<Parts>, 'acquire' | 'current'> &
  Partial<Pick<Reloader<Parts>, 'shadow' | 'isStale'>>
export type GatewayPin = Pin<Parts>

export interface PipelineTools {
  readonly reloader: GatewayReloader
  readonly calls: CallSink
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly random: () => number
  readonly deadlines: Deadlines
  readonly versions: VersionMemory
  readonly sides: Sides
  /** Who has been let in to which API; absent, nobody. */
  readonly subscriptions?: SubscriptionBook
  /** What these calls are copies for, where they are: said by their spans. Absent: callers made them. */
  readonly copy?: CallCopy['of']
  /** `config.scope` of spans. */
  readonly scope: string
  /** How long a caller may leave a stream standing before the call is cancelled. */
  readonly stallMs: number
  nextCallId(): string
  /** The text without any secret of ours; for what others say and we pass on. */
  readonly redact: (text: string) => string
}
