/**
 * The cheapest at the prices of now, for what this request is expected to take: the estimate of its input, and what
 * the caller allows for the output. Targets of which nobody knows the price come after those with one.
 *
 * Prices within a thousandth are equal, and share by weight.
 */
import type { CompiledTarget } from '../../contract/compiled.ts'
import type { Turn } from '../../contract/routing.ts'
import { type CreateStrategy, drawByWeight } from './members.ts'

/** For callers who do not say: about what an answer of some paragraphs takes. */
const USUAL_OUTPUT_TOKENS = 500
const EQUAL = 1.001

export const cost: CreateStrategy = (members) => ({
  name: 'cost',
  choose: (turn) => {
    let least = Number.POSITIVE_INFINITY
    for (const it of members) {
      if (it.weight > 0 && turn.isUp(it.target)) least = Math.min(least, expectedCost(it.target, turn))
    }
    if (least === Number.POSITIVE_INFINITY) return drawByWeight(members, turn)
    return drawByWeight(members, turn, (it) =>
      expectedCost(it.target, turn) <= least * EQUAL ? it.weight : 0,
    )
  },
})

function expectedCost(target: CompiledTarget, turn: Turn): number {
  const price = target.facts?.price?.perMillionTokens(turn.wallMs) ?? null
  if (price === null) return Number.POSITIVE_INFINITY
  const { ask } = turn
  return price.input * ask.inputTokens() + price.output * (ask.maxOutputTokens() ?? USUAL_OUTPUT_TOKENS)
}
