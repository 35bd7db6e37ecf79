/**
 * Whom a version knows by a key, for those who cannot wait: a token that was never seen counts as nobody until it has
 * been looked at, which asking for it begins.
 */
import type { CompiledIdentity, Found } from '../contract/compiled.ts'

export function foundNow(identity: CompiledIdentity, key: string | undefined, nowMs: number): Found | null {
  const found = identity.find(key, nowMs)
  return found instanceof Promise ? null : found
}
