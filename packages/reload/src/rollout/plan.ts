/** What a rollout does, with every default filled in: the policy of a manifest, as the state machine reads it. */
import type {
  AnalysisPolicy,
  BurnRatePolicy,
  RolloutPolicy,
  RolloutStep,
  RolloutStrategy,
  RolloutUnit,
} from '../contract/rollout.ts'

export interface RolloutPlan {
  readonly strategy: RolloutStrategy
  /** `null` where nothing is assigned by unit. */
  readonly unit: RolloutUnit | null
  /** Below full traffic, in order. */
  readonly steps: readonly RolloutStep[]
  /** How long it stands beside before it takes all; for those without steps. `null`: until promoted. */
  readonly besideMs: number | null
  /** At full traffic; `null`: until somebody confirms it. */
  readonly bakeMs: number | null
  readonly everyMs: number
  readonly onInconclusive: 'extend' | 'pause'
  readonly extendMs: number
  readonly analysis: AnalysisPolicy
  /** `null`: its error budget is nobody's concern. */
  readonly burnRate: BurnRatePolicy | null
  readonly meanwhile: 'supersede' | 'queue' | 'refuse'
}

/** Often enough that harm is over within a second of being certain. */
const EVERY_MS = 1_000
/** As long as a usual step: a quiet hour is waited out once, and then somebody has to look. */
const EXTEND_MS = 600_000

/** `bakeMs` is the receiver's own, where the policy says none. */
export function planOf(policy: RolloutPolicy, bakeMs: number): RolloutPlan {
  const { strategy, analysis = {}, unit = 'request', steps = [] } = policy
  const last = steps.at(-1)
  const isLastFull = last?.share === 1
  // A step to all of the traffic is the time at full traffic.
  const full = isLastFull ? last.forMs : bakeMs
  return {
    strategy,
    unit: strategy === 'canary' ? unit : null,
    steps: isLastFull ? steps.slice(0, -1) : steps,
    besideMs: policy.forMs ?? null,
    bakeMs: policy.bakeMs ?? full,
    everyMs: analysis.everyMs ?? EVERY_MS,
    onInconclusive: analysis.onInconclusive ?? 'extend',
    extendMs: analysis.extendMs ?? EXTEND_MS,
    analysis,
    burnRate: policy.burnRate ?? null,
    meanwhile: policy.meanwhile ?? 'supersede',
  }
}

/** Whether a version begins beside the one in force, and not in its place. */
export function isSplit({ strategy, steps }: RolloutPlan): boolean {
  return strategy === 'canary' ? steps.length > 0 : strategy !== 'allAtOnce'
}
