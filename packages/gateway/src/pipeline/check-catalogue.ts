/** Whether what models say of the catalogue is there to be found, in the settings or among what ships. */
import { type Issue, pointTo, type SettingsTree } from '@changeover/reload'
import type { ShippedCatalogue } from '../catalogue/catalogue.ts'
import { modelSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { dangling } from './reference-issues.ts'

export function checkCatalogue(tree: SettingsTree, shipped: ShippedCatalogue): readonly Issue[] {
  const own = tree['catalogue'] ?? {}
  const issues: Issue[] = []
  for (const [name, { catalogue }] of entriesOf(tree, 'models', modelSpec)) {
    if (catalogue === undefined) continue
    if (Object.hasOwn(own, catalogue) || Object.hasOwn(shipped, catalogue)) continue
    const pointer = `${pointTo(pointTo('', 'models'), name)}/catalogue`
    const names = [...Object.keys(own), ...Object.keys(shipped)]
    issues.push(dangling(pointer, catalogue, { what: 'catalogue', names }))
  }
  return issues
}
