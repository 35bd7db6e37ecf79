/** Looking things up in a settings tree by JSON pointer, and comparing what is found. */
import { type Json, pointTo, type SettingsTree, stepsOf } from '@changeover/reload'

/** What stands at a pointer; `undefined` when nothing does. */
export function valueAt(tree: SettingsTree, pointer: string): Json | undefined {
  let here: Json | undefined = tree
  for (const step of stepsOf(pointer)) {
    const holds: boolean = typeof here === 'object' && here !== null && Object.hasOwn(here, step)
    here = holds ? (here as { readonly [key: string]: Json })[step] : undefined
  }
  return here
}

/** The same JSON, however its keys are ordered. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.entries(a), Object.entries(b)]
  const other = b as Readonly<Record<string, Json>>
  return (
    left.length === right.length &&
    left.every(([key, value]) => Object.hasOwn(other, key) && isSame(value, other[key]))
  )
}

/** Pointers of the values below one, itself when it is a value; `atMost` of them. */
export function leavesAt(tree: SettingsTree, pointer: string, atMost: number): readonly string[] {
  const found: string[] = []
  const visit = (here: Json | undefined, at: string): void => {
    if (here === undefined || found.length >= atMost) return
    const inside = typeof here === 'object' && here !== null ? Object.entries(here) : []
    if (inside.length === 0) found.push(at)
    for (const [key, value] of inside) visit(value, pointTo(at, key))
  }
  visit(valueAt(tree, pointer), pointer)
  return found
}
