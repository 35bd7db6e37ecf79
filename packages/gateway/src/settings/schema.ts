/**
 * The whole tree of settings, put together from what each room says of its own.
 *
 * Two views of the same schemas: section by section, entry by entry, for checking a reload (an entry that
 * did not change is not checked again), and as one schema for whoever wants all of it at once: the JSON
 * Schema, the reference, the types.
 *
 * Not here: references between entries, which need all rooms (`pipeline/compile-references.ts`).
 */
import { z } from 'zod'
import { approvalsSpec, oidcSpec, peopleSpec, rolesSpec } from '../access/spec.ts'
import { API_NAME_EXPECTED, apiSpec, isApiName } from '../apis/spec.ts'
import { cacheSpec } from '../cache/spec.ts'
import { recordSpec } from '../calls/spec.ts'
import { catalogueSpec } from '../catalogue/spec.ts'
import { CONTEXT_NAME_EXPECTED, contextSpec, isContextName } from '../contexts/spec.ts'
import {
  MODEL_NAME,
  MODEL_NAME_EXPECTED,
  PLAIN_NAME,
  PLAIN_NAME_EXPECTED,
  setting,
} from '../contract/setting.ts'
import {
  counterLocalShareSpec,
  counterModeSpec,
  counterPortionSpec,
  counterStoreSpec,
  counterTimeoutSpec,
  counterUnreachableSpec,
} from '../counters/spec.ts'
import { guardrailSpec } from '../guardrails/spec.ts'
import { callersSpec, revokedWithinSpec, tenantSpec } from '../identity/spec.ts'
import { tokensSpec } from '../identity/token-spec.ts'
import { budgetSpec, limitSpec } from '../policy/spec.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec, routeSpec } from '../routing/spec.ts'
import { probeSpec } from '../uptime/spec.ts'
import { analysisSpec, changesSpec, freezeSpec, observeSpec, policySpec } from './rollout-spec.ts'
import { logsSpec, metricsSpec, tracesSpec } from './telemetry-spec.ts'

/** Ids of models hold slashes of their own: `openrouter/google/gemini-2.5-pro`. */
const CATALOGUE_NAME = /^[a-z][a-z0-9-]{0,63}\/[A-Za-z0-9@][A-Za-z0-9._:/@+-]{0,255}$/

const plainName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })
const modelName = z.string().regex(MODEL_NAME, { error: MODEL_NAME_EXPECTED })
const catalogueName = z.string().regex(CATALOGUE_NAME, {
  error: 'a kind of provider, a slash, and the id of a model, such as openai/gpt-5.4',
})
const contextName = z
  .string()
  .refine(isContextName, { error: CONTEXT_NAME_EXPECTED })
  .meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}@[0-9]+\\.[0-9]+\\.[0-9]+.*$' })

const apiName = z
  .string()
  .refine(isApiName, { error: API_NAME_EXPECTED })
  .meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}@[0-9]+\\.[0-9]+\\.[0-9]+.*$' })

/** Sections whose entries have names of the operator's choice. */
const named = {
  providers: { name: plainName, entry: providerSpec, says: 'where models are served, by name' },
  models: {
    name: modelName,
    entry: modelSpec,
    says: 'models by name; each can be called by this name, and routes build on them',
  },
  catalogue: {
    name: catalogueName,
    entry: catalogueSpec,
    says: 'what models take and cost, by kind of provider and id; an entry stands in the place of the one that ships with the gateway',
  },
  contexts: {
    name: contextName,
    entry: contextSpec,
    says: 'prompts by name@version; what is published under a version does not change',
  },
  routes: {
    name: modelName,
    entry: routeSpec,
    says: 'what callers ask for as model, by name; a route goes before a model of the same name',
  },
  apis: {
    name: apiName,
    entry: apiSpec,
    says: 'prompts published at /apis/{name}/{version}, by name@version; what goes in and comes out of a published version does not change',
  },
  tenants: {
    name: plainName,
    entry: tenantSpec,
    says: 'who may call, by name',
  },
  guardrails: {
    name: plainName,
    entry: guardrailSpec,
    says: 'what is looked for in requests and answers, by name; routes and tenants name theirs',
  },
  limits: {
    name: plainName,
    entry: limitSpec,
    says: 'how much may be asked for, by name; counted by key, team or tenant, whichever names it',
  },
  budgets: {
    name: plainName,
    entry: budgetSpec,
    says: 'what calls may come to in a period of the calendar, by name; counted by key, team or tenant, whichever names it',
  },
  cache: {
    name: plainName,
    entry: cacheSpec,
    says: 'answers that are kept, by name; routes name the one that keeps theirs',
  },
  probes: {
    name: plainName,
    entry: probeSpec,
    says: 'what has to go on answering while a version of the settings is on trial, by name; those in force before it count',
  },
} as const

/** Sections whose entries have names that the gateway knows. */
const fixed = {
  access: {
    entries: {
      callers: callersSpec,
      revokedWithinMs: revokedWithinSpec,
      people: peopleSpec,
      roles: rolesSpec,
      oidc: oidcSpec,
      tokens: tokensSpec,
      approvals: approvalsSpec,
    },
    says: 'who may call at all, and who may change what',
  },
  telemetry: {
    entries: { logs: logsSpec, traces: tracesSpec, metrics: metricsSpec },
    says: 'what the gateway tells about itself',
  },
  calls: { entries: { record: recordSpec }, says: 'records of finished calls' },
  counters: {
    entries: {
      store: counterStoreSpec,
      mode: counterModeSpec,
      portion: counterPortionSpec,
      onUnreachable: counterUnreachableSpec,
      localShare: counterLocalShareSpec,
      timeoutMs: counterTimeoutSpec,
    },
    says: 'where limits and budgets are counted that several gateways share',
  },
  rollout: {
    entries: {
      observe: observeSpec,
      policy: policySpec,
      analysis: analysisSpec,
      changes: changesSpec,
      freeze: freezeSpec,
    },
    says: 'how a version of the settings comes in',
  },
} as const

const entrySays = {
  callers:
    'known: only keys of tenants; anyone: whoever reaches the port, and then there are no tenants; not said: known where there are tenants, else anyone, on a loopback address only and never where there were tenants before',
  revokedWithinMs:
    'within what time after the swap calls that run are cut when their key was withdrawn, for those of older versions too; 0: at once; finish: they may end; without it 1000',
  people: 'who may use the admin API, by name; the token in the state directory may always do everything',
  roles: 'roles beside the built-in ones, by name',
  oidc: 'identity providers whose signed tokens are taken, by name',
  tokens:
    'identity providers whose signed tokens are taken from callers in place of keys, by name; with one of them, callers must be known',
  approvals:
    'changes that others have to agree to, by class of change; the policy that counts is the one in force, and the author never counts',
  logs: 'log lines',
  traces: 'spans of requests and reloads',
  metrics: 'counters and histograms',
  record: 'what is kept of each call',
  store: 'the server that counts are shared through; without one each process counts by itself',
  mode: 'exact: the server is asked for each call; leased: each process takes portions in advance and answers from them at once',
  portion: 'leased: what share of what is left is taken at a time, 0 to 1',
  onUnreachable:
    'while the server is away: refuse calls that it would count, or count on in each process up to localShare',
  localShare:
    'share of each limit and budget that a process may let through by itself while the server is away',
  timeoutMs: 'how long a call waits for the server at most',
  observe: 'the time after a new version came in',
  policy: 'who gets a new version first',
  analysis: 'what decides whether it goes on',
  changes:
    'by section that a change touches, such as contexts: who gets it first, in place of what policy says; of several the most careful',
  freeze: 'times in which no change comes in',
} as const

/** One schema for everything, as an operator writes it. */
export const settingsSchema = z.strictObject({
  providers: section('providers'),
  models: section('models'),
  catalogue: section('catalogue'),
  contexts: section('contexts'),
  routes: section('routes'),
  apis: section('apis'),
  access: setting(
    z.strictObject({
      callers: setting(callersSpec.optional(), entrySays.callers),
      revokedWithinMs: setting(revokedWithinSpec.optional(), entrySays.revokedWithinMs, { unit: 'ms' }),
      people: setting(peopleSpec.optional(), entrySays.people),
      roles: setting(rolesSpec.optional(), entrySays.roles),
      oidc: setting(oidcSpec.optional(), entrySays.oidc),
      tokens: setting(tokensSpec.optional(), entrySays.tokens),
      approvals: setting(approvalsSpec.optional(), entrySays.approvals),
    }),
    fixed.access.says,
  ).optional(),
  tenants: section('tenants'),
  guardrails: section('guardrails'),
  limits: section('limits'),
  budgets: section('budgets'),
  cache: section('cache'),
  telemetry: setting(
    z.strictObject({
      logs: setting(logsSpec.optional(), entrySays.logs),
      traces: setting(tracesSpec.optional(), entrySays.traces),
      metrics: setting(metricsSpec.optional(), entrySays.metrics),
    }),
    fixed.telemetry.says,
  ).optional(),
  calls: setting(
    z.strictObject({ record: setting(recordSpec.optional(), entrySays.record) }),
    fixed.calls.says,
  ).optional(),
  counters: setting(
    z.strictObject({
      store: setting(counterStoreSpec.optional(), entrySays.store),
      mode: setting(counterModeSpec.optional(), entrySays.mode),
      portion: setting(counterPortionSpec.optional(), entrySays.portion),
      onUnreachable: setting(counterUnreachableSpec.optional(), entrySays.onUnreachable),
      localShare: setting(counterLocalShareSpec.optional(), entrySays.localShare),
      timeoutMs: setting(counterTimeoutSpec.optional(), entrySays.timeoutMs, { unit: 'ms' }),
    }),
    fixed.counters.says,
  ).optional(),
  rollout: setting(
    z.strictObject({
      observe: setting(observeSpec.optional(), entrySays.observe),
      policy: setting(policySpec.optional(), entrySays.policy),
      analysis: setting(analysisSpec.optional(), entrySays.analysis),
      changes: setting(changesSpec.optional(), entrySays.changes),
      freeze: setting(freezeSpec.optional(), entrySays.freeze),
    }),
    fixed.rollout.says,
  ).optional(),
  probes: section('probes'),
})

function section<K extends keyof typeof named>(kind: K) {
  const entry = named[kind].entry as (typeof named)[K]['entry']
  return setting(z.record(named[kind].name, entry), named[kind].says).optional()
}

/** Every section there is, in the order in which people write them. */
export const SECTIONS: readonly string[] = Object.keys(settingsSchema.shape)

export const isSection = (kind: string): boolean => Object.hasOwn(settingsSchema.shape, kind)

/** The schema of an entry; `null` when its section knows no entry of that name. */
export function entrySchema(kind: string, name: string): z.ZodType | null {
  if (isKeyOf(named, kind)) return named[kind].entry
  if (!isKeyOf(fixed, kind)) return null
  const entries: Readonly<Record<string, z.ZodType>> = fixed[kind].entries
  return Object.hasOwn(entries, name) ? (entries[name] ?? null) : null
}

/** What a name must look like when this one does not; `null` when it does. */
export function nameExpected(kind: string, name: string): string | null {
  if (!isKeyOf(named, kind)) return null
  const checked = named[kind].name.safeParse(name)
  return checked.success ? null : (checked.error.issues[0]?.message ?? PLAIN_NAME_EXPECTED)
}

/** Names of the entries that a section knows; none where names are free. */
export function knownNames(kind: string): readonly string[] {
  return isKeyOf(fixed, kind) ? Object.keys(fixed[kind].entries) : []
}

function isKeyOf<T extends object>(object: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(object, key)
}
