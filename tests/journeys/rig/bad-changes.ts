/**
 * Changes that go wrong, each in a way of its own, and the settings that they are made to. What each does to whoever it
 * reaches is the provider's doing (`moody-provider.ts`) or the gateway's own.
 */
import { FORBIDDING, MODELS, PROVIDER_KEYS } from './moody-provider.ts'
import { toYaml } from './settings-text.ts'
import type { Answered } from './tenant-load.ts'
import { makeTenants, tenantSettings } from './tenants.ts'

export const TENANTS = 400
const CATALOGUE_NAME = `openai-compatible/${MODELS.quick}`

/** What the gateway finds in its environment. */
export const CREDENTIALS = { PROVIDER_KEY: PROVIDER_KEYS.valid, OLD_KEY: PROVIDER_KEYS.revoked } as const

export interface BadChange {
  readonly name: string
  /** A merge patch. */
  readonly change: object
  /** Why it goes back: the measure, or the guard. */
  readonly by: RegExp
  /** Calls under it before it is found out, at most. */
  readonly within: number
  /** Whether a caller got something worse than before. */
  readonly suffers: (it: Answered) => boolean
}

/**
 * Nearly everything fails, so a handful of calls is enough: for the guard, or for the comparison, where a look falls
 * before the guard knows how the others fare.
 */
const AT_ONCE = /was taken back (?:at once|by its analysis, \w+ed_rate|by its analysis, error_rate)/

export const badChanges: readonly BadChange[] = [
  {
    name: 'a prompt that makes the model refuse',
    change: { contexts: { 'support@1.1.0': { prompt: `Help people with their tickets. ${FORBIDDING}` } } },
    by: /analysis, refusal_rate/,
    within: 500,
    suffers: (it) => it.isRefused,
  },
  {
    name: 'a route to a slower model',
    change: { routes: { support: { targets: [{ model: 'thorough' }] } } },
    by: /analysis, latency_ms/,
    within: 500,
    suffers: (it) => it.model === MODELS.slow,
  },
  {
    name: 'a limit set too low',
    change: { limits: { each: { requests: 1 } } },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status === 429,
  },
  {
    name: 'keys replaced before their callers know',
    change: { tenants: tenantSettings(makeTenants(TENANTS, 'new-key'), 'each') },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status === 401,
  },
  {
    name: 'a key that the provider has revoked',
    change: { providers: { moody: { credential: '${env:OLD_KEY}' } } },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status >= 400,
  },
  {
    name: 'a price with a zero too many',
    change: { catalogue: { [CATALOGUE_NAME]: { prices: [{ input: 50, output: 150 }] } } },
    by: /analysis, cost_micro_usd/,
    within: 500,
    suffers: (it) => it.status === 200,
  },
  {
    name: 'a provider that answers 500',
    change: { routes: { support: { targets: [{ model: 'new' }] } } },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status >= 500,
  },
  {
    name: 'a prompt with a variable that nobody sends',
    change: {
      contexts: {
        'support@1.1.0': { prompt: 'Help {{customer}} with tickets.', variables: { customer: {} } },
      },
    },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status === 400,
  },
  {
    name: 'a prompt that comes to nothing',
    change: {
      contexts: { 'support@1.1.0': { prompt: '{{style}}', variables: { style: { default: '' } } } },
    },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status >= 400,
  },
  {
    name: 'a guardrail that blocks too much',
    change: {
      guardrails: { tidy: { guards: [{ kind: 'deny', action: 'block', on: 'output', words: ['word'] }] } },
      routes: { support: { guardrails: ['tidy'] } },
    },
    by: AT_ONCE,
    within: 100,
    suffers: (it) => it.status === 422,
  },
]

export interface CanaryWorld {
  /** Origins. */
  readonly provider: string
  readonly collector: string
  /** Default: five per cent, for longer than any test. */
  readonly steps?: readonly { readonly share: number; readonly forMs: number }[]
}

const LONG = [{ share: 0.05, forMs: 600_000 }]

/** A good version, a policy of canaries by tenant, and the models that the changes lead to. */
export function canarySettings({ provider, collector, steps = LONG }: CanaryWorld): string {
  return toYaml({
    providers: {
      moody: {
        kind: 'openai-compatible',
        baseUrl: `${provider}/v1`,
        credential: '${env:PROVIDER_KEY}',
      },
    },
    models: {
      usual: { provider: 'moody', model: MODELS.quick },
      thorough: { provider: 'moody', model: MODELS.slow },
      new: { provider: 'moody', model: MODELS.ill },
    },
    catalogue: { [CATALOGUE_NAME]: { prices: [{ input: 5, output: 15 }] } },
    contexts: { 'support@1.0.0': { prompt: 'Help people with their tickets.' } },
    routes: { support: { targets: [{ model: 'usual' }], context: 'support@^1' } },
    limits: { each: { requests: 6000, perMs: 60_000 } },
    rollout: {
      observe: { bakeMs: 100 },
      policy: { strategy: 'canary', unit: 'tenant', steps: steps.map((it) => ({ ...it })) },
      // So that nothing goes back by chance, and no other measure than the one that is expected speaks first.
      analysis: { everyMs: 200, falseAlarms: 0.000_001 },
    },
    telemetry: { traces: { ratio: 0, otlp: { endpoint: collector } } },
    tenants: tenantSettings(makeTenants(TENANTS), 'each'),
  })
}
