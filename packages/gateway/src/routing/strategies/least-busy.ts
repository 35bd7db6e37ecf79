/** The one with the fewest calls under way for its weight; among equals, by chance. */
import { type CreateStrategy, drawByWeight } from './members.ts'

export const leastBusy: CreateStrategy = (members) => ({
  name: 'least-busy',
  choose: (turn) => {
    let least = Number.POSITIVE_INFINITY
    for (const it of members) {
      if (it.weight > 0 && turn.isUp(it.target)) least = Math.min(least, it.target.live.pending / it.weight)
    }
    return drawByWeight(members, turn, (it) =>
      it.weight > 0 && it.target.live.pending / it.weight <= least ? it.weight : 0,
    )
  },
})
