/**
 * A request that goes out beside a call's attempts: a hedge, or a copy to a mirror. It has a span below the call's, and is
 * read to be billed: what its provider counts and what came of its text.
 *
 * Not here: what is made of that (`attempted-call.ts`, `call-bill.ts`).
 */
import type { Span, Timer } from '@changeover/reload'
import type { AttemptBill, CallCopy } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Usage } from '../contract/neutral.ts'
import type { UpstreamHeaders, UpstreamRequest } from '../contract/upstream.ts'
import type { Aside, AsideKind, FailureCode, Probe, ProbeTold } from '../routing/attempt-host.ts'
import type { ToolCounts } from '../wire/tool-calls.ts'
import type { EndedAttempt } from './attempt-ledger.ts'
import { CallBill, type LostAttempt } from './call-bill.ts'
import { openReply } from './replies/open-reply.ts'
import type { Reply, ReplyPort } from './replies/reply.ts'
import type { UpstreamBody } from './upstream-body.ts'

export interface AsideInput {
  readonly target: CompiledTarget
  readonly kind: AsideKind
  readonly request: UpstreamRequest
  readonly written: UpstreamBody
  readonly span: Span | null
  readonly startedMono: number
  readonly stream: boolean
  /** The call's own port, for what a reply asks and nobody is told. */
  readonly port: ReplyPort
  /** Wall milliseconds at which the call began. */
  readonly atMs: number
  /** Of the request, as routing estimates them. */
  inputTokens(): number
  onOver(ended: EndedAttempt, aside: AsideRun): void
}

export class AsideRun implements Aside {
  readonly #input: AsideInput
  readonly #now: () => number
  /** Its own: none of it is the call's until somebody says so. */
  readonly bill = new CallBill()
  /** The request has gone out whole. */
  asked = false
  hasContent = false
  #reply: Reply | null = null
  #textBytes = 0
  #toolCalls: ToolCounts | undefined

  constructor(input: AsideInput, now: () => number) {
    this.#input = input
    this.#now = now
    if (input.kind === 'mirror') input.span?.set({ 'changeover.copy': 'mirror' })
  }

  get target(): CompiledTarget {
    return this.#input.target
  }
  get request(): UpstreamRequest {
    return this.#input.request
  }
  get written(): UpstreamBody {
    return this.#input.written
  }
  get span(): Span | null {
    return this.#input.span
  }
  get startedMono(): number {
    return this.#input.startedMono
  }
  get kind(): AsideKind {
    return this.#input.kind
  }

  onSent(): void {
    this.asked = true
  }

  openProbe(status: number, headers: UpstreamHeaders, told: ProbeTold): Probe | null {
    const { written, stream, port } = this.#input
    const { wire, mended, hidesUsage } = written
    const answer = { status, headers, stream, wire, mended, hidesUsage }
    this.#reply = openReply(new ProbePort(port, told, this), answer)
    return this.#reply === null ? null : new SafeProbe(this.#reply, told)
  }

  over(status: number | null, code: string, cause: unknown): void {
    const { target, kind, span, startedMono } = this.#input
    const durationMs = this.#now() - startedMono
    this.#count(code)
    const usage = this.bill.usage ?? this.bill.counted
    const made = { target, status, error: code, cause, durationMs, kind, span, seenModel: '', usage }
    this.#input.onOver(made, this)
  }

  /** What it is billed for by a call that it did not answer; `null` for nothing, and for a copy. */
  lost(error: string, ofCall: CallBill): AttemptBill | null {
    const { target, kind, stream, atMs, inputTokens } = this.#input
    if (kind === 'mirror') return null
    const winner = stream ? null : ofCall.counted
    const { counted } = this.bill
    const came = { asked: this.asked, textBytes: this.#textBytes, toolCalls: this.#toolCalls, counted }
    return ofCall.endLost({ target, error, ...came, winner, atMs, inputTokens })
  }

  /** What the attempt that this one was faster than is billed for. */
  outran(
    target: CompiledTarget,
    ofCall: CallBill,
    came: Pick<LostAttempt, 'asked' | 'textBytes' | 'toolCalls'>,
  ): AttemptBill | null {
    const { stream, atMs, inputTokens } = this.#input
    const winner = stream ? null : this.bill.counted
    const { counted } = ofCall
    return ofCall.endLost({ target, error: 'upstream.outrun', ...came, counted, winner, atMs, inputTokens })
  }

  /** What is kept of a copy; `null` where nothing was billed, and for what is no copy. */
  copyOf(call: string, version: string): CallCopy | null {
    const { target, kind, atMs: startedAt } = this.#input
    const bill = kind === 'mirror' ? this.bill.copied(target) : null
    return bill === null
      ? null
      : { id: `${call}+mirror`, of: 'mirror', startedAt, version, target: target.name, bill }
  }

  /** A copy is billed as any call would be that was answered so; what a hedge costs depends on who won. */
  #count(code: string): void {
    const { target, kind, atMs, inputTokens } = this.#input
    const textBytes = this.#tally()
    const toolCalls = this.#reply?.toolCalls?.()
    this.#textBytes = textBytes
    this.#toolCalls = toolCalls
    if (kind !== 'mirror') return
    const { asked, hasContent: answered } = this
    this.bill.end({ target, error: code, answered, asked, textBytes, toolCalls, atMs, inputTokens })
  }

  /** Also has the reply say what was counted so far. */
  #tally(): number {
    try {
      return this.#reply?.tally?.() ?? 0
    } catch {
      return 0
    }
  }
}

/** An answer that nobody gets must not bring down the process that reads it. */
class SafeProbe implements Probe {
  readonly #reply: Reply
  readonly #told: ProbeTold

  constructor(reply: Reply, told: ProbeTold) {
    this.#reply = reply
    this.#told = told
  }

  onData(chunk: Buffer): void {
    try {
      this.#reply.onData(chunk)
    } catch {
      this.#told.onFault('upstream.protocol', undefined)
    }
  }

  onEnd(): void {
    try {
      this.#reply.onEnd()
    } catch {
      this.#told.onFault('upstream.protocol', undefined)
    }
  }
}

/** A reply writes to it as to a call; all that is heard is whether it has begun, whether it failed, and what was counted. */
class ProbePort implements ReplyPort {
  readonly #port: ReplyPort
  readonly #told: ProbeTold
  readonly #run: AsideRun

  constructor(port: ReplyPort, told: ProbeTold, run: AsideRun) {
    this.#port = port
    this.#told = told
    this.#run = run
  }

  get callerWire() {
    return this.#port.callerWire
  }
  get about() {
    return this.#port.about
  }
  readonly traced = false

  redact(text: string): string {
    return text
  }
  commit(): void {
    this.#run.hasContent = true
    this.#told.onContent()
  }
  fault(code: FailureCode, status?: number): void {
    this.#told.onFault(code, status)
  }
  noteFailure(): void {}
  seenModel(): void {}
  seenUsage(usage: Usage): void {
    this.#run.bill.seen(usage)
  }
  seenFinish(): void {}
  replyWhole(): void {}
  replyHead(): void {}
  replyChunk(): void {}
  replyEnd(): void {}
  replyBroken(): void {}
  // Whether it begins is all that is asked here; what it says goes through guards when it is adopted.
  openGuards(): null {
    return null
  }
  replyBlocked(): void {}
  later(): void {}
  at(): Timer {
    return NO_TIMER
  }
}

const NO_TIMER: Timer = { cancel: () => undefined }
