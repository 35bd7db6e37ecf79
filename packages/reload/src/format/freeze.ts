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

/**
 * Whether `value` can never become another: only plain objects and arrays, all of them frozen, and nothing
 * that is worked out when it is asked for. What is true of it once stays true.
 */
export function isDeeplyFrozen(value: unknown): boolean {
  const waiting: unknown[] = [value]
  const seen = new Set<object>()
  while (waiting.length > 0) {
    const it = waiting.pop()
    if (typeof it === 'function') return false
    if (typeof it !== 'object' || it === null || seen.has(it)) continue
    if (!canFreeze(it) || !Object.isFrozen(it)) return false
    seen.add(it)
    for (const { get, value: child } of Object.values(Object.getOwnPropertyDescriptors(it))) {
      if (get !== undefined) return false
      waiting.push(child)
    }
  }
  return true
}

function canFreeze(it: unknown): it is object {
  if (typeof it !== 'object' || it === null) return false
  if (Array.isArray(it)) return true
  const prototype: unknown = Object.getPrototypeOf(it)
  return prototype === Object.prototype || prototype === null
}
