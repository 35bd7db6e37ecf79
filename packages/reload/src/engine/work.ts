/** Something that goes through stages, each with a span: an attempt, or a plan, which only looks. */
import type { Attributes, Span } from '../contract/telemetry.ts'
import { type ErrorCode, isReloadError, ReloadError } from '../errors.ts'
import type { Core } from './core.ts'
import { STAGES, type StageName } from './stages/stages.ts'
import { StageLog } from './telling/report.ts'

export class Work {
  readonly core: Core
  readonly span: Span
  readonly stages: StageLog
  readonly sinceMs: number
  protected readonly abortion = new AbortController()

  constructor(core: Core, span: Span, sinceMs: number) {
    this.core = core
    this.span = span
    this.sinceMs = sinceMs
    this.stages = new StageLog(core.clock, sinceMs)
  }

  get signal(): AbortSignal {
    return this.abortion.signal
  }

  get traceId(): string {
    return this.span.context.traceId
  }

  abort(reason: ReloadError): void {
    this.abortion.abort(reason)
  }

  /** Runs one stage under a span of its own. Throws what the stage throws, or why the work was stopped. */
  async stage<T>(
    name: StageName,
    run: (span: Span) => Promise<T> | T,
    attributes: Attributes = {},
  ): Promise<T> {
    this.signal.throwIfAborted()
    const span = this.enter(name, attributes)
    const startedMs = this.core.clock.monotonic()
    const done = this.stages.begin(name)
    try {
      const result = await run(span ?? this.span)
      done()
      return result
    } catch (error) {
      const code = codeOf(error)
      done({ failed: code })
      if (!isPassing(code)) span?.fail(code, error)
      throw error
    } finally {
      span?.end()
      const seconds = (this.core.clock.monotonic() - startedMs) / 1000
      const { context } = span ?? this.span
      this.core.telemetry.meter.record('reload.duration', seconds, { 'reload.stage': name }, context)
    }
  }

  /** Opens the span of a stage; `null` for a stage without one. */
  enter(name: StageName, attributes: Attributes = {}): Span | null {
    const { span, state } = STAGES[name]
    this.becomes(state)
    if (span === null) return null
    const kind = name === 'publish' ? 'producer' : 'internal'
    return this.core.telemetry.tracer.start(span, { parent: this.span.context, kind, attributes })
  }

  /** Told of each change of state. */
  becomes(_state: string): void {}
}

/** What others threw, as one of ours. What is not ours is a bug; its text stays in the cause. */
export function asReloadError(error: unknown): ReloadError {
  return isReloadError(error) ? error : new ReloadError('reload.failed', {}, { cause: error })
}

export function codeOf(error: unknown): ErrorCode {
  return asReloadError(error).code
}

export function isCode<Code extends ErrorCode>(error: unknown, code: Code): error is ReloadError<Code> {
  return isReloadError(error) && error.code === code
}

/** A newer offer took its place, or the reloader was closed: nobody's failure. */
export function isPassing(code: ErrorCode): boolean {
  return code === 'reload.superseded' || code === 'reload.closed'
}
