/** What the blame worker is told, and what it answers. Only types: both sides of the thread read them. */
import type { BlameAsk } from '../calls/blame-rows.ts'
import type { BlameReload, BlameReport } from './blame-report.ts'

export interface BlameTask {
  /** Of the call log. */
  readonly path: string
  readonly ask: BlameAsk
  readonly metric: { readonly name: string; readonly kind: 'proportion' | 'amount' }
  /** Oldest first. Those that answered calls of the window and are not among them are left to nobody. */
  readonly reloads: readonly BlameReload[]
}

export interface BlameAnswer {
  readonly report: BlameReport
  readonly calls: number
  readonly isCut: boolean
}

export type FromBlameWorker =
  | { readonly kind: 'done'; readonly answer: BlameAnswer }
  | { readonly kind: 'failed'; readonly message: string }
