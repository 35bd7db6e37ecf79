/** Whether a target may be asked at all: by what the route requires, and by what the caller wishes. */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { TargetNeeds } from '../contract/routing.ts'
import type { CallerWishes } from './caller-wishes.ts'

export function isAllowed(target: CompiledTarget, needs: TargetNeeds | null, wishes: CallerWishes): boolean {
  if (wishes.sensitive && !target.sensitive) return false
  if (wishes.region !== null && target.region !== wishes.region) return false
  if (wishes.regions !== null && (target.region === null || !wishes.regions.has(target.region))) return false
  if (needs === null) return true
  if (needs.sensitive && !target.sensitive) return false
  return needs.regions === null || (target.region !== null && needs.regions.includes(target.region))
}
