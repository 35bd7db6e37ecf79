/** What the cause room found, in the words of the admin API. */
import type { ValueOrigin, VersionStep } from '../cause/origin.ts'

export function writeOrigin(it: ValueOrigin) {
  const { restored } = it
  return { ...writeOneOrigin(it), restored: restored === null ? null : writeOneOrigin(first(restored)) }
}

/** Through ways back to ways back, to where it was written. */
function first(it: ValueOrigin): ValueOrigin {
  return it.restored === null ? it : first(it.restored)
}

function writeOneOrigin({ pointer, kind, place, change, heldSince }: ValueOrigin) {
  return { pointer, kind, place, change: change === null ? null : writeStep(change), heldSince }
}

export function writeStep(it: VersionStep) {
  const { version, at, author, reason, attempt, traceId, trigger, source, status } = it
  const { restores, isOverride, approvedBy, commit } = it
  const brought = { attempt, traceId, trigger, source, status }
  return { version, at, author, reason, ...brought, restores, isOverride, approvedBy, commit }
}
