/** What the catalogue knows of a model: how much it takes, what kinds of content, and what it costs. */
import type { Usage } from './neutral.ts'

export interface ModelFacts {
  /** The entry of the catalogue: `openai/gpt-5.4`. */
  readonly name: string
  /** Who said so: the settings, or the list that ships with the gateway. */
  readonly from: 'settings' | 'shipped'
  /** Request and reply together. `null` where nobody has said; so with the rest. */
  readonly contextTokens: number | null
  readonly outputTokens: number | null
  /** `text`, `image`, `audio`, `video`, `pdf`. */
  readonly takes: readonly string[] | null
  readonly gives: readonly string[] | null
  readonly price: Price | null
}

/** What a call may come to. */
export interface MostUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** The class of service that it asks for, and may not get. */
  readonly serviceTier: string | null
  /** How long what it sends may be kept at the provider, which has a price of its own. */
  readonly keeps: Keeping
}

export type Keeping = 'no' | 'short' | 'hour'

/** What a model costs, ready to be asked at the end of each call. */
export interface Price {
  /** Twelve hex digits over the prices of the entry: the same prices have the same, whoever wrote them and wherever. */
  readonly digest: string
  /** Whole micro-dollars; `null` when no price had begun at that time (wall milliseconds). */
  costMicroUsd(usage: Usage, atMs: number): number | null
  /** Whether what a provider is asked to keep costs more than what it only reads. */
  readonly chargesForKeeping: boolean
  /** The same of a call that is still to be made: no less than it can come to, for text. */
  mostMicroUsd(most: MostUsage, atMs: number): number | null
  /** Dollars, for comparing targets before tokens are known: without tiers and hours. */
  perMillionTokens(atMs: number): { readonly input: number; readonly output: number }
}
