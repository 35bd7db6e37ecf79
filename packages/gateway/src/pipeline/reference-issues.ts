/** How a setting that points nowhere is told: where, what it names, and the nearest name that exists. */
import { type Issue, nearest, pointTo, type SettingsTree, sayError } from '@changeover/reload'

export interface Known {
  readonly what: string
  readonly names: readonly string[]
}

/** Names in a section, those of broken entries too. */
export function namesOf(tree: SettingsTree, kind: string): readonly string[] {
  return Object.keys(tree[kind] ?? {})
}

export function dangling(pointer: string, found: string, known: Known): Issue {
  const expected =
    known.names.length === 0 ? `an entry of ${known.what} (there is none)` : `an entry of ${known.what}`
  const issue = referenceIssue(pointer, found, expected)
  const meant = nearest(found, known.names)
  return meant === null ? issue : { ...issue, hint: `did you mean "${meant}"?` }
}

export function referenceIssue(pointer: string, found: string, expected: string): Issue {
  const message = sayError('validate.reference', { pointer, found: found.slice(0, 80), expected })
  return { code: 'validate.reference', message, pointer }
}

export function at(kind: string, name: string): string {
  return pointTo(pointTo('', kind), name)
}
