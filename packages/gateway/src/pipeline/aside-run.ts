/** A request that goes out beside a call's attempts: a hedge, or a copy to a mirror. It has a span below the call's. */
import type { Span, Timer } from '@changeover/reload'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { UpstreamHeaders, UpstreamRequest } from '../contract/upstream.ts'
import type { Aside, AsideKind, FailureCode, Probe, ProbeTold } from '../routing/attempt-host.ts'
import type { EndedAttempt } from './attempt-ledger.ts'
import { openReply } from './replies/open-reply.ts'
import type { ReplyPort } from './replies/reply.ts'
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
  onOver(ended: EndedAttempt): void
}

export class AsideRun implements Aside {
  readonly #input: AsideInput
  readonly #now: () => number

  constructor(input: AsideInput, now: () => number) {
    this.#input = input
    this.#now = now
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

  openProbe(status: number, headers: UpstreamHeaders, told: ProbeTold): Probe | null {
    const { written, stream, port } = this.#input
    return openReply(new ProbePort(port, told), {
      status,
      headers,
      stream,
      wire: written.wire,
      mended: written.mended,
      hidesUsage: written.hidesUsage,
    })
  }

  over(status: number | null, code: string, cause: unknown): void {
    const { target, kind, span, startedMono } = this.#input
    const durationMs = this.#now() - startedMono
    this.#input.onOver({
      target,
      status,
      error: code,
      cause,
      durationMs,
      kind,
      span,
      seenModel: '',
      usage: null,
    })
  }
}

/** A reply writes to it as to a call; all that is heard is whether it has begun, and whether it failed. */
class ProbePort implements ReplyPort {
  readonly #port: ReplyPort
  readonly #told: ProbeTold

  constructor(port: ReplyPort, told: ProbeTold) {
    this.#port = port
    this.#told = told
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
    this.#told.onContent()
  }
  fault(code: FailureCode, status?: number): void {
    this.#told.onFault(code, status)
  }
  noteFailure(): void {}
  seenModel(): void {}
  seenUsage(): void {}
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
