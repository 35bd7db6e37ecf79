/**
 * The one that answers sooner, of two drawn by weight: its average time to the first token, times the calls it
 * already has. A target of which nothing is known counts as fast while it is idle, so that it gets known.
 */
import type { CompiledTarget } from '../../contract/compiled.ts'
import type { Turn } from '../../contract/routing.ts'
import type { CreateStrategy } from './members.ts'
import { betterOfTwo } from './two-choices.ts'

/** What an unknown target with calls under way is taken for: slow, until one of them has come back. */
const UNKNOWN_MS = 10_000

export const latency: CreateStrategy = (members) => ({
  name: 'latency',
  choose: (turn) => betterOfTwo(members, turn, expectedMs),
})

function expectedMs({ live }: CompiledTarget, turn: Turn): number {
  const ms = live.latencyMs(turn.nowMs, turn.ask.stream)
  if (ms === 0) return live.pending === 0 ? 0 : UNKNOWN_MS * live.pending
  return ms * (live.pending + 1)
}
