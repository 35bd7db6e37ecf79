/**
 * What can be set about models and routes. Parts that are maps of their own: `spec-parts.ts`; the default of every
 * number with its reason: `defaults.ts`.
 */
import { z } from 'zod'
import { MODEL_NAME, MODEL_NAME_EXPECTED, setting } from '../contract/setting.ts'
import { ROUTE_DEFAULTS, ROUTING_DEFAULTS } from './defaults.ts'
import {
  breakerSpec,
  concurrencySpec,
  duration,
  ejectionSpec,
  fallbackForSpec,
  hedgeSpec,
  mirrorSpec,
  needsSpec,
  regionSpec,
  ruleSpec,
  stickySpec,
  strategySpec,
  targetsSpec,
} from './spec-parts.ts'

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
  promptCache: setting(
    z.enum(['off', 'auto', 'hour']).default('off'),
    'whether its provider is told what of a prompt it may keep for the next call, where the caller says nothing of that; hour: for an hour where there is a choice, at its price',
  ),
  region: setting(regionSpec.optional(), 'where it is served, for calls that must stay in a region'),
  sensitive: setting(
    z.boolean().default(false),
    'whether it may be sent what is marked as sensitive; where that is asked for, no other model is',
  ),
  concurrency: setting(
    concurrencySpec.optional(),
    "bound on this model's requests at once, over all routes; without it none",
  ),
  breaker: setting(breakerSpec.optional(), 'when it is given a rest because it fails'),
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
  fromCaller: setting(
    z.boolean().default(ROUTE_DEFAULTS.fromCaller),
    'whether a shorter time that the caller gives (x-request-timeout-ms, x-stainless-timeout) counts, and is passed on',
  ),
})

export const routeSpec = z.strictObject({
  targets: setting(
    targetsSpec,
    'models that share the requests of this route, by weight unless strategy says otherwise',
  ),
  strategy: setting(
    strategySpec.default(ROUTING_DEFAULTS.strategy),
    'how one of the targets is chosen for a request',
  ),
  sticky: setting(
    stickySpec.prefault({}),
    'for strategy sticky: what stays together, and how it is recognised',
  ),
  aliases: setting(
    z.array(z.string().regex(MODEL_NAME, { error: MODEL_NAME_EXPECTED })).default([]),
    'further names by which callers may ask for this route',
  ),
  rules: setting(
    z.array(ruleSpec).max(100).default([]),
    'looked at in this order; the first whose condition holds decides who takes the request',
  ),
  require: setting(
    needsSpec.optional(),
    'what a model must be to be asked at all, as target, fallback, hedge or mirror',
  ),
  fallback: setting(
    z.array(z.string()).default([]),
    'models tried in this order, before the first token, when the chosen target fails',
  ),
  fallbackFor: setting(
    fallbackForSpec.optional(),
    'lists by kind of failure; such a failure goes to its list at once, in place of fallback',
  ),
  mirror: setting(mirrorSpec.optional(), 'copies of requests to another model, to compare; without it none'),
  hedge: setting(
    hedgeSpec.optional(),
    'a second attempt beside one that is slow, before the first token; the first to answer wins',
  ),
  ejection: setting(
    ejectionSpec.optional(),
    'targets that do worse than the others rest; without it none does',
  ),
  concurrency: setting(concurrencySpec.optional(), "bound on this route's requests at once; without it none"),
  context: setting(
    z.string().optional(),
    'context as name@range, such as support@^2: the highest published version in the range',
  ),
  cache: setting(
    z.string().optional(),
    'entry of cache that keeps the answers of this route; without it none are kept',
  ),
  guardrails: setting(
    z.array(z.string()).max(16).default([]),
    'entries of guardrails that look at the requests and answers of this route, in this order',
  ),
  unsupported: setting(
    z.enum(['warn', 'refuse']).default(ROUTING_DEFAULTS.unsupported),
    'what happens to a request that asks for something its target does not have: it is sent without it and the answer says so, or it is refused',
  ),
  retries: setting(retriesSpec.prefault({}), 'how often and how soon a failed attempt is made again'),
  timeouts: setting(timeoutsSpec.prefault({}), 'how long each part of a call may take'),
})

export type ModelSpec = z.output<typeof modelSpec>
export type RouteSpec = z.output<typeof routeSpec>
export type NeedsSpec = z.output<typeof needsSpec>
export type RuleSpec = z.output<typeof ruleSpec>
