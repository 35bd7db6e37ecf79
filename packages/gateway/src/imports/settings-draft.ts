/**
 * Settings in the making, while somebody else's file is read: providers that are the same become one, names get
 * the form that they must have, and whatever could not be carried over is noted with its place in the old file.
 *
 * Invariant: a secret is never carried over. A key that stands in the old file becomes a reference to a variable of the
 * environment, and a note says which.
 */
import type { GatewaySettings, ModelSettings, ProviderSettings, RouteSettings } from '../contract/settings.ts'

export interface ImportNote {
  /** Where in the old file: `model_list[2].litellm_params.rpm`. */
  readonly at: string
  /** `left out`: nothing in the new settings stands for it. `changed`: something does, and differs. `to do`: somebody must act. */
  readonly what: 'left out' | 'changed' | 'to do'
  readonly says: string
}

export interface Imported {
  readonly settings: GatewaySettings
  readonly notes: readonly ImportNote[]
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
export type RouteDraft = Writable<RouteSettings>

export class SettingsDraft {
  readonly notes: ImportNote[] = []
  readonly #providers = new Map<string, ProviderSettings>()
  readonly #models = new Map<string, ModelSettings>()
  readonly #routes = new Map<string, RouteDraft>()
  readonly #prices = new Map<string, { readonly input: number; readonly output: number }>()

  note(what: ImportNote['what'], at: string, says: string): void {
    this.notes.push({ at, what, says })
  }

  /** The name of a provider with these settings: one that is there already, or a new one. */
  provider(wanted: string, settings: ProviderSettings): string {
    const same = JSON.stringify(settings)
    for (const [name, known] of this.#providers) if (JSON.stringify(known) === same) return name
    const name = freeName(plainName(wanted), this.#providers)
    this.#providers.set(name, settings)
    return name
  }

  model(wanted: string, settings: ModelSettings): string {
    const name = freeName(modelName(wanted), this.#models)
    this.#models.set(name, settings)
    return name
  }

  /** The route of that name, made when it is not there. */
  route(wanted: string, targets: RouteSettings['targets']): RouteDraft {
    const name = modelName(wanted)
    const known = this.#routes.get(name)
    if (known !== undefined) return known
    const route: RouteDraft = { targets }
    this.#routes.set(name, route)
    return route
  }

  /** USD per million tokens, under a name of the catalogue. */
  price(name: string, price: { readonly input: number; readonly output: number }): void {
    this.#prices.set(name, price)
  }

  finish(): Imported {
    const settings: Writable<GatewaySettings> = {
      providers: Object.fromEntries(this.#providers),
      models: Object.fromEntries(this.#models),
    }
    if (this.#prices.size > 0) {
      const entries = Array.from(this.#prices, ([name, price]) => [name, { prices: [price] }] as const)
      settings.catalogue = Object.fromEntries(entries)
    }
    if (this.#routes.size > 0) settings.routes = Object.fromEntries(this.#routes)
    return { settings, notes: this.notes }
  }
}

/** A credential as the old file has it, as a reference. */
export function referenceTo(
  draft: SettingsDraft,
  it: { value: unknown; at: string; variable: string },
): string {
  const { value, at, variable } = it
  const named = typeof value === 'string' ? /^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/.exec(value) : null
  if (named !== null) return `\${env:${named[1]}}`
  draft.note('to do', at, `the key itself was not copied: put it into the environment as ${variable}`)
  return `\${env:${variable}}`
}

/** `my-provider 2` as `MY_PROVIDER_2_API_KEY`. */
export function variableFor(name: string): string {
  const plain = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
  return `${plain.replace(/^(?=[0-9])/, '_')}_API_KEY`
}

function plainName(wanted: string): string {
  return cut(wanted.replaceAll(/[^A-Za-z0-9._-]/g, '-'), 60)
}

function modelName(wanted: string): string {
  return cut(wanted.replaceAll(/[^A-Za-z0-9._:/@+-]/g, '-'), 120)
}

function cut(name: string, most: number): string {
  const begun = name.replace(/^[^A-Za-z0-9]+/, '').slice(0, most)
  return begun === '' ? 'unnamed' : begun
}

function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  if (!taken.has(wanted)) return wanted
  for (let i = 2; ; i += 1) if (!taken.has(`${wanted}-${i}`)) return `${wanted}-${i}`
}
