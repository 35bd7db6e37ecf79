/** Targets of the lowest number first, by weight among equals; the next number only when none of those is up. */
import { type CreateStrategy, drawByWeight } from './members.ts'

export const priority: CreateStrategy = (members) => {
  const numbers = [...new Set(members.map((it) => it.priority))].sort((a, b) => a - b)
  const groups = numbers.map((number) => members.filter((it) => it.priority === number))
  return {
    name: 'priority',
    choose: (turn) => {
      for (const group of groups) {
        const target = drawByWeight(group, turn)
        if (target !== null) return target
      }
      return null
    },
  }
}
