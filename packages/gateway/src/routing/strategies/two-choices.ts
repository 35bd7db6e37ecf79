/**
 * The better of two that are drawn by weight: nearly as good as the best of all, without everybody running to
 * the same one at the same moment, which is what always taking the best ends in when news is old.
 */
import type { CompiledTarget } from '../../contract/compiled.ts'
import type { Turn } from '../../contract/routing.ts'
import { drawByWeight, type Member } from './members.ts'

/** `loadOf`: lower is better. */
export function betterOfTwo(
  members: readonly Member[],
  turn: Turn,
  loadOf: (target: CompiledTarget, turn: Turn) => number,
): CompiledTarget | null {
  const one = drawByWeight(members, turn)
  if (one === null || members.length === 1) return one
  const other = drawByWeight(members, turn, (it) => (it.target === one ? 0 : it.weight))
  if (other === null) return one
  return loadOf(other, turn) < loadOf(one, turn) ? other : one
}
