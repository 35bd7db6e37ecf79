/** `@changeover/gateway`: what the command line and tests may use of it. */

export type { Parts, RunOptions } from './boot/begin-run.ts'
export type { Flags } from './boot/flags.ts'
export { flagSpecs, readFlags } from './boot/flags.ts'
export {
  IMPORT_SOURCES,
  type ImportedSettings,
  type ImportSource,
  importSettings,
  type NotImported,
} from './boot/import-settings.ts'
export {
  changeClassesOf,
  checkSettingsText,
  lookAtSettings,
  readSettingsDraft,
  type SettingsLook,
} from './boot/look-at-settings.ts'
export type { ProviderEntry } from './boot/providers.ts'
export { type Running, run } from './boot/run.ts'
export { serve } from './boot/serve.ts'
export type * from './contract/settings.ts'
export { GatewayError, isGatewayError, rules, sayError } from './errors.ts'
