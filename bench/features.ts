/**
 * What a route may use beyond the bare one, each measured for itself. The routes stand in `changeover.yaml` under
 * `feature-<name>`.
 */
export interface Feature {
  readonly name: string
  readonly says: string
}

export const features: readonly Feature[] = [
  { name: 'anthropic', says: 'translated to Anthropic Messages and back' },
  { name: 'gemini', says: 'translated to Gemini and back' },
  { name: 'split', says: 'two targets by weight' },
  { name: 'latency', says: 'two targets by latency' },
  { name: 'cost', says: 'two targets by price' },
  { name: 'least-busy', says: 'two targets, the less busy one' },
  { name: 'headroom', says: 'two targets by headroom of rate limits' },
  { name: 'sticky', says: 'two targets, sticky by prompt prefix' },
  { name: 'rules', says: 'three rules that do not hold, one that does' },
  { name: 'queue', says: 'concurrency bound with a queue' },
  { name: 'prompt', says: 'prompt template with two variables' },
]
