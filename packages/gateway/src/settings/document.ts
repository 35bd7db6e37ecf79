/**
 * A settings text that was read: its value, and where each part of it stands.
 *
 * A place is where the *name* of a setting starts, or the item of a list, not its value: it is the same
 * spot for a wrong value, an unknown name and a duplicate, and where there is no such setting it is the
 * nearest thing around it that is there.
 */
import type { Issue, Json } from '@changeover/reload'
import { sayError } from '../errors.ts'

export type Place = NonNullable<Issue['place']>

export interface SettingsDocument {
  readonly file: string
  readonly value: Json
  /** Steps of a pointer, unescaped. Never fails: at worst the start of the file. */
  placeOf(steps: readonly string[]): Place
}

export type ReadText =
  | { readonly ok: true; readonly document: SettingsDocument }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** A rule of the form is broken at `place`. */
export function syntaxIssue(place: Place, found: string, expected: string, hint?: string): Issue {
  const issue = { code: 'settings.syntax', message: sayError('settings.syntax', { found, expected }), place }
  return hint === undefined ? issue : { ...issue, hint }
}

export const LIMITS = {
  // People stop at ten levels; the engine takes sixty-four.
  depth: 64,
  // Values that exist only because an alias repeats them. Honest files stay below a hundred; the
  // "billion laughs" would make a thousand million.
  repeated: 10_000,
  // What is wrong on the hundredth line is seen after the first ninety-nine are mended.
  issues: 100,
} as const
