/**
 * Which target takes a call: by weight, among those whose breaker lets it through.
 *
 * A breaker is asked only about the target that was drawn, because asking a half-open one takes its probe.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'

/** `null` when every target with weight is at rest. `random` gives numbers in [0, 1). */
export function chooseTarget(
  route: CompiledRoute,
  random: () => number,
  nowMs: number,
): CompiledTarget | null {
  const { targets, totalWeight } = route
  const only = targets.length === 1 ? targets[0] : undefined
  if (only !== undefined) return only.target.breaker.allows(nowMs) ? only.target : null
  const drawn = draw(targets, random() * totalWeight)
  if (drawn === null || drawn.breaker.allows(nowMs)) return drawn
  return chooseAmongRest(route, drawn, random, nowMs)
}

function draw(targets: CompiledRoute['targets'], point: number): CompiledTarget | null {
  for (const it of targets) if (point < it.until) return it.target
  return null
}

/** Draws again among the others, each time without those that were at rest. */
function chooseAmongRest(
  route: CompiledRoute,
  resting: CompiledTarget,
  random: () => number,
  nowMs: number,
): CompiledTarget | null {
  let before = 0
  let rest = route.targets.map(({ target, until }) => {
    const weight = until - before
    before = until
    return { target, weight }
  })
  let out = resting
  for (;;) {
    rest = rest.filter((it) => it.target !== out && it.weight > 0)
    let point = random() * rest.reduce((sum, it) => sum + it.weight, 0)
    const found = rest.find((it) => (point -= it.weight) < 0)
    if (found === undefined) return null
    if (found.target.breaker.allows(nowMs)) return found.target
    out = found.target
  }
}
