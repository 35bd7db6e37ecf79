/**
 * APIs as the settings say, compiled to what a request asks: the versions of each name, newest first, and what each of
 * them takes, says and gives.
 *
 * An API is made again only when its own settings changed.
 */
import type { CompiledApi, CompiledApis, FilledInput } from '../contract/apis.ts'
import type { CompiledContext } from '../contract/compiled.ts'
import { contextFor } from '../contract/context-for.ts'
import { isInLine, isLine, newestFirst, parseApiName } from './api-name.ts'
import { lifeCycleHeaders } from './life-cycle-headers.ts'
import { checkOf } from './schema-checks.ts'
import type { ApiSpec } from './spec.ts'

export interface ApiTools {
  /** A text with `{{name}}` in it, made ready to be filled. */
  template(text: string): Template
  /** Its own context; `null` where it names none. */
  contextOf(api: ApiSpec): CompiledContext | null
  /** That of its route; `null` where that has none. */
  routeContextOf(api: ApiSpec): CompiledContext | null
}

export type Template = (valueOf: (name: string) => string) => string

interface Known {
  readonly id: string
  readonly context: CompiledContext | null
  readonly ofRoute: CompiledContext | null
  readonly it: CompiledApi
}

const known = new WeakMap<ApiSpec, Known>()

/** The settings have been checked, and their schemas loaded. */
export function compileApis(entries: ReadonlyMap<string, ApiSpec>, tools: ApiTools): CompiledApis {
  const byName = new Map<string, CompiledApi[]>()
  for (const [id, settings] of entries) {
    const api = compileOnce(id, settings, tools)
    if (api === null) continue
    const versions = byName.get(api.name)
    if (versions === undefined) byName.set(api.name, [api])
    else versions.push(api)
  }
  for (const versions of byName.values()) versions.sort(newestFirst)
  return Object.freeze(new Apis(byName))
}

class Apis implements CompiledApis {
  readonly #byName: ReadonlyMap<string, readonly CompiledApi[]>

  constructor(byName: ReadonlyMap<string, readonly CompiledApi[]>) {
    this.#byName = byName
  }

  find(name: string, asked: string, tenant: string | null): CompiledApi | null {
    const versions = this.#byName.get(name)
    if (versions === undefined) return null
    if (!isLine(asked)) return versions.find((it) => it.version === asked && it.isSeenBy(tenant)) ?? null
    const inLine = versions.filter((it) => isInLine(it.version, asked) && it.isSeenBy(tenant))
    for (const state of ORDER) {
      const found = inLine.find((it) => it.state === state)
      if (found !== undefined) return found
    }
    return null
  }

  versions(name: string, tenant: string | null): readonly CompiledApi[] {
    return (this.#byName.get(name) ?? []).filter((it) => it.isSeenBy(tenant))
  }

  names(tenant: string | null): readonly string[] {
    return [...this.#byName].flatMap(([name, its]) => (its.some((it) => it.isSeenBy(tenant)) ? [name] : []))
  }
}

/** Of several versions in a line. What is in design is only ever named by its whole version. */
const ORDER = ['published', 'deprecated', 'retired'] as const

function compileOnce(id: string, settings: ApiSpec, tools: ApiTools): CompiledApi | null {
  const context = tools.contextOf(settings)
  const ofRoute = tools.routeContextOf(settings)
  const before = known.get(settings)
  if (before?.id === id && before.context === context && before.ofRoute === ofRoute) return before.it
  const it = compileApi(id, settings, { tools, context, ofRoute })
  if (it !== null) known.set(settings, { id, context, ofRoute, it })
  return it
}

interface With {
  readonly tools: ApiTools
  readonly context: CompiledContext | null
  readonly ofRoute: CompiledContext | null
}

function compileApi(id: string, settings: ApiSpec, { tools, context, ofRoute }: With): CompiledApi | null {
  const parsed = parseApiName(id)
  if (parsed === null) return null
  const { name, version } = parsed
  const { state, successor = null } = settings
  const tenants = settings.tenants === undefined ? null : new Set(settings.tenants)
  const testers = new Set(settings.testers)
  const filled = context ?? ofRoute
  const template = settings.message === undefined ? null : tools.template(settings.message)
  return Object.freeze<CompiledApi>({
    id,
    name,
    version,
    state,
    description: settings.description ?? null,
    model: `apis/${name}`,
    route: settings.route,
    context,
    needsSubscription: settings.access === 'subscription',
    maxInputBytes: settings.maxInputBytes,
    retriesInvalid: settings.invalidOutput === 'retry',
    headers: Object.freeze(lifeCycleHeaders(name, settings)),
    successor,
    inputSchema: settings.input,
    outputSchema: settings.output ?? null,
    checkInput: checkOf(settings.input),
    checkOutput: settings.output === undefined ? () => null : checkOf(settings.output),
    fill: (input, tenant) => {
      const prompt = filled === null ? null : contextFor(tenant, filled)
      return fill(input, template, prompt?.variables ?? [])
    },
    isSeenBy(tenant) {
      if (tenants !== null && (tenant === null || !tenants.has(tenant))) return false
      if (filled !== null && contextFor(tenant, filled) === null) return false
      return state !== 'design' || (tenant !== null && testers.has(tenant))
    },
  })
}

function fill(
  input: Readonly<Record<string, unknown>>,
  template: Template | null,
  names: readonly string[],
): FilledInput {
  const variables: Record<string, string> = {}
  for (const name of names) {
    if (Object.hasOwn(input, name) && input[name] !== null) variables[name] = textOf(input[name])
  }
  const valueOf = (name: string): string => (Object.hasOwn(input, name) ? textOf(input[name]) : '')
  return { variables, message: template === null ? JSON.stringify(input) : template(valueOf) }
}

/** Texts as they are, all else as JSON. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}
