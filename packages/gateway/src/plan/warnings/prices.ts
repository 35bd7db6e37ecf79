/** Prices that change by much, by a new price or another entry of the catalogue, and models that lose theirs. */
import { openCatalogue } from '../../catalogue/catalogue.ts'
import type { Warning } from '../look.ts'
import { type Check, type Look, pointerOf, type Sections, warn } from './check.ts'

/** A price list rarely changes by more at once; a slip of the decimal point always does. */
const MUCH = 0.5

export const prices: Check = (look) => {
  const { before, after, facts } = look
  const found: Warning[] = []
  for (const [name, model] of after.models) {
    const was = before.models.get(name)
    if (was === undefined && facts.asked.get(name) === undefined) continue
    const [old, next] = [priceOf(look, before, name), priceOf(look, after, name)]
    if (old === null || (next !== null && old.input === next.input && old.output === next.output)) continue
    const place = placeOf(look, name, entryName(after, name) ?? '')
    const use = facts.targets.get(`${model.provider}/${name}`)
    const [calls, examples] = [use?.calls ?? 0, use?.examples ?? []]
    if (next === null) {
      const text = `model ${name} has no price any more: what its calls cost will not be known`
      found.push(warn('plan.no_price', place, { text, numbers: { calls }, examples }))
      continue
    }
    const parts = (['input', 'output'] as const).filter((it) => isMuch(old[it], next[it]))
    if (parts.length === 0) continue
    const said = parts.map((it) => `${it} ${sayUsd(old[it])} → ${sayUsd(next[it])}`).join(', ')
    const text = `the price of model ${name} changes by more than half: ${said} a million tokens`
    const numbers = {
      calls,
      inputBefore: old.input,
      inputAfter: next.input,
      outputBefore: old.output,
      outputAfter: next.output,
    }
    found.push(warn('plan.price_moved', place, { text, numbers, examples }))
  }
  return found
}

function isMuch(before: number, after: number): boolean {
  if (before === after) return false
  return before === 0 || after === 0 || Math.max(before, after) / Math.min(before, after) > 1 + MUCH
}

function priceOf(
  { input }: Look,
  sections: Sections,
  model: string,
): { input: number; output: number } | null {
  const name = entryName(sections, model)
  if (name === null) return null
  const price = openCatalogue(input.shipped, sections.catalogue).find(name)?.price ?? null
  return price?.perMillionTokens(input.nowMs) ?? null
}

/** Of the catalogue, as `pipeline/compile-targets.ts` names it. */
function entryName(sections: Sections, name: string): string | null {
  const model = sections.models.get(name)
  const kind = model === undefined ? undefined : sections.providers.get(model.provider)?.kind
  return model === undefined || kind === undefined
    ? null
    : (model.catalogue ?? `${kind}/${model.model ?? name}`)
}

function placeOf(look: Look, model: string, entry: string): string {
  return look.touches('catalogue', entry) ? pointerOf('catalogue', entry) : pointerOf('models', model)
}

function sayUsd(dollars: number): string {
  return `$${Number(dollars.toPrecision(4))}`
}
