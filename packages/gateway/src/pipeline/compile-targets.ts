/**
 * Models compiled to targets: provider, upstream id, credential, pool and breaker.
 *
 * Pools and breakers are carried from version to version by what they stand for, so a reload neither cuts
 * a connection nor forgets that a target is down. What one version learns of an address or a key that it alone asks by says
 * nothing of the other's: else a bad change would keep the target shut after it was taken back. A target whose settings did
 * not change stays the same object, and so does every route that is made only of such targets.
 */
import type { Carry, Clock } from '@changeover/reload'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { CompiledTarget, TargetPath } from '../contract/compiled.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { Operation, Provider } from '../contract/provider.ts'
import type { CredentialRing, TargetLive } from '../contract/routing.ts'
import type { SecretValues } from '../contract/secret.ts'
import type { Upstream } from '../contract/upstream.ts'
import { configuredProvider } from '../providers/configured.ts'
import { openSimulated } from '../providers/simulated.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { BreakerState, breakerOf } from '../routing/breaker.ts'
import {
  type CredentialRests,
  createCredentialRests,
  createCredentialRing,
} from '../routing/credential-ring.ts'
import { GateState, gateOf } from '../routing/gate.ts'
import type { ModelSpec } from '../routing/spec.ts'
import { createTargetLive } from '../routing/target-live.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { sameTokens, type TokenSources, tokensOf, withTokens } from './provider-tokens.ts'

export interface TargetInput {
  readonly providers: ReadonlyMap<string, ProviderSpec>
  readonly models: ReadonlyMap<string, ModelSpec>
  readonly catalogue: Catalogue
  readonly secrets: SecretValues
  readonly carry: Carry
  readonly clock: Clock
}

/** A provider's settings with the live things that belong to them. */
interface OpenProvider {
  readonly name: string
  readonly settings: ProviderSpec
  readonly way: string
  readonly kind: Provider
  readonly upstream: Upstream
  readonly basePath: string
  readonly credentials: CredentialRing | null
  headers(): readonly string[]
  readonly sign: CompiledTarget['sign']
}

/** Targets by the name of their model. */
export function compileTargets(input: TargetInput): ReadonlyMap<string, CompiledTarget> {
  const open = new Map<string, OpenProvider>()
  for (const [name, settings] of input.providers) open.set(name, openProvider(name, settings, input))
  const targets = new Map<string, CompiledTarget>()
  for (const [name, model] of input.models) {
    const provider = open.get(model.provider)
    if (provider !== undefined) targets.set(name, compileTarget(name, model, { provider, input }))
  }
  const known = lastTargets.get(input.models)
  if (known !== undefined && isSameMap(known, targets)) return known
  lastTargets.set(input.models, targets)
  return targets
}

/** By the models they were made of: where each is what it was, so is the whole, and whoever looked at it need not again. */
const lastTargets = new WeakMap<TargetInput['models'], ReadonlyMap<string, CompiledTarget>>()

function isSameMap<Value>(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}

/** By settings, then by what else goes in: asked with the same again, the same comes out. */
const openProviders = new WeakMap<
  ProviderSpec,
  {
    pool: Upstream
    tokens: TokenSources
    secrets: SecretValues
    rests: CredentialRests | null
    it: OpenProvider
  }
>()
const knownTargets = new WeakMap<
  ModelSpec,
  {
    provider: OpenProvider
    carried: Carried
    breaker: BreakerState
    facts: ModelFacts | null
    it: CompiledTarget
  }
>()

function openProvider(name: string, settings: ProviderSpec, input: TargetInput): OpenProvider {
  const kind = configuredProvider(settings)
  const base = settings.baseUrl ?? kind.defaultBaseUrl
  const url = base === null ? null : new URL(base)
  const pool = openPool(name, { settings, url, input })
  const known = openProviders.get(settings)
  const rests = restsOf(name, settings, input.carry)
  const tokens = tokensOf(kind, settings, input)
  const isSame =
    known?.pool === pool &&
    sameTokens(known.tokens, tokens) &&
    known.secrets === input.secrets &&
    known.rests === rests &&
    known.it.name === name
  if (known !== undefined && isSame) return known.it
  const basePath = url === null || url.pathname === '/' ? '' : url.pathname
  const credentials = rests === null ? null : createCredentialRing(rests, settings.credentials ?? [])
  const chosen = chooserOf(settings, credentials, input.clock)
  const headers = liveHeaders(kind, settings, { secrets: input.secrets, chosen })
  const sign = signerOf(kind, chosen, input.secrets)
  const upstream = withTokens(pool, tokens, { chosen, secrets: input.secrets, kind })
  const way = wayOf(settings)
  const it: OpenProvider = { name, settings, way, kind, upstream, basePath, credentials, headers, sign }
  openProviders.set(settings, { pool, tokens, secrets: input.secrets, rests, it })
  return it
}

/** How its keys stand, carried over reloads; `null` for a provider with one key or none. */
function restsOf(name: string, settings: ProviderSpec, carry: Carry): CredentialRests | null {
  if ((settings.credentials?.length ?? 0) < 2) return null
  return carry.keep(`credentials:${name}`, createCredentialRests, () => undefined)
}

/** Keys that go together, as one text of references. */
function keysOf({ aws }: ProviderSpec): string | undefined {
  if (aws === undefined) return undefined
  const { accessKeyId, secretAccessKey, sessionToken } = aws
  const keys = `${accessKeyId}:${secretAccessKey}`
  return sessionToken === undefined ? keys : `${keys}:${sessionToken}`
}

/** The reference of the key to use now. */
function chooserOf(
  settings: ProviderSpec,
  ring: CredentialRing | null,
  clock: Clock,
): () => string | undefined {
  const only = settings.credential ?? settings.credentials?.[0] ?? keysOf(settings)
  if (ring === null) return () => only
  return () => settings.credentials?.[ring.current(clock.monotonic())]
}

function openPool(
  name: string,
  it: { readonly settings: ProviderSpec; readonly url: URL | null; readonly input: TargetInput },
): Upstream {
  const { settings, url, input } = it
  const close = (upstream: Upstream) => upstream.close()
  if (settings.kind === 'simulated' || url === null) {
    const key = `simulated:${name}:${JSON.stringify(settings.simulate ?? null)}`
    return input.carry.keep(key, () => openSimulated(settings.simulate, input.clock), close)
  }
  const { connections } = settings
  const key = `pool:${url.origin}:${connections}`
  return input.carry.keep(key, () => openUpstream(url.origin, { connections }), close)
}

/** What belongs to a target and to no version. */
interface Carried {
  readonly live: TargetLive
  readonly gate: GateState
}

function carriedOf(key: string, carry: Carry): Carried {
  return carry.keep(
    `target:${key}`,
    () => ({ live: createTargetLive(), gate: new GateState() }),
    () => undefined,
  )
}

/** Of the target as its provider is asked. */
function breakerStateOf(key: string, { way }: OpenProvider, carry: Carry): BreakerState {
  return carry.keep(
    `breaker:${key}:${way}`,
    () => new BreakerState(),
    () => undefined,
  )
}

/** Where a provider is asked, by which keys and with which headers, as one text of references. */
function wayOf({ kind, baseUrl, credential, credentials, headers, aws, simulate }: ProviderSpec): string {
  return JSON.stringify([kind, baseUrl, credential, credentials, headers, aws, simulate])
}

function compileTarget(
  name: string,
  model: ModelSpec,
  it: { readonly provider: OpenProvider; readonly input: TargetInput },
): CompiledTarget {
  const { provider, input } = it
  const upstreamModel = model.model ?? name
  const key = `${provider.name}/${upstreamModel}`
  const carried = carriedOf(key, input.carry)
  const breaker = breakerStateOf(key, provider, input.carry)
  const facts = input.catalogue.find(model.catalogue ?? `${provider.kind.kind}/${upstreamModel}`)
  const known = knownTargets.get(model)
  const isSame =
    known?.provider === provider &&
    known.carried === carried &&
    known.breaker === breaker &&
    known.facts === facts &&
    known.it.model === name
  if (known !== undefined && isSame) return known.it
  const target: CompiledTarget = Object.freeze({
    name: `${provider.name}/${name}`,
    model: name,
    upstreamModel,
    facts,
    providerName: provider.name,
    provider: provider.kind,
    upstream: provider.upstream,
    breaker: breakerOf(breaker, model.breaker ?? null),
    basePath: provider.basePath,
    paths: compilePaths(provider, upstreamModel),
    headers: provider.headers,
    sign: provider.sign,
    parameters: model.parameters ?? null,
    region: model.region ?? null,
    promptCache: model.promptCache,
    sensitive: model.sensitive,
    live: carried.live,
    gate: model.concurrency === undefined ? null : gateOf(carried.gate, model.concurrency),
    credentials: provider.credentials,
  })
  knownTargets.set(model, { provider, carried, breaker, facts, it: target })
  return target
}

function compilePaths(provider: OpenProvider, model: string): CompiledTarget['paths'] {
  const paths: Partial<Record<Operation, TargetPath>> = {}
  for (const [operation, path] of Object.entries(provider.kind.paths)) {
    const [whole, stream] = [false, true].map((it) => (typeof path === 'string' ? path : path(model, it)))
    if (typeof whole !== 'string' || typeof stream !== 'string') continue
    const { basePath } = provider
    paths[operation as Operation] = Object.freeze({ whole: basePath + whole, stream: basePath + stream })
  }
  return Object.freeze(paths)
}

function signerOf(
  kind: Provider,
  chosen: () => string | undefined,
  secrets: SecretValues,
): CompiledTarget['sign'] {
  if (kind.sign === undefined) return null
  return (request) => {
    const reference = chosen()
    const credential = reference === undefined ? null : secrets.fill(reference)
    return kind.sign?.(request, credential) ?? request.headers
  }
}

/** Headers with the values that secrets have now: made anew only after one of them, or the key to use, has changed. */
function liveHeaders(
  kind: Provider,
  settings: ProviderSpec,
  { secrets, chosen }: { readonly secrets: SecretValues; readonly chosen: () => string | undefined },
): () => readonly string[] {
  let made: readonly string[] = Object.freeze([])
  let generation = -1
  let reference: string | undefined
  return () => {
    const now = chosen()
    if (generation !== secrets.generation || reference !== now) {
      const credential = now === undefined ? null : secrets.fill(now)
      made = Object.freeze(makeHeaders(kind, settings, { secrets, credential }))
      generation = secrets.generation
      reference = now
    }
    return made
  }
}

/** What the operator sets goes before what the provider brings, name by name. */
function makeHeaders(
  kind: Provider,
  settings: ProviderSpec,
  { secrets, credential }: { readonly secrets: SecretValues; readonly credential: string | null },
): string[] {
  const own = Object.entries(settings.headers ?? {})
  const ownNames = new Set(own.map(([name]) => name.toLowerCase()))
  const headers: string[] = []
  const brought = kind.headers(credential)
  for (let i = 0; i < brought.length; i += 2) {
    const name = brought[i] ?? ''
    if (!ownNames.has(name.toLowerCase())) headers.push(name, brought[i + 1] ?? '')
  }
  for (const [name, value] of own) headers.push(name, secrets.fill(value))
  return headers
}

/** Every reference that the providers' settings hold, with the pointer where it stands. */
export function* referencesOfProviders(
  providers: ReadonlyMap<string, ProviderSpec>,
): Generator<{ readonly text: string; readonly steps: readonly string[] }> {
  for (const [name, it] of providers) {
    if (it.credential !== undefined) yield { text: it.credential, steps: ['providers', name, 'credential'] }
    for (const [key, text = ''] of Object.entries(it.aws ?? {})) {
      yield { text, steps: ['providers', name, 'aws', key] }
    }
    for (const [i, text] of (it.credentials ?? []).entries()) {
      yield { text, steps: ['providers', name, 'credentials', String(i)] }
    }
    for (const [header, text] of Object.entries(it.headers ?? {})) {
      yield { text, steps: ['providers', name, 'headers', header] }
    }
  }
}
