/** By weight alone. Plain routes take the shorter way of `choose.ts`; this one serves rules and fallbacks of others. */
import { type CreateStrategy, drawByWeight } from './members.ts'

export const weighted: CreateStrategy = (members) => ({
  name: 'weighted',
  choose: (turn) => drawByWeight(members, turn),
})
