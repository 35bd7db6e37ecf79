/**
 * Seals the values of a large tree before all of it is sealed in one go, letting the event loop turn between them: requests
 * are being served while this runs.
 *
 * It only fills what `sealValue` remembers. What cannot be sealed, or not for good, is left to whoever seals the tree, who
 * says where it stands.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SettingsTree } from '../contract/payload.ts'
import { isSealedForGood, sealValue } from './sealed-value.ts'

/** As many are sealed in a millisecond or two. */
const AT_ONCE = 64

export async function sealAhead(tree: SettingsTree): Promise<void> {
  let count = 0
  for (const [kind, named] of Object.entries(tree)) {
    if (typeof named !== 'object' || named === null || Array.isArray(named)) continue
    for (const [name, value] of Object.entries(named)) {
      // What may still change is sealed each time, and would be sealed twice.
      if (isSealedForGood(value) || !Object.isFrozen(value)) continue
      try {
        sealValue(kind, name, value)
      } catch {
        return
      }
      count += 1
      if (count % AT_ONCE === 0) await nextTurn()
    }
  }
}
