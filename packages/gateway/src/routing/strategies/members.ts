/** The targets that a strategy chooses among, with what the settings say of each, and draws by weight. */
import type { CompiledTarget } from '../../contract/compiled.ts'
import type { Strategy, Turn } from '../../contract/routing.ts'

export interface Member {
  readonly target: CompiledTarget
  readonly weight: number
  readonly priority: number
}

export interface StickyOptions {
  readonly by: 'session' | 'tenant' | 'prompt'
  readonly header: string | null
  readonly promptChars: number
  /** For requests without a key to stick by. */
  readonly otherwise: Strategy
}

export type CreateStrategy = (members: readonly Member[], sticky: StickyOptions) => Strategy

/** By `weigh`, among those that are up; 0 takes none. Two passes and no list, so that a choice allocates nothing. */
export function drawByWeight(
  members: readonly Member[],
  turn: Turn,
  weigh: (it: Member, turn: Turn) => number = weightOf,
): CompiledTarget | null {
  let total = 0
  for (const it of members) if (turn.isUp(it.target)) total += weigh(it, turn)
  if (total <= 0) return null
  let point = turn.random() * total
  let last: CompiledTarget | null = null
  for (const it of members) {
    if (!turn.isUp(it.target)) continue
    const weight = weigh(it, turn)
    if (weight <= 0) continue
    last = it.target
    point -= weight
    if (point < 0) return it.target
  }
  return last
}

function weightOf(it: Member): number {
  return it.weight
}
