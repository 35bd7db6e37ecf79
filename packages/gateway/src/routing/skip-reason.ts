/** Why a target was not there to be chosen: for the record of a call, after the choice. Takes no probe of a breaker. */
import type { SkipReason } from '../contract/call.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { CallerWishes } from './caller-wishes.ts'
import { isAllowed } from './target-needs.ts'

interface Asked {
  readonly route: CompiledRoute
  readonly wishes: CallerWishes
}

/** `null` when nothing spoke against it. */
export function skipReason(target: CompiledTarget, asked: Asked, nowMs: number): SkipReason | null {
  const { needs, ejector } = asked.route.plan
  if (!isAllowed(target, needs, asked.wishes)) {
    const isSensitive = asked.wishes.sensitive || needs?.sensitive === true
    return isSensitive && !target.sensitive ? 'sensitive' : 'region'
  }
  if (ejector?.isOut(target, nowMs) === true) return 'ejected'
  if (!target.breaker.isReady(nowMs)) return 'breaker'
  return target.gate !== null && !target.gate.hasRoom ? 'full' : null
}
