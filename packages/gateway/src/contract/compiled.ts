/**
 * What a snapshot looks like to a request: settings compiled to plain, frozen lookups, with the live
 * resources (pools, counters, breakers) that outlive it reachable through them.
 *
 * One object, one version: a request that holds it needs nothing else. Each room compiles its own
 * part; `pipeline/participant.ts` puts them together.
 */

import type { Allowance } from './allowance.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { CompiledApis } from './apis.ts'
import type { Breaker } from './breaker.ts'
import type { TokenClaims } from './call.ts'
import type { GuardIndex } from './guards.ts'
import type { ModelFacts } from './model-facts.ts'
import type { Operation, Provider, UnsignedRequest } from './provider.ts'
import type { CredentialRing, Gate, RoutePlan, TargetLive } from './routing.ts'
import type { Upstream } from './upstream.ts'

export interface CompiledGateway {
  readonly routes: ReadonlyMap<string, CompiledRoute>
  /** By `providers/{name}`, one for each provider that raw requests may go to. */
  readonly passThrough: ReadonlyMap<string, CompiledRoute>
  /** What is published under `/apis`. */
  readonly apis: CompiledApis
  readonly identity: CompiledIdentity
  /** By their names. */
  readonly caches: ReadonlyMap<string, AnswerCache>
  /** Milliseconds from the swap until running calls of a key that it withdrew are cut; `finish` lets them end. */
  readonly revokedWithin: number | 'finish'
  /** `GET /v1/models` in OpenAI's form, made once. */
  readonly modelList: string
  /** Some route is not there for some tenants, because its context is not theirs. */
  readonly hidesRoutes: boolean
  /** Header block every answer under this version carries: name, value, name, value … */
  readonly versionHeaders: readonly string[]
  readonly recordCalls: boolean
  /** Of calls beside a shadow, the part of which a copy goes to the candidate's providers. 0: none. */
  readonly shadowCopies: number
  /** Who looks at requests and answers; `null` where nobody does. */
  readonly guards: GuardIndex | null
  /** Of feedback. */
  readonly keepComments: boolean
  /** What rules ask of requests by name: kept in the records, so that a plan can be replayed. */
  readonly askedNames: AskedNames
}

/** Never of a header that carries a credential. */
export interface AskedNames {
  /** In lower case. */
  readonly headers: readonly string[]
  readonly metadata: readonly string[]
}

/** A route, or a model called by its own name (a route of one target). */
export interface CompiledRoute {
  readonly name: string
  /** Weights are cumulative in `until`, of `totalWeight`. */
  readonly targets: readonly { readonly target: CompiledTarget; readonly until: number }[]
  readonly totalWeight: number
  readonly fallback: readonly CompiledTarget[]
  readonly context: CompiledContext | null
  readonly attempts: number
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  readonly connectMs: number
  readonly firstTokenMs: number
  readonly idleMs: number
  readonly totalMs: number
  /** What happens to a request that asks for something its target does not have. */
  readonly unsupported: 'warn' | 'refuse'
  /** `support-chat: model-a=0%, model-b=100%`, for `routing.rule_changed`. */
  readonly rule: string
  /** `model-a=0%, model-b=100% by least-busy`, for the record of a call; `null` for a model called by its own name. */
  readonly choice: string | null
  /** What it does beyond weights and fallbacks; `PLAIN_PLAN` for nothing. */
  readonly plan: RoutePlan
  /** `null`: answers are not kept. */
  readonly cache: AnswerCache | null
}

/** Provider, model and credential. */
export interface CompiledTarget {
  /** `provider/model`, as in `x-changeover-target`. */
  readonly name: string
  /** Key in `models`. */
  readonly model: string
  /** The provider's own id of the model. */
  readonly upstreamModel: string
  /** What the catalogue knows of the model, its price among it; `null` for a model that is not in it. */
  readonly facts: ModelFacts | null
  readonly providerName: string
  readonly provider: Provider
  readonly upstream: Upstream
  readonly breaker: Breaker
  /** What all paths of the provider begin with: `/v1`, or nothing. */
  readonly basePath: string
  /** By operation, paths below the origin, ready to send; what the provider cannot do is absent. */
  readonly paths: Readonly<Partial<Record<Operation, TargetPath>>>
  /**
   * Ready to send: name, value … with content-type and the credential's header.
   *
   * Ask at each attempt and do not keep the answer. Secret values are the one thing that does not belong
   * to a version: a rotated credential acts at once, for requests that are pinned to an older version too.
   * Memoised until a secret changes, so asking costs a comparison.
   */
  headers(): readonly string[]
  /** For providers that sign each request: all headers of this one, in place of `headers`. */
  readonly sign: ((request: UnsignedRequest) => readonly string[]) | null
  readonly parameters: Readonly<Record<string, unknown>> | null
  /** Where it is, for calls that must stay in a region; `null` when nobody said. */
  readonly region: string | null
  /** Whether the provider is told what of a prompt it may keep, and for how long. */
  readonly promptCache: 'off' | 'auto' | 'hour'
  /** May be sent what is marked as sensitive. */
  readonly sensitive: boolean
  readonly live: TargetLive
  /** A bound on its calls at once; `null` for none. */
  readonly gate: Gate | null
  /** `null` when there is one key or none. */
  readonly credentials: CredentialRing | null
}

/** `/v1/chat/completions`, for an answer that is whole and for one that is streamed. */
export interface TargetPath {
  readonly whole: string
  readonly stream: string
}

export interface CompiledContext {
  /** `support@2.1.0`, the version that the range resolved to. */
  readonly id: string
  /** Whom it belongs to. Absent: to all. */
  readonly tenants?: ReadonlySet<string>
  /** What others have: the next lower version of the range. Absent: none, and what needs it does not exist for them. */
  readonly otherwise?: CompiledContext
  /** Names of what may be filled in; absent: nothing. */
  readonly variables?: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>> | null
  /** Fills the template. Returns the prompt, or the refusal to give the caller. */
  fill(
    variables: Readonly<Record<string, unknown>> | undefined,
  ): { ok: true; prompt: string } | { ok: false; code: string; message: string }
}

export interface CompiledIdentity {
  /** True when no tenant is configured: whoever reaches the port may call. */
  readonly open: boolean
  /**
   * Looks a bearer key up by its hash; memoised per snapshot. `nowMs` is wall time: keys expire by the calendar. Later
   * only for a token of an identity provider that was not seen before; it never rejects.
   */
  find(key: string | undefined, nowMs: number): Found | Promise<Found>
  /**
   * Whom a token that was not verified yet says it is of: so that all calls of a tenant are placed alike in a rollout.
   * Nothing else may be made of it. `null` where it says nothing that is here. Absent: no tokens are taken.
   */
  claimed?(token: string): { readonly tenant: string; readonly key: string } | null
  /**
   * Whether a caller of this or an earlier version is still somebody: its key, team and tenant are there and switched on,
   * and nobody has moved its end before `nowMs`. That it may do less than before does not count, nor that its key ran
   * out in its own time. Absent: everybody is.
   */
  holds?(caller: Caller, nowMs: number): boolean
  /** Whom a verified token would be of, by what the record of a call says of it: for replays. Absent: no tokens are taken. */
  recall?(it: RecalledToken): Found
}

/** A token as records know it. */
export interface RecalledToken {
  /** Of `access.tokens`. */
  readonly entry: string
  /** As its claims named it; one that the entry itself names goes before it. */
  readonly tenant: string
  readonly who: string
  /** As far as the entry reads them. */
  readonly claims: TokenClaims
}

export type Found = Caller | IdentityRefusal

export interface Caller {
  readonly tenant: string
  /** `acme/ci`: tenant and key name, never the key. */
  readonly key: string
  /** `null` allows all. */
  readonly allow: ReadonlySet<string> | null
  /** What counts it; `null` where nothing does. */
  readonly allowance: Allowance | null
  /** Who goes first where requests wait, 0 to 9, higher first; absent: as most. */
  readonly priority?: number
  /** Only targets there may answer; absent: all may. */
  readonly regions?: ReadonlySet<string>
  /** `acme/research`; absent where the key is in no team. */
  readonly team?: string
  /** What it was recognised by, for `holds`. */
  readonly proof?: CallerProof
  /** What its token said beside who it is, as records keep it; absent for keys, and where nothing of it is read. */
  readonly claims?: TokenClaims
}

/** A key by its hash, as 64 hex digits, or a token by who vouches for it: entry of `access.tokens`, issuer and audience. */
export type CallerProof =
  | { readonly by: 'key'; readonly hash: string; readonly expiresMs: number | null }
  | { readonly by: 'token'; readonly vouchedBy: string }

export interface IdentityRefusal {
  readonly refused:
    | 'identity.missing_key'
    | 'identity.unknown_key'
    | 'identity.mistyped_key'
    | 'identity.expired_key'
    | 'identity.disabled'
    | 'identity.token_refused'
    | 'identity.token_expired'
    | 'identity.no_tenant'
    | 'identity.keys_unreachable'
    | 'identity.busy'
}
