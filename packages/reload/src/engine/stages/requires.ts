/**
 * Whether an instance has what a payload asks for: `">=0.4"`, `"<2"`, `"1.2.3"`, `"*"`.
 *
 * Dotted numbers are compared number by number, missing ones as 0; a bare value must be equal. Enough for
 * versions of our own and for schema numbers, and nothing that needs a library to explain.
 */

const FORM = /^(>=|<=|>|<|=)?\s*(\d+(?:\.\d+)*)$/

export function satisfies(found: string, expected: string): boolean {
  if (expected === '*') return true
  const form = FORM.exec(expected)
  if (form === null || !/^\d+(?:\.\d+)*/.test(found)) return found === expected
  const order = compareDotted(found, form[2] ?? '')
  return HOLDS[form[1] ?? '=']?.(order) ?? false
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '>=': (order) => order >= 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '<': (order) => order < 0,
  '=': (order) => order === 0,
}

function compareDotted(a: string, b: string): number {
  const [left, right] = [a, b].map((it) => it.split('.').map((step) => Number.parseInt(step, 10) || 0))
  const length = Math.max(left?.length ?? 0, right?.length ?? 0)
  for (let i = 0; i < length; i++) {
    const order = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (order !== 0) return order
  }
  return 0
}
