/**
 * Models compiled to targets: provider, upstream id, credential, pool and breaker.
 *
 * Pools and breakers are carried from version to version by what they stand for, so a reload neither cuts
 * a connection nor forgets that a target is down. A target whose settings did not change stays the same
 * object, and so does every route that is made only of such targets.
 */
import type { Carry, Clock } from '@changeover/reload'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Breaker } from '../contract/breaker.ts'
import type { CompiledTarget, TargetPath } from '../contract/compiled.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { Operation, Provider } from '../contract/provider.ts'
import type { SecretValues } from '../contract/secret.ts'
import type { Upstream } from '../contract/upstream.ts'
import { providers as providerKinds } from '../providers/list.ts'
import { openSimulated } from '../providers/simulated.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { createBreaker } from '../routing/breaker.ts'
import type { ModelSpec } from '../routing/spec.ts'
import { openUpstream } from '../transport/upstream-pool.ts'

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
  readonly kind: Provider
  readonly upstream: Upstream
  readonly basePath: string
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
    if (provider !== undefined)
      targets.set(name, compileTarget(name, model, { provider, carry: input.carry, catalogue: input.catalogue }))
  }
  return targets
}

/** By settings, then by what else goes in: asked with the same again, the same comes out. */
const openProviders = new WeakMap<
  ProviderSpec,
  { upstream: Upstream; secrets: SecretValues; it: OpenProvider }
>()
const knownTargets = new WeakMap<
  ModelSpec,
  { provider: OpenProvider; breaker: Breaker; facts: ModelFacts | null; it: CompiledTarget }
>()

function openProvider(name: string, settings: ProviderSpec, input: TargetInput): OpenProvider {
  const kind = providerKinds[settings.kind]
  if (kind === undefined) throw new TypeError(`no provider of kind ${settings.kind}`)
  const base = settings.baseUrl ?? kind.defaultBaseUrl
  const url = base === null ? null : new URL(base)
  const upstream = openPool(name, { settings, url, input })
  const known = openProviders.get(settings)
  const isSame = known?.upstream === upstream && known.secrets === input.secrets && known.it.name === name
  if (known !== undefined && isSame) return known.it
  const basePath = url === null || url.pathname === '/' ? '' : url.pathname
  const headers = liveHeaders(kind, settings, input.secrets)
  const sign = signerOf(kind, settings, input.secrets)
  const it: OpenProvider = { name, settings, kind, upstream, basePath, headers, sign }
  openProviders.set(settings, { upstream, secrets: input.secrets, it })
  return it
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

function compileTarget(
  name: string,
  model: ModelSpec,
  it: { readonly provider: OpenProvider; readonly carry: Carry; readonly catalogue: Catalogue },
): CompiledTarget {
  const { provider, carry, catalogue } = it
  const upstreamModel = model.model ?? name
  const breaker = carry.keep(`breaker:${provider.name}/${upstreamModel}`, createBreaker, () => undefined)
  const facts = catalogue.find(model.catalogue ?? `${provider.kind.kind}/${upstreamModel}`)
  const known = knownTargets.get(model)
  if (
    known?.provider === provider &&
    known.breaker === breaker &&
    known.facts === facts &&
    known.it.model === name
  )
    return known.it
  const target: CompiledTarget = Object.freeze({
    name: `${provider.name}/${name}`,
    model: name,
    upstreamModel,
    facts,
    providerName: provider.name,
    provider: provider.kind,
    upstream: provider.upstream,
    breaker,
    paths: compilePaths(provider, upstreamModel),
    headers: provider.headers,
    sign: provider.sign,
    parameters: model.parameters ?? null,
  })
  knownTargets.set(model, { provider, breaker, facts, it: target })
  return target
}

function compilePaths(provider: OpenProvider, model: string): CompiledTarget['paths'] {
  const paths: Partial<Record<Operation, TargetPath>> = {}
  for (const [operation, path] of Object.entries(provider.kind.paths)) {
    const below = (stream: boolean) =>
      provider.basePath + (typeof path === 'string' ? path : path(model, stream))
    paths[operation as Operation] = Object.freeze({ whole: below(false), stream: below(true) })
  }
  return Object.freeze(paths)
}

function signerOf(kind: Provider, settings: ProviderSpec, secrets: SecretValues): CompiledTarget['sign'] {
  if (kind.sign === undefined) return null
  return (request) => {
    const credential = settings.credential === undefined ? null : secrets.fill(settings.credential)
    return kind.sign?.(request, credential) ?? request.headers
  }
}

/** Headers with the values that secrets have now: made anew only after one of them has changed. */
function liveHeaders(kind: Provider, settings: ProviderSpec, secrets: SecretValues): () => readonly string[] {
  let made: readonly string[] = Object.freeze([])
  let generation = -1
  return () => {
    if (generation !== secrets.generation) {
      made = Object.freeze(makeHeaders(kind, settings, secrets))
      generation = secrets.generation
    }
    return made
  }
}

/** What the operator sets goes before what the provider brings, name by name. */
function makeHeaders(kind: Provider, settings: ProviderSpec, secrets: SecretValues): string[] {
  const credential = settings.credential === undefined ? null : secrets.fill(settings.credential)
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
    for (const [header, text] of Object.entries(it.headers ?? {})) {
      yield { text, steps: ['providers', name, 'headers', header] }
    }
  }
}
