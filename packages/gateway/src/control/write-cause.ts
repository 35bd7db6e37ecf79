/** What the cause room found, in the words of the admin API. */
import type { JSONValue } from 'hono/utils/types'
import type { ValueOrigin, VersionStep } from '../cause/origin.ts'
import type { ChangedValue, DecidingValue, WhyReport } from '../cause/why.ts'
import { writeCall } from './write-json.ts'

export function writeWhy({ call, version, steps, now }: WhyReport) {
  const { step, says, share, isKept } = version
  return {
    call: writeCall(call),
    version: {
      version: version.version,
      says,
      role: call.role,
      share,
      kept: isKept,
      step: step === null ? null : writeStep(step),
    },
    steps: steps.map((it) => ({ about: it.about, says: it.says, values: it.values.map(writeDeciding) })),
    now:
      now === null ? null : { version: now.version, says: now.says, changes: now.changes.map(writeChanged) },
  }
}

function writeDeciding({ pointer, value, origin }: DecidingValue) {
  return { pointer, value: value as JSONValue, origin: writeOrigin(origin) }
}

function writeChanged({ says, pointers, origin }: ChangedValue) {
  return { says, pointers, origin: origin === null ? null : writeOrigin(origin) }
}

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
  const { restores, isOverride, approvedBy, emergency, commit } = it
  const brought = { attempt, traceId, trigger, source, status }
  return { version, at, author, reason, ...brought, restores, isOverride, approvedBy, emergency, commit }
}
