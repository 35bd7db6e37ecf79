/** What the admin API works on: handed in by `main.ts`, so that a test can hand in doubles. */
import type { Clock, Reloader, Telemetry } from '@changeover/reload'
import type { ApprovalDesk } from '../access/approval-desk.ts'
import type { CompiledAccess } from '../access/compile-access.ts'
import type { Subscriptions } from '../apis/subscriptions.ts'
import type { CallLog } from '../calls/call-log.ts'
import type { Provenance } from '../cause/provenance.ts'
import type { Standing } from '../contract/allowance.ts'
import type { AnswerCache } from '../contract/answer-cache.ts'
import type { CountersHealth } from '../contract/counters.ts'
import type { PlanShelf } from '../plan/plan-shelf.ts'
import type { Planner } from '../plan/planner.ts'
import type { AttemptJournal } from './attempt-journal.ts'
import type { Changer } from './changer.ts'
import type { PlanBody } from './make-plan.ts'
import type { SettingsSource } from './settings-source.ts'

export interface AdminRooms {
  readonly reloader: Reloader<unknown>
  readonly calls: CallLog
  readonly journal: AttemptJournal
  readonly changer: Changer
  readonly provenance: Provenance
  readonly planner: Planner
  readonly plans: PlanShelf<PlanBody>
  readonly source: SettingsSource
  readonly subscriptions: Subscriptions
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly about: AboutGateway
  readonly access: AdminAccess
  /** Of the version in force, by name. */
  caches?(): ReadonlyMap<string, AnswerCache>
  /** How the server stands that counts are shared through; `null` for none. */
  counters?(): CountersHealth | null
  /** How limits and budgets stand, of all tenants or of one. Rejects where shared counts cannot be reached. */
  limits?(tenant: string | null): Promise<readonly Standing[]>
  /** What the candidate of a shadow rollout would have done otherwise. */
  shadowOf?(rollout: string): ShadowCount | null
}

export interface ShadowCount {
  readonly calls: number
  readonly refused: number
  readonly elsewhere: number
  readonly sent: number
  readonly costMicroUsd: number
}

/** Who may what, and what waits for whom. */
export interface AdminAccess {
  /** Of the version in force; `null` while there is none. */
  inForce(): CompiledAccess | null
  readonly desk: ApprovalDesk
}

export interface AboutGateway {
  /** Of the build. */
  readonly version: string
  /** Wall milliseconds. */
  readonly startedAt: number
  /** Addresses are known only once the ports are open. */
  addresses(): { readonly data: string | null; readonly admin: string | null }
  ready(): boolean
}
