/**
 * What is written down of a call's attempts: a line in its record, the end of a span and a count, for each of them, and for
 * what went out beside them. A copy to a mirror has its line from the start, because it may end after the record is
 * written; a hedge has it when it is over.
 */
import type { Span } from '@changeover/reload'
import type { AskedBeside } from '../contract/answer-cache.ts'
import type { AttemptBill, AttemptReason, CallAttempt } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Usage } from '../contract/neutral.ts'
import type { AsideKind } from '../routing/attempt-host.ts'
import type { CallInstruments } from './call-instruments.ts'
import { endAttemptSpan } from './call-spans.ts'
import { roundMs } from './round-ms.ts'

export interface EndedAttempt {
  readonly target: CompiledTarget
  readonly status: number | null
  /** Empty when it ended well. */
  readonly error: string
  readonly cause: unknown
  readonly durationMs: number
  readonly kind: AsideKind | null
  /** `null` for the first, and for what went beside. */
  readonly reason?: AttemptReason | null
  readonly span: Span | null
  readonly seenModel: string
  readonly usage: Usage | null
  /** Of one that failed and was billed all the same. */
  readonly bill?: AttemptBill | null
}

export class AttemptLedger {
  readonly lines: CallAttempt[] = []

  /** `instruments`: of the call's version; `null` when it has none. */
  end(it: EndedAttempt, instruments: CallInstruments | null): void {
    const { target, status, error, kind, reason = null, bill = null } = it
    const made = { target: target.name, status, error, durationMs: roundMs(it.durationMs) }
    const line = bill === null ? made : { ...made, bill }
    if (kind !== null) this.#write({ ...line, kind })
    else this.#write(reason === null ? line : { ...line, by: reason })
    if (it.span !== null) endAttemptSpan(it.span, it)
    instruments?.attempt(target, error, it.durationMs)
  }

  /** A text was embedded before there was an attempt. */
  addEmbedding({ target, status, error, durationMs, bill }: AskedBeside): void {
    const line: CallAttempt = { target, status, error, durationMs: roundMs(durationMs), kind: 'embedding' }
    this.lines.push(bill === null ? line : { ...line, bill })
  }

  /** A copy is on its way. */
  openMirror(target: CompiledTarget): void {
    this.lines.push({ target: target.name, status: null, error: '', durationMs: 0, kind: 'mirror' })
  }

  #write(line: CallAttempt): void {
    const at =
      line.kind === 'mirror' ? this.lines.findIndex((it) => isOpen(it) && it.target === line.target) : -1
    if (at === -1) this.lines.push(line)
    else this.lines[at] = line
  }
}

function isOpen(it: CallAttempt): boolean {
  return it.kind === 'mirror' && it.status === null && it.error === ''
}
