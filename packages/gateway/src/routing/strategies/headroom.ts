/**
 * By what is left of each target's limits, times its weight, as far as providers tell it in their answers. A target
 * of which nothing is known counts as having all of it. When nothing is left anywhere, by weight: the providers'
 * own refusals are fresher news.
 */
import { type CreateStrategy, drawByWeight } from './members.ts'

export const headroom: CreateStrategy = (members) => ({
  name: 'headroom',
  choose: (turn) =>
    drawByWeight(members, turn, (it) => it.weight * it.target.live.headroom(turn.nowMs)) ??
    drawByWeight(members, turn),
})
