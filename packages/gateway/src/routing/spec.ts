/** What can be set about models and routes, and the default of every number with its reason. */
import { z } from 'zod'
import { LONGEST_MS, setting } from '../contract/setting.ts'

export const ROUTE_DEFAULTS = {
  weight: 1,
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
} as const

const duration = z.int().min(1).max(LONGEST_MS)
const parameters = z.record(z.string(), z.unknown())

export const modelSpec = z.strictObject({
  provider: setting(z.string(), 'the entry of providers that serves this model'),
  model: setting(
    z.string().min(1).max(256).optional(),
    "the provider's own id of the model; without it the name of this entry",
  ),
  catalogue: setting(
    z.string().min(1).max(256).optional(),
    'the entry of the catalogue that says what this model takes and costs; without it the kind of its provider and its id, such as openai/gpt-5.4',
  ),
  parameters: setting(
    parameters.optional(),
    'defaults for request fields that the caller leaves out, such as temperature',
  ),
})

const targetSpec = z.strictObject({
  model: setting(z.string(), 'an entry of models'),
  weight: setting(
    z.int().min(0).max(1_000_000).default(ROUTE_DEFAULTS.weight),
    'share of the requests, relative to the other targets; 0 takes none',
  ),
})

const retriesSpec = z.strictObject({
  attempts: setting(
    z.int().min(1).max(10).default(ROUTE_DEFAULTS.attempts),
    'attempts in all, the first and those on fallback models included, before the first token',
  ),
  baseMs: setting(
    duration.default(ROUTE_DEFAULTS.baseMs),
    'the wait before the second attempt is random below this, and doubles with each further one',
    { unit: 'ms' },
  ),
  maxMs: setting(duration.default(ROUTE_DEFAULTS.maxMs), 'no wait between attempts is longer', {
    unit: 'ms',
  }),
})

const timeoutsSpec = z.strictObject({
  connectMs: setting(
    duration.default(ROUTE_DEFAULTS.connectMs),
    'until a connection to the provider is there',
    {
      unit: 'ms',
    },
  ),
  firstTokenMs: setting(
    duration.default(ROUTE_DEFAULTS.firstTokenMs),
    'from sending the request to the first token, or to the whole reply where nothing is streamed',
    { unit: 'ms' },
  ),
  idleMs: setting(duration.default(ROUTE_DEFAULTS.idleMs), 'between two chunks of a stream', { unit: 'ms' }),
  totalMs: setting(duration.default(ROUTE_DEFAULTS.totalMs), 'for the whole call with all its attempts', {
    unit: 'ms',
  }),
})

export const routeSpec = z.strictObject({
  targets: setting(
    z
      .array(targetSpec)
      .min(1)
      .refine((it) => it.length === 0 || it.some((target) => target.weight !== 0), {
        error: 'at least one weight above 0',
      }),
    'models that share the requests of this route by weight',
  ),
  fallback: setting(
    z.array(z.string()).default([]),
    'models tried in this order, before the first token, when the chosen target fails',
  ),
  context: setting(
    z.string().optional(),
    'context as name@range, such as support@^2: the highest published version in the range',
  ),
  retries: setting(retriesSpec.prefault({}), 'how often and how soon a failed attempt is made again'),
  timeouts: setting(timeoutsSpec.prefault({}), 'how long each part of a call may take'),
})

export type ModelSpec = z.output<typeof modelSpec>
export type RouteSpec = z.output<typeof routeSpec>
