/** What the benchmark writes down, one JSON object a line, and what the report is made of. */
import type { Measured, Spread } from './load/job.ts'
import type { Machine } from './machine.ts'

export interface ReloadTally {
  readonly asked: number
  readonly taken: number
  /** Texts of those that were refused, at most a few. */
  readonly refused: readonly string[]
  readonly tookMs: Spread
  /** Answers whose version and model do not belong together. */
  readonly mixedVersions: number
}

export type Presence =
  | { readonly name: string; readonly label: string; readonly version: string }
  | { readonly name: string; readonly label: string; readonly absent: string }

export interface RunRecord {
  readonly kind: 'run'
  readonly at: string
  readonly machine: Machine
  readonly present: readonly Presence[]
  readonly rounds: number
  readonly measureMs: number
}

export interface StartRecord {
  readonly kind: 'start'
  readonly candidate: string
  readonly startMs: number
  readonly rssIdleBytes: number
}

export interface MeasuredRecord {
  readonly kind: 'measured'
  readonly round: number
  readonly scenario: string
  readonly candidate: string
  /** Of two processes that change places: how often they had. */
  readonly place?: number
  readonly tries: number
  /** Why this is not as good a measurement as it should be, after the last try. */
  readonly disturbed: string | null
  /** Not to be used at all. */
  readonly isVoid: boolean
  readonly measured: Measured
  readonly reloads?: ReloadTally
}

export interface TroubleRecord {
  readonly kind: 'trouble'
  readonly round: number
  readonly candidate: string
  readonly what: string
}

export type BenchRecord = RunRecord | StartRecord | MeasuredRecord | TroubleRecord
