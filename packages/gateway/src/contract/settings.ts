/**
 * The settings tree as the gateway reads it: a map of maps keyed by name. Section is resource kind,
 * key is resource name, so `/routes/support/targets/0/weight` is both the JSON pointer and the address.
 *
 * These types are what each room's `spec.ts` (schema, default, unit, sentence) must yield; a test in
 * `settings/` holds the two together. Secrets are references (`${env:NAME}`, `${file:PATH}`) as written;
 * they are resolved when a snapshot is built and never stored in the tree.
 */

import type { AccessSettings, TenantSettings } from './caller-settings.ts'
import type { Quirks } from './provider.ts'
import type { FailureClass } from './routing.ts'

export type ProviderKind =
  | 'anthropic'
  | 'azure'
  | 'bedrock'
  | 'cerebras'
  | 'cohere'
  | 'deepseek'
  | 'fireworks'
  | 'gemini'
  | 'groq'
  | 'llama-cpp'
  | 'mistral'
  | 'ollama'
  | 'openai'
  | 'openai-compatible'
  | 'openrouter'
  | 'perplexity'
  | 'simulated'
  | 'together'
  | 'vertex'
  | 'vertex-anthropic'
  | 'vllm'
  | 'xai'

export interface ProviderSettings {
  readonly kind: ProviderKind
  /** Without trailing slash. Each kind but `azure` and `openai-compatible` has a default. */
  readonly baseUrl?: string
  /** A secret reference. */
  readonly credential?: string
  /** Several, in place of one: the next is used when the provider refuses one. */
  readonly credentials?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Keep-alive connections to the provider. */
  readonly connections?: number
  /** Only for kind `azure`: a dated version of the API. */
  readonly apiVersion?: string
  /** What requests of formats that it does not speak are translated into. */
  readonly wire?: SpokenWire
  /** Below `baseUrl`; `null` takes away what its kind has. */
  readonly paths?: Readonly<Partial<Record<SpokenWire | 'openai-embeddings', string | null>>>
  readonly keyHeader?: { readonly name: string; readonly scheme?: string }
  readonly quirks?: Quirks
  /** JSON pointers. */
  readonly errorTexts?: readonly string[]
  /** Headers of callers that it gets. */
  readonly callerHeaders?: readonly string[]
  /** Headers of its answers that callers get. */
  readonly replyHeaders?: readonly string[]
  /** Whether it is told the version in force, in the `baggage` header. Default: no. */
  readonly versionInBaggage?: boolean
  /** Only for kinds `bedrock`, `vertex` and `vertex-anthropic`: where it is. */
  readonly region?: string
  /** Only for kinds `vertex` and `vertex-anthropic`. */
  readonly project?: string
  /** Only for kind `bedrock`: references to the keys of an account, in place of `credential`. */
  readonly aws?: AwsSettings
  /** Whether callers may send it anything, at `/providers/{name}/…`. Default: no. */
  readonly passThrough?: boolean
  /** Only for kind `simulated`. */
  readonly simulate?: SimulateSettings
}

export interface AwsSettings {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of keys that are lent for a time. */
  readonly sessionToken?: string
}

export type SpokenWire = 'openai-chat' | 'openai-responses' | 'openai-completions' | 'anthropic-messages'

export interface SimulateSettings {
  readonly firstTokenMs?: number
  readonly tokensPerSecond?: number
  readonly tokens?: number
  /** Share of requests that fail, 0 to 1, and with which status. */
  readonly failureRate?: number
  readonly failureStatus?: number
}

export interface ModelSettings {
  readonly provider: string
  /** The provider's own id of the model; default: the key. */
  readonly model?: string
  /** Entry of the catalogue: `openai/gpt-5.4`. Default: kind of the provider and id of the model. */
  readonly catalogue?: string
  /** Defaults for request fields that the caller leaves out, such as `temperature`. */
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly promptCache?: 'off' | 'auto' | 'hour'
  readonly region?: string
  readonly sensitive?: boolean
  readonly concurrency?: ConcurrencySettings
  readonly breaker?: {
    readonly failures?: number
    readonly windowMs?: number
    readonly openMs?: number
    readonly maxOpenMs?: number
  }
}

export interface ConcurrencySettings {
  readonly max: number
  readonly queue?: { readonly max?: number; readonly waitMs?: number }
}

/** Keyed `kind of provider/id of the model`: what a model takes and costs. */
export interface CatalogueSettings {
  readonly contextTokens?: number
  readonly outputTokens?: number
  readonly takes?: readonly ModalityName[]
  readonly gives?: readonly ModalityName[]
  readonly prices?: readonly PriceSettings[]
}

export type ModalityName = 'text' | 'image' | 'audio' | 'video' | 'pdf' | 'embedding'

/** USD per million tokens. */
export interface TokenPrices {
  readonly input: number
  readonly output?: number
  readonly cachedInput?: number
  readonly cacheWrite?: number
  readonly cacheWriteHour?: number
  readonly inputAudio?: number
  readonly cachedAudio?: number
  readonly outputAudio?: number
  readonly inputImage?: number
  readonly outputImage?: number
  readonly reasoning?: number
}

export interface PriceSettings extends TokenPrices {
  /** First day, `2026-11-21`. */
  readonly from?: string
  /** USD per call. */
  readonly request?: number
  readonly above?: readonly (TokenPrices & { readonly tokens: number })[]
  readonly hours?: readonly (TokenPrices & { readonly from: string; readonly until: string })[]
  /** Times all amounts, by the provider's word for how it served a call. */
  readonly services?: Readonly<Record<string, number>>
  /** USD per call of a tool that the provider runs. */
  readonly tools?: Readonly<Record<string, number>>
}

/** Keyed `name@version` (semver). Immutable once published: a change is a new version. */
export interface ContextSettings {
  /** System prompt; `{{name}}` stands for a declared variable. */
  readonly prompt: string
  readonly variables?: Readonly<
    Record<string, { readonly default?: string; readonly maxLength?: number; readonly description?: string }>
  >
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly description?: string
  readonly tenants?: readonly string[]
}

/** Keyed `name@version` (semver). Its schemas do not change once it is published. */
export interface ApiSettings {
  readonly route: string
  readonly context?: string
  readonly message?: string
  readonly input: Readonly<Record<string, unknown>>
  readonly output?: Readonly<Record<string, unknown>>
  readonly invalidOutput?: 'refuse' | 'retry'
  readonly maxInputBytes?: number
  readonly state?: 'design' | 'published' | 'deprecated' | 'retired'
  readonly testers?: readonly string[]
  readonly tenants?: readonly string[]
  readonly access?: 'open' | 'subscription'
  /** RFC 3339, so with the next. */
  readonly deprecatedAt?: string
  readonly sunsetAt?: string
  readonly successor?: string
  readonly description?: string
}

export interface RouteTargetSettings {
  readonly model: string
  readonly weight?: number
  readonly priority?: number
}

export type StrategyName = StickyOtherwise | 'sticky'
type StickyOtherwise = 'weighted' | 'priority' | 'latency' | 'cost' | 'least-busy' | 'headroom'

/** What a target must be to be asked at all. */
export interface NeedsSettings {
  readonly sensitive?: boolean
  readonly regions?: readonly string[]
}

export interface RouteRuleSettings {
  readonly when: string
  readonly targets?: readonly RouteTargetSettings[]
  readonly route?: string
  readonly strategy?: StrategyName
  readonly require?: NeedsSettings
}

export interface RouteSettings {
  readonly targets: readonly RouteTargetSettings[]
  readonly strategy?: StrategyName
  readonly sticky?: {
    readonly by?: 'session' | 'tenant' | 'prompt'
    readonly header?: string
    readonly promptChars?: number
    readonly otherwise?: StickyOtherwise
  }
  readonly aliases?: readonly string[]
  readonly rules?: readonly RouteRuleSettings[]
  readonly require?: NeedsSettings
  /** Models tried in order, before the first token, when the chosen target fails. */
  readonly fallback?: readonly string[]
  readonly fallbackFor?: { readonly [Class in FailureClass]?: readonly string[] }
  readonly mirror?: { readonly model: string; readonly share?: number; readonly maxPending?: number }
  readonly hedge?: { readonly afterMs?: number; readonly quantile?: number; readonly maxShare?: number }
  readonly ejection?: {
    readonly failuresInRow?: number
    readonly successGap?: number
    readonly minCalls?: number
    readonly windowMs?: number
    readonly forMs?: number
    readonly maxPercent?: number
  }
  readonly concurrency?: ConcurrencySettings
  /** `name@range`: the highest published version in the range. */
  readonly context?: string
  /** Entry of `cache`. */
  readonly cache?: string
  /** Entries of `guardrails`. */
  readonly guardrails?: readonly string[]
  readonly unsupported?: 'warn' | 'refuse'
  readonly retries?: { readonly attempts?: number; readonly baseMs?: number; readonly maxMs?: number }
  readonly timeouts?: {
    readonly connectMs?: number
    readonly firstTokenMs?: number
    readonly idleMs?: number
    readonly totalMs?: number
    readonly fromCaller?: boolean
  }
}

export interface GuardrailSettings {
  readonly guards: readonly GuardSettings[]
  readonly maxWorkMs?: number
  readonly description?: string
}

/** Whose credentials. */
export type SecretKind =
  | 'aws'
  | 'github'
  | 'gitlab'
  | 'slack'
  | 'anthropic'
  | 'openai'
  | 'google'
  | 'stripe'
  | 'packages'
  | 'jwt'
  | 'privateKey'
  | 'url'
  | 'assigned'

export interface GuardSettings {
  readonly kind: 'regex' | 'deny' | 'pii' | 'secrets' | 'jsonSchema' | 'maxSize' | 'webhook'
  readonly on?: 'input' | 'output' | 'both'
  readonly action: 'block' | 'mask' | 'log' | 'shadow'
  readonly unmask?: boolean
  readonly failure?: 'open' | 'closed'
  readonly message?: string
  readonly patterns?: readonly string[]
  readonly ignoreCase?: boolean
  readonly windowChars?: number
  readonly words?: readonly string[]
  readonly wholeWords?: boolean
  readonly label?: string
  readonly pii?: readonly ('email' | 'phone' | 'card' | 'iban' | 'ssn' | 'ip')[]
  readonly secrets?: readonly SecretKind[]
  readonly schema?: Readonly<Record<string, unknown>>
  readonly maxChars?: number
  readonly maxTokens?: number
  readonly url?: string
  readonly signWith?: string
  readonly timeoutMs?: number
  readonly maxHoldMs?: number
}

/** How much may be asked for, by whoever names it. At least one number. */
export interface LimitSettings {
  readonly requests?: number
  readonly perMs?: number
  /** How many requests may come at once; default: `requests`. */
  readonly burst?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly tokens?: number
  /** Calls at once. */
  readonly concurrent?: number
  readonly shared?: boolean
}

/** What calls may cost, by whoever names it. At least one amount. */
export interface BudgetSettings {
  readonly usd?: number
  readonly calls?: number
  readonly tokens?: number
  readonly period: 'hour' | 'day' | 'week' | 'month' | 'total'
  readonly timeZone?: string
  readonly warnAt?: number
  readonly shared?: boolean
  readonly onUnpriced?: 'refuse' | 'allow'
}

/** Answers that are kept. */
export interface CacheSettings {
  readonly kind?: 'exact' | 'semantic'
  readonly ttlMs?: number
  readonly maxBytes?: number
  readonly maxEntryBytes?: number
  readonly waitMs?: number
  readonly sampled?: boolean
  readonly store?: 'memory' | 'redis'
  /** The url is a secret reference where it holds a password. */
  readonly redis?: { readonly url: string; readonly timeoutMs?: number }
  readonly semantic?: {
    readonly model: string
    readonly threshold?: number
    readonly timeoutMs?: number
    readonly maxEntries?: number
  }
}

/** Where limits and budgets are counted that several gateways share. */
export interface CountersSettings {
  /** Either `redis` or `postgres`; a password in an address is a secret reference. */
  readonly store?: {
    readonly redis?: { readonly url: string; readonly cluster?: boolean }
    readonly postgres?: { readonly url: string }
    readonly prefix?: string
  }
  readonly mode?: 'exact' | 'leased'
  readonly portion?: number
  readonly onUnreachable?: 'refuse' | 'local'
  readonly localShare?: number
  readonly timeoutMs?: number
}

export interface LogSettings {
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  readonly rooms?: Readonly<Record<string, 'trace' | 'debug' | 'info' | 'warn' | 'error'>>
  readonly format?: 'pretty' | 'json' | 'logfmt'
  readonly otlp?: OtlpSettings
}
export interface TraceSettings {
  /** Share of request traces kept, 0 to 1. Reload traces are always kept. */
  readonly ratio?: number
  readonly otlp?: OtlpSettings
  readonly attributes?: 'plain' | 'otel' | 'dup'
}
export interface MetricSettings {
  readonly otlp?: OtlpSettings & { readonly intervalMs?: number }
}
export interface OtlpSettings {
  readonly endpoint: string
  /** Values may be secret references. */
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export type RolloutStrategy = 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
export type RolloutUnit = 'request' | 'session' | 'tenant' | 'key'

export interface RolloutStepSettings {
  readonly share: number
  readonly forMs?: number | null
}

export interface RolloutSettings {
  readonly observe?: { readonly bakeMs?: number }
  readonly policy?: {
    readonly strategy?: RolloutStrategy
    readonly unit?: RolloutUnit
    readonly steps?: readonly RolloutStepSettings[]
    readonly forMs?: number | null
    readonly meanwhile?: 'supersede' | 'queue' | 'refuse'
    readonly copies?: number
    readonly confirmWithinMs?: number
  }
  readonly analysis?: {
    readonly everyMs?: number
    readonly falseAlarms?: number
    readonly pass?: 'noHarm' | 'shown'
    readonly onInconclusive?: 'extend' | 'pause'
    readonly extendMs?: number
    readonly measures?: Readonly<Record<string, MeasureSettings>>
    readonly external?: Readonly<Record<string, ExternalMeasureSettings>>
    readonly burnRate?: {
      readonly objective: number
      readonly factor?: number
      readonly longMs?: number
      readonly shortMs?: number
      readonly minSamples?: number
    }
  }
  readonly changes?: Readonly<Record<string, RolloutOfKind>>
  readonly freeze?: { readonly windows?: readonly FreezeWindow[]; readonly changes?: 'refuse' | 'wait' }
}

export interface ProbeSettings {
  readonly url: string
  readonly expectStatus?: number
  readonly everyMs?: number
  readonly timeoutMs?: number
  readonly failures?: number
}

export interface MeasureSettings {
  readonly tolerance?: number
  readonly minSamples?: number
  readonly off?: boolean
}

/** What others measure. */
export interface ExternalMeasureSettings {
  readonly source: 'webhook' | 'prometheus'
  readonly url: string
  readonly value?: string
  readonly samples?: string
  /** Holds a secret reference. */
  readonly authorization?: string
  readonly everyMs?: number
  readonly timeoutMs?: number
  readonly kind?: 'proportion' | 'amount'
  readonly worse?: 'higher' | 'lower' | 'either'
  readonly tolerance?: number
  readonly minSamples?: number
}

export interface RolloutOfKind {
  readonly strategy: RolloutStrategy
  readonly unit?: RolloutUnit
  readonly steps?: readonly RolloutStepSettings[]
  readonly forMs?: number | null
}

/** Hours in which no change comes in. */
export interface FreezeWindow {
  readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  readonly from?: string
  readonly to?: string
  readonly timeZone?: string
  readonly reason?: string
}

export interface GatewaySettings {
  readonly providers?: Readonly<Record<string, ProviderSettings>>
  readonly models?: Readonly<Record<string, ModelSettings>>
  readonly catalogue?: Readonly<Record<string, CatalogueSettings>>
  readonly contexts?: Readonly<Record<string, ContextSettings>>
  readonly routes?: Readonly<Record<string, RouteSettings>>
  readonly apis?: Readonly<Record<string, ApiSettings>>
  readonly access?: AccessSettings
  readonly tenants?: Readonly<Record<string, TenantSettings>>
  readonly guardrails?: Readonly<Record<string, GuardrailSettings>>
  readonly limits?: Readonly<Record<string, LimitSettings>>
  readonly budgets?: Readonly<Record<string, BudgetSettings>>
  readonly cache?: Readonly<Record<string, CacheSettings>>
  readonly counters?: CountersSettings
  readonly telemetry?: {
    readonly logs?: LogSettings
    readonly traces?: TraceSettings
    readonly metrics?: MetricSettings
  }
  readonly calls?: {
    readonly record?: {
      readonly enabled?: boolean
      readonly keepDays?: number
      readonly comments?: boolean
      readonly maxRows?: number
    }
  }
  readonly rollout?: RolloutSettings
  readonly probes?: Readonly<Record<string, ProbeSettings>>
}
