/** What a planner and its worker tell each other. Only types: both sides read them. */
import type { SettingsTree } from '@changeover/reload'
import type { Replay, ReplayAsk, Warning } from './look.ts'

/** Plain data: a snapshot's live objects stay where they are. */
export interface WorkerTask {
  readonly path: string
  readonly before: SettingsTree
  readonly after: SettingsTree
  /** JSON pointers of what differs. */
  readonly changed: readonly string[]
  readonly ask: ReplayAsk
  /** Wall milliseconds. */
  readonly nowMs: number
}

export interface PlanProgress {
  readonly kind: 'progress'
  readonly stage: 'read' | 'replay'
  readonly calls: number
}

export interface PlanAnswer {
  readonly replay: Replay
  readonly warnings: readonly Warning[]
}

export type FromPlanWorker =
  | PlanProgress
  | { readonly kind: 'done'; readonly answer: PlanAnswer }
  | { readonly kind: 'failed'; readonly message: string }
