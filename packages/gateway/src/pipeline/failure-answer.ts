/**
 * What a caller is told when no attempt succeeded.
 *
 * What a provider says about the *request* is the caller's to know, in the provider's words. What it says about
 * our credential, our quota with it or itself is the operator's, and the caller gets the gateway's own words: a
 * 401 passed on would send him looking for a fault in his key. Providers quote what they were sent, and some
 * quote the key: what is passed on goes through the redactor first.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { CallerError, Wire, WireName } from '../contract/wire.ts'
import { type ErrorCode, rules, sayError } from '../errors.ts'
import { readErrorText } from '../providers/error-text.ts'
import type { AttemptFailure, Refusal } from '../routing/attempt-host.ts'
import { wireOf } from '../wire/list.ts'

export interface FailureAnswer {
  readonly error: CallerError
  /** The provider's own bytes, where the caller can read them as they are. */
  readonly body: { readonly bytes: Buffer; readonly contentType: string } | null
  readonly headers: readonly string[]
}

const NO_HEADERS: readonly string[] = []
const ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([400, 409, 413, 415, 422, 429])

export interface AnswerTo {
  /** Name of the route, for a failure before any target. */
  readonly route: string
  /** The caller's format. */
  readonly wire: Wire
  /** The format in which the target was asked. */
  readonly upstream: WireName
  /** The text without any secret of ours. */
  readonly redact: (text: string) => string
}

export function answerFailure(failure: AttemptFailure, to: AnswerTo): FailureAnswer {
  const { route } = to
  const { target, refusal, code, limitMs } = failure
  const name = target?.name ?? route
  const headers = retryHeaders(refusal)
  if (code === 'upstream.open_breakers') return say(code, sayError(code, { route }), ['retry-after', '5'])
  if (code === 'routing.none_allowed') return say(code, sayError(code, { route }), NO_HEADERS)
  if (code === 'routing.queue_full' || code === 'routing.queue_timeout') {
    const seconds = String(Math.ceil((failure.retryAfterMs ?? 1000) / 1000))
    return say(code, sayError(code, { name }), ['retry-after', seconds])
  }
  if (code === 'upstream.timeout') return say(code, sayError(code, { target: name, limitMs }), headers)
  if (code === 'call.out_of_time') return say(code, sayError(code, { limitMs }), NO_HEADERS)
  if (code !== 'upstream.failed') return say(code, sayError(code, { target: name }), headers)
  const status = failure.status ?? 502
  if (target !== null && refusal !== null && ABOUT_THE_REQUEST.has(status)) {
    return { ...passRefusal(target, refusal, to), headers }
  }
  const busy = status === 503 || status === 529 || status === 429
  const said = busy ? 'upstream.overloaded' : 'upstream.failed'
  return say(said, sayError(said, { target: name, status }), headers)
}

function say(code: ErrorCode, message: string, headers: readonly string[]): FailureAnswer {
  return { error: { status: rules[code].status, code, message }, body: null, headers }
}

function passRefusal(
  target: CompiledTarget,
  refusal: Refusal,
  { wire, upstream, redact }: AnswerTo,
): Omit<FailureAnswer, 'headers'> {
  const { status, contentType } = refusal
  const received = refusal.body.toString()
  const text = redact(received)
  const code = 'upstream.refused'
  const parsed = parseJson(text)
  const said = wireOf(upstream).readError(parsed)
  const elsewhere = said ?? readErrorText(parsed, target.provider.errorTexts ?? [])
  const error = { status, code, message: elsewhere ?? sayError(code, { target: target.name, status }) }
  const readable = said !== null && upstream === wire.name
  const bytes = text === received ? refusal.body : Buffer.from(text)
  return { error, body: readable ? { bytes, contentType } : null }
}

function retryHeaders(refusal: Refusal | null): readonly string[] {
  if (refusal === null || refusal.retryAfterMs === null) return []
  return ['retry-after', String(Math.ceil(refusal.retryAfterMs / 1000))]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
