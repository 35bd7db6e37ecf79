/**
 * Every setting of which a test shows how it changes under load. Add a row, and the test of it is there; what is listed
 * here is printed as docs/reference/reload-classes.md.
 */
import { cloudChanges } from './cloud-changes.ts'
import { modelChanges } from './model-changes.ts'
import { providerChanges } from './provider-changes.ts'
import { addressChanges, formatChanges, quirkChanges } from './quirk-changes.ts'
import {
  ejectionChanges,
  failureChanges,
  loadChanges,
  ruleChanges,
  tailChanges,
  targetChanges,
  timeChanges,
} from './route-changes.ts'
import type { SettingChange } from './world.ts'

export const settingChanges: readonly SettingChange[] = [
  ...providerChanges,
  ...addressChanges,
  ...formatChanges,
  ...quirkChanges,
  ...cloudChanges,
  ...modelChanges,
  ...targetChanges,
  ...ruleChanges,
  ...failureChanges,
  ...timeChanges,
  ...loadChanges,
  ...tailChanges,
  ...ejectionChanges,
]
