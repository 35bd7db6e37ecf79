/** Among which targets a route chooses, and how, as one text; made once for each compiled route. */
import type { RouteSpec } from '../routing/spec.ts'

/** Beyond this a record says as much as anybody will read of it. */
const LONGEST = 300

/** `model-a=0%, model-b=100% by least-busy` */
export function choiceText(targets: RouteSpec['targets'], strategy: RouteSpec['strategy']): string {
  const text = `${sharesText(targets)}${byStrategy(strategy)}`
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`
}

/** Nothing for what is usual. */
export function byStrategy(strategy: RouteSpec['strategy']): string {
  return strategy === 'weighted' ? '' : ` by ${strategy}`
}

export function sharesText(targets: RouteSpec['targets']): string {
  const total = targets.reduce((sum, it) => sum + it.weight, 0)
  return targets.map((it) => `${it.model}=${percent(it.weight / total)}%`).join(', ')
}

function percent(share: number): number {
  return Number((share * 100).toFixed(2))
}
