/** Which simple values differ between two trees of the same shape; the groundwork of exchanging them in a text. */
import type { Json } from '@changeover/reload'

export type Simple = string | number | boolean | null

export interface SimpleChange {
  readonly steps: readonly string[]
  readonly value: Simple
}

/** `null` when anything else differs than simple values in places that both have. */
export function simpleChanges(
  before: Json,
  after: Json,
  steps: readonly string[] = [],
): SimpleChange[] | null {
  if (before === after) return []
  if (isSimple(before) && isSimple(after)) return [{ steps, value: after }]
  if (isSimple(before) || isSimple(after) || Array.isArray(before) !== Array.isArray(after)) return null
  const names = Object.keys(before)
  if (names.length !== Object.keys(after).length) return null
  const changes: SimpleChange[] = []
  for (const name of names) {
    if (!Object.hasOwn(after, name)) return null
    const [a, b] = [childOf(before, name), childOf(after, name)]
    const inner = simpleChanges(a, b, [...steps, name])
    if (inner === null) return null
    changes.push(...inner)
  }
  return changes
}

export interface Splice {
  readonly from: number
  readonly to: number
  readonly text: string
}

export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = ''
  let at = 0
  for (const it of [...splices].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, it.from) + it.text
    at = it.to
  }
  return result + text.slice(at)
}

function isSimple(value: Json): value is Simple {
  return typeof value !== 'object' || value === null
}

function childOf(value: object, name: string): Json {
  return (value as Readonly<Record<string, Json>>)[name] ?? null
}
