/**
 * What a gateway compares of two versions, for simulated calls. `npm run simulate` refuses to count with anything else than
 * the gateway's own table (`gateway/src/pipeline/measures.ts`), which this package does not know.
 */
import type { AnalysisPolicy, MeasureSpec, RolloutUnit } from '../../contract/rollout.ts'

const rate = { kind: 'proportion', worse: 'higher', tolerance: 0.1, minSamples: 50 } as const
const sum = { kind: 'amount', worse: 'higher', tolerance: 0.04, minSamples: 50 } as const

export const simulatedMeasures: readonly MeasureSpec[] = [
  { ...rate, name: 'failed_rate', tolerance: 0.05, weight: 4 },
  { ...rate, name: 'error_rate', tolerance: 0.05, weight: 4 },
  { ...rate, name: 'rejected_rate' },
  { ...rate, name: 'unauthorized_rate' },
  { ...rate, name: 'limited_rate' },
  { ...rate, name: 'retried_rate', tolerance: 0.5 },
  { ...rate, name: 'refusal_rate' },
  { ...rate, name: 'schema_valid_rate', worse: 'lower', tolerance: 0.02, optional: true },
  { ...sum, name: 'latency_ms', weight: 4 },
  { ...sum, name: 'first_token_ms', optional: true },
  { ...sum, name: 'input_tokens', worse: 'either', tolerance: 0.5, optional: true },
  { ...sum, name: 'output_tokens', worse: 'either', tolerance: 0.5, optional: true },
  { ...sum, name: 'cost_micro_usd', weight: 4, optional: true },
  { ...rate, name: 'cache_hit_rate', worse: 'lower', optional: true },
  { ...rate, name: 'masked_rate', tolerance: 0.5, optional: true },
  { ...rate, name: 'feedback_rate', worse: 'lower', optional: true },
]

/** Where each stands among them. */
export const AT = {
  failed: 0,
  error: 1,
  rejected: 2,
  unauthorized: 3,
  limited: 4,
  retried: 5,
  refusal: 6,
  schemaValid: 7,
  latency: 8,
  firstToken: 9,
  inputTokens: 10,
  outputTokens: 11,
  cost: 12,
  cacheHit: 13,
  masked: 14,
  feedback: 15,
} as const

/** Of units that are tenants a gateway asks for fewer, as there are not many. */
const FEWEST_TENANTS = 10

/** As a gateway judges, where nobody has set anything. */
export function usualPolicy(unit: RolloutUnit): AnalysisPolicy {
  if (unit !== 'tenant') return {}
  const fewer = { minSamples: FEWEST_TENANTS }
  return { measures: Object.fromEntries(simulatedMeasures.map(({ name }) => [name, fewer])) }
}
