/**
 * Checks that are made again only when a section that they look at is another one: most reloads change one of a dozen.
 *
 * Only what was found to be right is remembered, and only of sections that cannot change; what is wrong is looked at each
 * time, so that it is always told.
 */
import type { Issue, SettingsTree } from '@changeover/reload'
import { isFixed } from './check.ts'

export type TreeCheck = (tree: SettingsTree) => readonly Issue[]

const NONE: readonly Issue[] = Object.freeze([])

/** `check`, made unless these sections are known to be clean; it must look at them and at nothing else. */
export function checkUnlessClean(kinds: readonly string[], check: TreeCheck): TreeCheck {
  let clean: readonly unknown[] | null = null
  return (tree) => {
    const known = clean
    if (known !== null && kinds.every((kind, i) => tree[kind] === known[i])) return NONE
    const issues = check(tree)
    const isRight = issues.length === 0 && kinds.every((kind) => isNothingOrFixed(tree[kind]))
    if (isRight) clean = kinds.map((kind) => tree[kind])
    return issues
  }
}

function isNothingOrFixed(section: SettingsTree[string] | undefined): boolean {
  return section === undefined || isFixed(section)
}
