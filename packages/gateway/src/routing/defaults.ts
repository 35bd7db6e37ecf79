/** The default of every number in routing, with its reason. */
import { BREAKER_DEFAULTS } from './breaker.ts'

export const ROUTE_DEFAULTS = {
  // The first and two more: enough to get past one bad target and one bad moment, not enough to triple
  // the load of a provider that is already down for long (its breaker opens meanwhile).
  attempts: 3,
  // Rate limits and restarts pass in about a second; full jitter spreads the second attempt below it.
  baseMs: 200,
  maxMs: 2000,
  // Another continent answers a TCP and TLS handshake in well under a second; two lost packets fit in.
  connectMs: 5000,
  // Reasoning models think for tens of seconds before they say a word.
  firstTokenMs: 120_000,
  // Between two chunks; they also pause to think in the middle, and providers send no keep-alive then.
  idleMs: 60_000,
  // The official clients give up after ten minutes, so work beyond that is for nobody.
  totalMs: 600_000,
  // A caller who says how long he waits will not be there afterwards.
  fromCaller: true,
} as const

export const ROUTING_DEFAULTS = {
  weight: 1,
  // All equal, unless somebody says otherwise.
  targetPriority: 0,
  strategy: 'weighted',
  // Most of what differs between providers is a hint; a caller who must have it asks for a route that refuses.
  unsupported: 'warn',
  stickyBy: 'session',
  // Providers cache prompts from about 1,024 tokens on: system prompt and tools, not the question.
  promptChars: 4096,
  // A copy costs as much as the call.
  mirrorShare: 0.1,
  mirrorPending: 16,
  // Google's tail at scale: with the 95th percentile as delay, 5 % more requests buy most of the gain.
  hedgeShare: 0.1,
  // As the breaker's, so that whichever is looked at first says the same.
  ejectAfter: 5,
  ejectGap: 0.3,
  // Below this, shares are chance.
  ejectMinCalls: 20,
  ejectWindowMs: 30_000,
  ejectForMs: 30_000,
  // Half of the targets must carry all of the load.
  ejectMaxPercent: 50,
  // Some seconds of work for a bound of ten; more than that is better told to come back.
  queueMax: 100,
  queueWaitMs: 10_000,
  breakerFailures: BREAKER_DEFAULTS.failures,
  breakerWindowMs: BREAKER_DEFAULTS.windowMs,
  breakerOpenMs: BREAKER_DEFAULTS.openMs,
  breakerMaxOpenMs: BREAKER_DEFAULTS.maxOpenMs,
} as const
