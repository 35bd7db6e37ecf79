/** What guardrails have to do with one call: which look at it, what they have found, and how long they held it back. */
import type { Blocked, CompiledGuards, Finding, InputLooked, OutputRun } from '../contract/guards.ts'
import type { CallerError } from '../contract/wire.ts'
import { rules, sayError } from '../errors.ts'

export class Inspection {
  guards: CompiledGuards | null = null
  looked: InputLooked | null = null
  /** Of the answer that went out, or was last tried to. */
  run: OutputRun | null = null
  /** The request was not let pass. */
  blocked: Blocked | null = null

  /** By guard, with counts; never what it was. */
  get findings(): readonly Finding[] {
    if (this.guards === null) return NOTHING
    return [
      ...(this.blocked?.findings ?? this.looked?.findings ?? NOTHING),
      ...(this.run?.findings ?? NOTHING),
    ]
  }

  /** What guards found that only try themselves out, as soon as they have. */
  get later(): readonly Promise<readonly Finding[]>[] {
    return [this.looked?.later, this.run?.later].filter((it) => it !== null && it !== undefined)
  }
}

const NOTHING: readonly Finding[] = Object.freeze([])

export function outputBlocked(it: Blocked): CallerError {
  return blockedBy('guard.output_blocked', it)
}

export function inputBlocked(it: Blocked): CallerError {
  return blockedBy('guard.input_blocked', it)
}

function blockedBy(code: 'guard.input_blocked' | 'guard.output_blocked', it: Blocked): CallerError {
  const why = it.message === '' ? '' : `: ${it.message}`
  return { status: rules[code].status, code, message: sayError(code, { guard: it.blocked, why }) }
}
