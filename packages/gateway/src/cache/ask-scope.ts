/**
 * What an answer hangs on beside the fields of its request, as bytes. Whatever is added to that belongs into `PARTS`, and
 * nowhere else.
 *
 * Calls in a row are mostly of one scope: the last one is kept as it was written.
 */
import type { CacheAsk } from '../contract/answer-cache.ts'

const PARTS = [
  'tenant',
  'route',
  'context',
  'prompt',
  'guards',
  'wire',
  'model',
  'basis',
  'stream',
] as const satisfies readonly (keyof CacheAsk)[]

let last: { readonly values: readonly unknown[]; readonly bytes: Buffer } | null = null

/** A list in brackets and quotes: where it ends is plain to see. Nobody's to change. */
export function scopeOf(ask: CacheAsk): Buffer {
  if (last !== null && isOf(ask, last.values)) return last.bytes
  const values = PARTS.map((it) => ask[it])
  const bytes = Buffer.from(JSON.stringify(values))
  last = { values, bytes }
  return bytes
}

function isOf(ask: CacheAsk, values: readonly unknown[]): boolean {
  for (let i = 0; i < PARTS.length; i += 1) if (ask[PARTS[i] ?? 'tenant'] !== values[i]) return false
  return true
}
