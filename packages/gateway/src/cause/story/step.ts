/** One step of a call's story: what decided, in words, and the settings that it was decided by. */
import type { Json, SettingsTree } from '@changeover/reload'
import type { CallRecord } from '../../contract/call.ts'

export type DecidedBy =
  | 'caller'
  | 'route'
  | 'prompt'
  | 'limit'
  | 'cache'
  | 'choice'
  | 'target'
  | 'attempts'
  | 'price'

export interface DecidingStep {
  readonly about: DecidedBy
  /** A sentence without a full stop. */
  readonly says: string
  /** JSON pointers of the values, those that are written nowhere left out. */
  readonly pointers: readonly string[]
}

/** Tells one step of a call under certain settings; `null` when there is nothing to tell. */
export type TellStep = (call: CallRecord, settings: SettingsTree) => DecidingStep | null

/** A field of an entry; `undefined` when it is not written. */
export function fieldOf(entry: Json | undefined, name: string): Json | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined
  return Object.hasOwn(entry, name) ? (entry as { readonly [key: string]: Json })[name] : undefined
}

export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** The key in `models` of a target's name, `provider/model`. */
export function modelOf(target: string): string {
  return target.slice(target.indexOf('/') + 1)
}
