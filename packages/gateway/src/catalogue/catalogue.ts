/**
 * What is known of models, by `provider kind/model id`: the list that ships with the gateway, and over it what the
 * settings say.
 *
 * Invariant: a compiled entry is made once for as long as its settings stay, so a reload that changes a weight
 * compiles no price.
 */
import type { ModelFacts } from '../contract/model-facts.ts'
import { compilePrice } from './price.ts'
import { type CatalogueEntry, catalogueSpec } from './spec.ts'

export interface Catalogue {
  /** `null` for a model that nobody has described. */
  find(name: string): ModelFacts | null
}

export type ShippedCatalogue = Readonly<Record<string, unknown>>

/** Once, at the start: whether a setting names an entry has to be known before anything is built. */
export async function loadShipped(): Promise<ShippedCatalogue> {
  const module: { readonly default: ShippedCatalogue } = await import('./shipped.json', {
    with: { type: 'json' },
  })
  return module.default
}

const compiled = new WeakMap<CatalogueEntry, ModelFacts>()
const compiledShipped = new Map<string, ModelFacts | null>()

export function openCatalogue(
  shipped: ShippedCatalogue,
  own: ReadonlyMap<string, CatalogueEntry>,
): Catalogue {
  return {
    find(name) {
      const entry = own.get(name)
      return entry === undefined ? findShipped(shipped, name) : factsOf(name, entry, 'settings')
    },
  }
}

function findShipped(shipped: ShippedCatalogue, name: string): ModelFacts | null {
  const known = compiledShipped.get(name)
  if (known !== undefined) return known
  const facts = Object.hasOwn(shipped, name)
    ? factsOf(name, catalogueSpec.parse(shipped[name]), 'shipped')
    : null
  compiledShipped.set(name, facts)
  return facts
}

function factsOf(name: string, entry: CatalogueEntry, from: ModelFacts['from']): ModelFacts {
  const known = compiled.get(entry)
  if (known !== undefined && known.name === name) return known
  const facts: ModelFacts = Object.freeze({
    name,
    from,
    contextTokens: entry.contextTokens ?? null,
    outputTokens: entry.outputTokens ?? null,
    takes: entry.takes ?? null,
    gives: entry.gives ?? null,
    price: compilePrice(entry.prices),
  })
  compiled.set(entry, facts)
  return facts
}
