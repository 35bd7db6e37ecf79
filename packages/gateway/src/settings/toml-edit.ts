/**
 * Exchanges simple values in a TOML text where they stand. Tables and lists are not added or taken out: no
 * TOML library keeps comments, and to lose an operator's comments is worse than to say no.
 */
import { pointTo, type SettingsTree } from '@changeover/reload'
import { readToml } from './toml.ts'
import { scanToml } from './toml-scanner.ts'
import { applySplices, type Splice, simpleChanges } from './value-splice.ts'

/** `null` when more than simple values change. */
export function replaceTomlValues(text: string, wanted: SettingsTree): string | null {
  const read = readToml(text, '')
  const changes = read.ok ? simpleChanges(read.document.value, wanted) : null
  if (changes === null) return null
  const { values } = scanToml(text)
  const splices: Splice[] = []
  for (const { steps, value } of changes) {
    const spot = values.get(steps.reduce<string>((at, step) => pointTo(at, step), ''))
    if (spot === undefined || value === null) return null
    splices.push({ from: spot[0], to: spot[1], text: write(value) })
  }
  return applySplices(text, splices)
}

/** JSON's escapes are TOML's, but for the sign that deletes. */
function write(value: string | number | boolean): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f')
}
