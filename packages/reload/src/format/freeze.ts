/**
 * Makes a value unchangeable all the way down, so that nothing can alter settings that requests run
 * under. Iterative, because settings come from outside and depth must not become a stack.
 *
 * Only plain objects and arrays are frozen: a `Map` or a connection inside is somebody's live thing, and
 * freezing it would not stop its methods from changing it anyway.
 */

/** Freezes `value` and all plain objects and arrays that it reaches; returns the same value. */
export function deepFreeze<T>(value: T): T {
  const waiting: object[] = []
  // Only for what was frozen when we met it: freezing itself marks the rest as seen.
  const seen = new Set<object>()
  if (canFreeze(value)) waiting.push(value)
  for (let it = waiting.pop(); it !== undefined; it = waiting.pop()) {
    if (Object.isFrozen(it)) {
      if (seen.has(it)) continue
      seen.add(it)
    } else {
      Object.freeze(it)
    }
    for (const child of Object.values(it)) if (canFreeze(child)) waiting.push(child)
  }
  return value
}

function canFreeze(it: unknown): it is object {
  if (typeof it !== 'object' || it === null) return false
  if (Array.isArray(it)) return true
  const prototype: unknown = Object.getPrototypeOf(it)
  return prototype === Object.prototype || prototype === null
}
