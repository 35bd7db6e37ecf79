/**
 * A call that is being answered: what the reply of an attempt asks of it and tells it, whichever attempt that is, and what
 * is known of the answer so far.
 *
 * Not here: which attempt it is (`attempted-call.ts`), what becomes of an answer's bytes (`replies/`).
 */
import type { Span, Timer } from '@changeover/reload'
import type { Blocked, OutputRun } from '../contract/guards.ts'
import type { FinishReason, Usage } from '../contract/neutral.ts'
import type { ReplyAbout, Wire } from '../contract/wire.ts'
import type { FailureCode } from '../routing/attempt-host.ts'
import type { Attempts } from '../routing/attempts.ts'
import { isTooDeep } from '../wire/too-deep.ts'
import { AskingCall } from './asking-call.ts'
import { CallBill } from './call-bill.ts'
import { askedAgain, Inspection, outputBlocked } from './inspection.ts'
import type { ReplyPort } from './replies/reply.ts'
import type { UpstreamBody } from './upstream-body.ts'

export abstract class ReplyingCall extends AskingCall implements ReplyPort {
  /** What guardrails have to do with the call. */
  protected readonly inspection = new Inspection()
  protected attempts: Attempts | null = null
  protected attemptSpan: Span | null = null
  /** What the attempt under way was asked. */
  protected written: UpstreamBody | null = null
  /** The attempt under way is the one that answers. */
  protected committed = false
  protected firstTokenMs: number | null = null
  protected modelSeen = ''
  protected readonly bill = new CallBill()
  /** Why the model stopped, as far as it is known. */
  protected stopped: FinishReason | null = null
  /** Of what failure the answer that has begun told. */
  #told: FailureCode | '' = ''

  get callerWire(): Wire {
    return this.head.wire
  }

  get about(): ReplyAbout {
    const request = this.written?.request ?? askedAgain(this.inspection, this.body, this.head.wire)
    return {
      id: `${this.head.wire.idPrefix}${this.id.slice('call_'.length)}`,
      model: this.body?.model ?? '',
      created: Math.floor(this.startedAt / 1000),
      streamUsage: request?.streamUsage === true,
      ...(request === null ? null : { request }),
    }
  }

  get traced(): boolean {
    return this.attemptSpan !== null
  }

  redact(text: string): string {
    return this.tools.redact(text)
  }

  commit(): void {
    if (this.committed) return
    this.committed = true
    this.firstTokenMs = this.tools.clock.monotonic() - this.startedMono
    this.attempts?.commit()
  }

  fault(code: FailureCode, status?: number, said?: Buffer): void {
    this.attempts?.fault(code, status, said)
  }

  noteFailure(code: FailureCode): void {
    this.#told = code
    if (this.error === '') this.error = code
  }

  seenModel(model: string): void {
    this.modelSeen = model
  }

  seenUsage(usage: Usage): void {
    this.bill.seen(usage)
  }

  seenFinish(reason: FinishReason): void {
    this.stopped = reason
  }

  replyWhole(status: number, contentType: string, body: Buffer | string): void {
    this.attempts?.finish(this.#told)
    this.sendWhole(status, contentType, body)
  }

  replyHead(status: number, contentType: string, length: string | null): void {
    this.sendHead(status, contentType, length, STREAM_HEADERS)
  }

  replyChunk(chunk: Buffer | string): void {
    if (!this.sendChunk(chunk)) this.attempts?.pause()
  }

  replyEnd(chunk?: Buffer | string): void {
    this.attempts?.finish(this.#told)
    this.sendEnd(chunk)
  }

  replyBroken(): void {
    this.downstream.destroy()
  }

  openGuards(): OutputRun | null {
    const { guards, looked } = this.inspection
    const run = guards?.output?.(looked, this) ?? null
    if (run !== null) this.inspection.run = run
    return run
  }

  replyBlocked(it: Blocked, ending: string): void {
    // The provider has done nothing wrong: what it said so far is paid for, and that is all.
    this.attempts?.cancel('')
    const error = outputBlocked(it)
    this.error = error.code
    if (this.begun) this.sendEnd(ending)
    else this.answerError(error)
  }

  later<T>(it: Promise<T>, go: (value: T) => void): void {
    it.then((value) => {
      if (!this.isClosed && !this.ended) go(value)
    }).catch((thrown: unknown) => this.failByBug(thrown))
  }

  at(monoMs: number, go: () => void): Timer {
    const { clock } = this.tools
    return clock.after(Math.max(0, monoMs - clock.monotonic()), () => {
      if (!this.isClosed && !this.ended) go()
    })
  }

  protected failByBug(thrown: unknown): void {
    if (isTooDeep(thrown)) {
      this.fault('upstream.protocol')
      return
    }
    this.attempts?.cancel('gateway.bug')
    this.refuseThrown(thrown)
  }
}

export const STREAM_HEADERS: readonly string[] = ['cache-control', 'no-cache', 'x-accel-buffering', 'no']
