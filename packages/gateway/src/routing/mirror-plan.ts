/**
 * Copies of calls to another target: which share, and how many at once at most. Nobody waits for a copy and
 * nobody is answered from one; what is beyond the bound is not sent.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { MirrorPlan } from '../contract/routing.ts'

/** Copies under way, carried over reloads. */
export class MirrorCount {
  running = 0
}

export function createMirrorPlan(
  count: MirrorCount,
  it: { readonly target: CompiledTarget; readonly share: number; readonly maxPending: number },
): MirrorPlan {
  return {
    target: it.target,
    share: it.share,
    take: () => {
      if (count.running >= it.maxPending) return false
      count.running += 1
      return true
    },
    giveBack: () => {
      count.running -= 1
    },
  }
}
