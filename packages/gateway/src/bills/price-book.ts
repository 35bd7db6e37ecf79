/**
 * By which prices recorded calls are priced anew: those of a version of the settings, with the list that ships behind
 * them, or those of a list that somebody hands in.
 *
 * A version says which entry of its catalogue a target is, so that a wrong entry can be put right; what it does not name
 * any more, and all of a list, goes by the entry that the record names.
 */
import type { SettingsTree } from '@changeover/reload'
import type { BilledPart } from '../calls/money-rows.ts'
import { openCatalogue, type ShippedCatalogue } from '../catalogue/catalogue.ts'
import { catalogueSpec } from '../catalogue/spec.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'

export interface PriceBook {
  /** `null` where it names no price. */
  find(part: BilledPart): PricedEntry | null
}

export type PricedEntry = Pick<ModelFacts, 'name'> & { readonly price: NonNullable<ModelFacts['price']> }

/** `shipped`: none for a list that stands for itself. */
export function openPriceBook(tree: SettingsTree, shipped: ShippedCatalogue): PriceBook {
  const catalogue = openCatalogue(shipped, entriesOf(tree, 'catalogue', catalogueSpec))
  const entries = entryNames(tree)
  return {
    find(part) {
      const name = (part.target === null ? undefined : entries.get(part.target)) ?? entryOf(part.price)
      const facts = name === undefined ? null : catalogue.find(name)
      return facts === null || facts.price === null ? null : { name: facts.name, price: facts.price }
    },
  }
}

/** By target, as `pipeline/compile-targets.ts` names them. */
function entryNames(tree: SettingsTree): ReadonlyMap<string, string> {
  const providers = entriesOf(tree, 'providers', providerSpec)
  const names = new Map<string, string>()
  for (const [name, model] of entriesOf(tree, 'models', modelSpec)) {
    const kind = providers.get(model.provider)?.kind
    if (kind !== undefined) {
      names.set(`${model.provider}/${name}`, model.catalogue ?? `${kind}/${model.model ?? name}`)
    }
  }
  return names
}

/** The entry that a price is of: `openai/gpt-5.4@3f2a9c1d0b7e` without its digest. A model may have an `@` in its name. */
function entryOf(price: string | null): string | undefined {
  return price?.replace(/@[0-9a-f]{12}$/, '')
}
