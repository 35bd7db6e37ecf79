/**
 * A reply: what becomes of a good answer on its way to the caller. One for each attempt that begins to answer.
 *
 * Before its first good content it calls `commit`, and nothing may be sent before: until then the attempt can
 * still be made elsewhere. What it cannot use it gives back with `fault`.
 */
import type { Timer } from '@changeover/reload'
import type { Blocked, OutputRun } from '../../contract/guards.ts'
import type { FinishReason, Usage } from '../../contract/neutral.ts'
import type { CallerError, ReplyAbout, Wire } from '../../contract/wire.ts'
import type { FailureCode } from '../../routing/attempt-host.ts'
import type { ToolCounts } from '../../wire/tool-calls.ts'

export interface Reply {
  onData(chunk: Buffer): void
  onEnd(): void
  /** Tells the caller, after `commit`, that no more will come. */
  tell(error: CallerError): void
  /** Tells the port what was counted so far. Returns how many bytes of text have come; absent where nobody measures them. */
  tally?(): number
  /** Calls of tools that it told of so far; absent where it told of none. */
  toolCalls?(): ToolCounts | undefined
}

/** What a reply asks of its call. */
export interface ReplyPort {
  /** The caller's format. */
  readonly callerWire: Wire
  readonly about: ReplyAbout
  /** Whether somebody will look at `seenModel`. */
  readonly traced: boolean
  /** Without the secrets that a text may hold. */
  redact(text: string): string
  commit(): void
  /** `said`: what the provider gave as its reason, where it did with a good status. */
  fault(code: FailureCode, status?: number, said?: Buffer): void
  /** The provider told of a failure inside an answer that had begun, and the caller has it as it came. */
  noteFailure(code: FailureCode): void
  seenModel(model: string): void
  seenUsage(usage: Usage): void
  seenFinish(reason: FinishReason): void
  replyWhole(status: number, contentType: string, body: Buffer | string): void
  replyHead(status: number, contentType: string, length: string | null): void
  replyChunk(chunk: Buffer | string): void
  /** The answer is complete. */
  replyEnd(chunk?: Buffer | string): void
  /** The answer cannot be completed: breaks the connection. */
  replyBroken(): void
  /** What this answer goes through on its way out; `null` for nothing. Asked once for each reply. */
  openGuards(): OutputRun | null
  /**
   * A guard has blocked the answer. `ending`: what closes a stream that had begun in the caller's format, where what
   * was said so far ends as filtered.
   */
  replyBlocked(blocked: Blocked, ending: string): void
  /** Goes on when it is there, if the call is not over by then. */
  later<T>(it: Promise<T>, go: (value: T) => void): void
  /** Calls at this monotonic instant, if the call is not over by then. */
  at(monoMs: number, go: () => void): Timer
}
