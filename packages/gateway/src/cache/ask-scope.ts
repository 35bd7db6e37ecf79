/**
 * What an answer hangs on beside the fields of its request, as bytes. Whatever is added to that belongs into `partsOf`,
 * and nowhere else.
 *
 * Calls in a row are mostly of one scope: the last one is kept as it was written.
 */
import type { CacheAsk } from '../contract/answer-cache.ts'

let last: { readonly values: readonly unknown[]; readonly bytes: Buffer } | null = null

/** A list in brackets and quotes: where it ends is plain to see. Nobody's to change. */
export function scopeOf(ask: CacheAsk): Buffer {
  const values = partsOf(ask)
  if (last !== null && isSame(values, last.values)) return last.bytes
  const bytes = Buffer.from(JSON.stringify(values))
  last = { values, bytes }
  return bytes
}

function partsOf(it: CacheAsk): readonly unknown[] {
  return [it.tenant, it.route, it.context, it.prompt, it.guards, it.wire, it.model, it.basis, it.stream]
}

function isSame(values: readonly unknown[], others: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i += 1) if (values[i] !== others[i]) return false
  return true
}
