/** What guardrails have to do with one call: which look at it, what they have found, and how long they held it back. */
import type { Meter } from '@changeover/reload'
import type { Blocked, CompiledGuards, Finding, InputLooked, OutputRun } from '../contract/guards.ts'
import type { NeutralRequest } from '../contract/neutral.ts'
import type { CallerError, Wire } from '../contract/wire.ts'
import { rules, sayError } from '../errors.ts'
import type { RequestBody } from '../wire/request-body.ts'

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
    const input = this.blocked?.findings ?? this.looked?.findings ?? NOTHING
    const output = this.run?.findings ?? NOTHING
    if (output.length === 0) return input
    return input.length === 0 ? output : [...input, ...output]
  }

  /** What guards found that only try themselves out, as soon as they have. */
  get later(): readonly Promise<readonly Finding[]>[] {
    return [this.looked?.later, this.run?.later].filter((it) => it !== null && it !== undefined)
  }
}

/** Counts what was found; what is found later is counted then. */
export function countFindings(it: Inspection, meter: Meter, version: string): void {
  const add = (findings: readonly Finding[]): void => {
    for (const { guard, did, count } of findings) {
      const attributes = { 'changeover.guard': guard, 'changeover.outcome': did, 'config.version': version }
      meter.add('changeover.guard.findings', count, attributes)
    }
  }
  add(it.findings)
  for (const later of it.later) void later.then(add)
}

/** Where the caller's own bytes went up and guards stand before the answer, it is written anew as it was asked for. */
export function askedAgain(it: Inspection, body: RequestBody | null, wire: Wire): NeutralRequest | null {
  if (it.run === null || body === null) return null
  try {
    return wire.parseRequest(body.toFields(null))
  } catch {
    // The provider understood it, whatever it is.
    return null
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
