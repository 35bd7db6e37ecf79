/**
 * Attributes as they leave: standard names beside ours (or instead of them), secrets taken out.
 *
 * The one place where both happen, and it is asked at export only. A request span carries none of our
 * names that have a companion, so it goes through with one lookup a span.
 */
import type { Attributes, AttributeValue } from '@changeover/reload'
import { attributeNames } from './attribute-names.ts'
import type { Companion } from './names.ts'
import type { Redactor } from './redact.ts'
import type { AttributeNames } from './settings.ts'

export type Place = 'request' | 'reload' | 'event'
export type CleanAttributes = Record<string, AttributeValue>

const companionOf: ReadonlyMap<string, Companion> = new Map(
  attributeNames.flatMap((it) =>
    it.companion !== undefined && it.name !== 'event.type' ? [[it.name, it.companion] as const] : [],
  ),
)

export function placeOfSpan(name: string): Place {
  return name === 'reload' || name.startsWith('reload.') ? 'reload' : 'request'
}

/** A new object without undefined values, ready to be written. */
export function attributesToExport(
  bags: Attributes | readonly Attributes[] | undefined,
  how: { readonly names: AttributeNames; readonly place: Place; readonly redactor: Redactor },
): CleanAttributes {
  const out: CleanAttributes = {}
  if (bags === undefined) return out
  if (isList(bags)) for (const bag of bags) addClean(out, bag, how.redactor)
  else addClean(out, bags, how.redactor)
  if (how.names !== 'plain' && how.place !== 'request') addCompanions(out, how.names, how.place)
  return out
}

function isList(bags: Attributes | readonly Attributes[]): bags is readonly Attributes[] {
  return Array.isArray(bags)
}

function addClean(out: CleanAttributes, bag: Attributes, redactor: Redactor): void {
  for (const name in bag) {
    const value = bag[name]
    if (value !== undefined && value !== null) out[name] = redactor.attribute(name, value)
  }
}

function addCompanions(out: CleanAttributes, names: AttributeNames, place: 'reload' | 'event'): void {
  for (const name of Object.keys(out)) {
    const companion = companionOf.get(name)
    if (companion === undefined || !companion.on.includes(place)) continue
    const ours = out[name]
    const value = companion.values === undefined ? ours : companion.values[String(ours)]
    if (value === undefined) continue
    if (names === 'otel') delete out[name]
    out[companion.name] ??= value
  }
}
