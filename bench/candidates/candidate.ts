/**
 * Something that stands between caller and provider, and how to start it for a run.
 *
 * A candidate that cannot be had here (not installed, not built) is absent, and its row says so: the benchmark
 * must run on any Linux, and a missing peer must never look like a beaten one.
 */
import type { Child } from '../child.ts'
import type { Target } from '../load/job.ts'
import type { Machine } from '../machine.ts'

export type Ability = 'json' | 'streams' | 'reload' | 'features' | 'canary' | 'costs'

export interface Surroundings {
  readonly machine: Machine
  readonly upstreamPort: number
  /** Belongs to this start alone. */
  readonly folder: string
}

export interface Running {
  readonly target: Target
  readonly child: Child | null
  /** From spawning to the first answer with status 200 (to the path that says it is ready, where there is one). */
  readonly startMs: number
  readonly rssIdleBytes: number
  /** Changes the settings once, under way; resolves when the gateway says that it took them. */
  readonly reload?: () => Promise<ReloadDone>
  /** Puts half of the requests under a second version that does the same; resolves to what ends that. */
  readonly tryBeside?: () => Promise<() => Promise<void>>
  /** Puts a merge patch on the settings; resolves when they are in force. */
  readonly change?: (patch: object) => Promise<void>
  stop(): Promise<void>
}

export interface ReloadDone {
  readonly tookMs: number
  /** What the gateway calls the new version, and the model that it must now choose. */
  readonly expects?: { readonly version: string; readonly model: string }
}

export interface Candidate {
  readonly name: string
  readonly label: string
  readonly abilities: readonly Ability[]
  /** Load before the first round of measurements: runtimes that compile as they go need it, plain C does not. */
  readonly warmUpMs: number
  /** Version, or why it is absent. */
  look(): { readonly version: string } | { readonly absent: string }
  start(surroundings: Surroundings): Promise<Running>
}
