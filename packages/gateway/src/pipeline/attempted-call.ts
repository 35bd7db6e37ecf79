/**
 * A call that asks providers: what its attempts ask and tell, and what is written down of it at the end.
 *
 * What it takes on its way in (pin, a hold on limits, attempts) it carries, and `finish` gives all of it back, exactly
 * once, whatever happened.
 *
 * Not here: the way from the request to the first attempt (`routed-call.ts`), which target and how often
 * (`routing/attempts.ts`), what the replies of those attempts say to the caller (`replying-call.ts`).
 */
import { writeTraceparent } from '@changeover/otel'
import type { Span } from '@changeover/reload'
import type { AskedBeside, CacheOutcome } from '../contract/answer-cache.ts'
import type { AttemptBill } from '../contract/call.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { RouteRule } from '../contract/routing.ts'
import type { UpstreamHeaders, UpstreamRequest } from '../contract/upstream.ts'
import type { CallerError } from '../contract/wire.ts'
import { rules, sayError } from '../errors.ts'
import type { Aside, AsideKind, AttemptFailure, AttemptHost } from '../routing/attempt-host.ts'
import { Attempts } from '../routing/attempts.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { AsideRun } from './aside-run.ts'
import { AttemptLedger, type EndedAttempt } from './attempt-ledger.ts'
import type { CutCode } from './call.ts'
import { type CallFacts, recordOf } from './call-facts.ts'
import { endCallSpan, startAttemptSpan } from './call-spans.ts'
import { answerFailure } from './failure-answer.ts'
import { findRequestId, headerText } from './header-texts.ts'
import { countFindings } from './inspection.ts'
import { passedDown } from './passed-headers.ts'
import { recordedAsk } from './recorded-ask.ts'
import type { Answer } from './replies/open-reply.ts'
import type { Reply } from './replies/reply.ts'
import { ReplyingCall } from './replying-call.ts'
import { sessionHash } from './request-facts.ts'
import { schemaKept } from './schema-kept.ts'
import type { BodyFor, UpstreamBody } from './upstream-body.ts'
import { upstreamRequest } from './upstream-request.ts'

export abstract class AttemptedCall extends ReplyingCall implements AttemptHost {
  /** What the cache made of it; `null` where the route has none. */
  protected cached: CacheOutcome | null = null
  /** Pointers of the rules that led to the route. */
  #rule: string | null = null
  #attemptAt = 0
  #attemptKind: AsideKind | null = null
  #hedge: AsideRun | null = null
  readonly #ledger = new AttemptLedger()
  protected target: CompiledTarget | null = null
  #reply: Reply | null = null
  #requestId: string | null = null
  #passed: readonly string[] = []

  /** What the call is for a target. Throws where it cannot be said in the target's format. */
  protected abstract writeUpstream(it: BodyFor, target: CompiledTarget): UpstreamBody
  /** `null` for an answer of a kind that the caller could not read. */
  protected abstract openReplyFor(answer: Answer): Reply | null

  onDrain(): void {
    this.attempts?.resume()
  }

  cut(code: CutCode = 'call.cut'): void {
    if (this.ended || this.isClosed) return
    this.attempts?.cancel('call.cut')
    const { status } = rules[code]
    this.#tellFailure({ status, code, message: sayError(code, {}) }, [])
  }

  protected startAttempts(route: CompiledRoute, body: RequestBody): void {
    const { startedMono: startedAt, tools } = this
    const rules = { route, stream: body.stream, startedAt, stallMs: tools.stallMs, wishes: this.wishes }
    this.attempts = new Attempts(this, rules, tools)
    this.attempts.start()
  }

  // What the attempts ask and tell (AttemptHost).

  onRule(rule: RouteRule): void {
    this.#rule = this.#rule === null ? rule.name : `${this.#rule} ${rule.name}`
  }

  onAttempt(target: CompiledTarget): UpstreamRequest | null {
    this.target = target
    this.bill.begin()
    this.#attemptAt = this.tools.clock.monotonic()
    this.modelSeen = ''
    this.stopped = null
    this.#requestId = null
    this.#reply = null
    try {
      this.written = this.#writeFor(target)
    } catch (thrown) {
      this.refuseThrown(thrown)
      return null
    }
    this.attemptSpan = startAttemptSpan(this.tools, this.callSpan(), target, this.snapshot?.version)
    return this.#requestTo(target, this.written, this.attemptSpan)
  }

  openAside(target: CompiledTarget, kind: AsideKind): Aside | null {
    let written: UpstreamBody
    try {
      written = this.#writeFor(target)
    } catch {
      // The call itself may well be possible for its own target.
      return null
    }
    const span = startAttemptSpan(this.tools, this.callSpan(), target, this.snapshot?.version)
    const { clock } = this.tools
    const input = {
      target,
      kind,
      written,
      span,
      request: this.#requestTo(target, written, span),
      startedMono: clock.monotonic(),
      stream: this.body?.stream === true,
      port: this,
      atMs: this.startedAt,
      inputTokens: () => this.routeAsk().inputTokens(),
      onOver: (ended: EndedAttempt, run: AsideRun) => this.#endAside(ended, run),
    }
    const aside = new AsideRun(input, () => clock.monotonic())
    if (kind === 'mirror') this.#ledger.openMirror(target)
    else this.#hedge = aside
    return aside
  }

  adopt(aside: Aside): void {
    if (!(aside instanceof AsideRun)) return
    this.target = aside.target
    this.bill.begin()
    this.#attemptAt = aside.startedMono
    this.written = aside.written
    this.attemptSpan = aside.span
    this.#attemptKind = aside.kind
    this.modelSeen = ''
    this.stopped = null
    this.#reply = null
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    const written = this.written
    const body = this.body
    if (written === null || body === null) return
    this.#requestId = findRequestId(headers)
    this.#passed = this.target === null ? [] : passedDown(this.target.provider, headers)
    this.#reply = this.openReplyFor({
      status,
      headers,
      stream: body.stream,
      wire: written.wire,
      mended: written.mended,
      hidesUsage: written.hidesUsage,
    })
    if (this.#reply === null) this.fault('upstream.protocol')
  }

  /** For the caller who asks the provider why: the id is in the answer, whoever wrote its body. */
  onRefused(headers: UpstreamHeaders): void {
    this.#requestId = findRequestId(headers)
  }

  onData(chunk: Buffer): void {
    try {
      this.#reply?.onData(chunk)
    } catch (thrown) {
      this.failByBug(thrown)
    }
  }

  onEnd(): void {
    try {
      this.#reply?.onEnd()
    } catch (thrown) {
      this.failByBug(thrown)
    }
  }

  onAttemptOver(target: CompiledTarget, status: number | null, code: string, cause: unknown): void {
    const durationMs = this.tools.clock.monotonic() - this.#attemptAt
    const [kind, span] = [this.#attemptKind, this.attemptSpan]
    this.#attemptKind = null
    this.attemptSpan = null
    const bill = this.#billAttempt(target, code)
    const usage = bill?.tokens ?? (this.committed ? this.bill.usage : null)
    const [seenModel, reason] = [this.modelSeen, this.attempts?.reason ?? null]
    this.#ledger.end(
      { target, status, error: code, cause, durationMs, kind, reason, span, seenModel, usage, bill },
      this.instruments,
    )
  }

  onFailure(failure: AttemptFailure): void {
    const { redact } = this.tools
    const to = {
      route: this.route?.name ?? '',
      wire: this.head.wire,
      upstream: this.written?.wire ?? this.head.wire.name,
      redact,
    }
    const answer = answerFailure(failure, to)
    const { body, error, headers } = answer
    if (body !== null && !this.begun) {
      this.error = error.code
      this.sendWhole(error.status, body.contentType, body.bytes, headers)
      return
    }
    this.#tellFailure(error, headers)
  }

  onStalled(): void {
    this.attempts?.cancel('call.cancelled')
    this.downstream.destroy()
  }

  // What the cache asks and tells.

  /** A model was asked beside, and is paid for. */
  protected noteBeside(it: AskedBeside): void {
    this.#ledger.addEmbedding(it)
    const cost = it.bill?.costMicroUsd ?? null
    if (cost !== null) this.bill.add(cost)
  }

  // The end.

  protected finish(): void {
    this.attempts?.cancel('call.cancelled')
    this.stopWaiting()
    try {
      this.#end(this.#facts())
    } finally {
      this.settleHold(null)
    }
  }

  #end(facts: CallFacts): void {
    this.settleHold(facts)
    this.measure(facts)
    this.shadow(facts, this)
    const span = this.callSpan()
    this.countRequest(facts)
    this.#countAnswer(facts)
    this.#countFindings()
    if (this.gateway === null || this.gateway.recordCalls) {
      this.tools.calls.finish(recordOf(facts, span.context.traceId))
    }
    endCallSpan(span, facts, this.tools)
  }

  protected addHeaders(headers: string[]): void {
    this.addLimitHeaders(headers)
    if (this.target !== null) headers.push('x-changeover-target', this.target.name)
    headers.push('traceparent', writeTraceparent(this.callSpan().context))
    if (this.#requestId !== null) headers.push(this.head.wire.requestIdHeader, this.#requestId)
    for (const it of this.#passed) headers.push(it)
    const warnings = this.written?.warnings ?? NO_WARNINGS
    if (warnings.length > 0) headers.push('x-changeover-warnings', headerText(warnings.join('; ')))
  }

  #facts(): CallFacts {
    const bill = this.bill
    return {
      id: this.id,
      endpoint: this.head.endpoint,
      startedAt: this.startedAt,
      durationMs: this.tools.clock.monotonic() - this.startedMono,
      firstTokenMs: this.firstTokenMs,
      snapshot: this.snapshot,
      caller: this.caller,
      body: this.body,
      route: this.route,
      target: this.target,
      attempts: this.#ledger.lines,
      rule: this.#rule,
      skipped: this.attempts?.skipped ?? null,
      warnings: this.written?.warnings ?? NO_WARNINGS,
      seenModel: this.modelSeen,
      usage: bill.usage,
      costMicroUsd: bill.costMicroUsd,
      estimated: bill.estimated,
      status: this.status,
      error: this.error,
      replyBytes: this.replyBytes,
      session: sessionHash(this.head, this.asked, this.caller?.tenant ?? null),
      finish: this.stopped,
      cache: this.cached,
      guarded: this.inspection.guards !== null,
      findings: this.inspection.findings,
      placed: this.placed,
      schemaValid: schemaKept(this.whole, this.body, this.head.wire),
      asked: recordedAsk(this.gateway, {
        head: this.head,
        wishes: this.wishes,
        asked: this.asked,
        variables: this.body?.variables,
        claims: this.caller?.claims,
      }),
    }
  }

  #countFindings(): void {
    const { inspection, tools, snapshot, route } = this
    if (inspection.guards === null) return
    countFindings(inspection, tools.telemetry.meter, snapshot?.version ?? '')
    if (inspection.run !== null) this.instruments?.guarded(route?.name ?? '', inspection.run.held)
  }

  protected countRequest({ route, status, error, durationMs, placed }: CallFacts): void {
    this.instruments?.call({
      method: 'POST',
      path: this.head.endpoint,
      route: route?.name ?? '',
      status,
      error,
      durationMs,
      role: placed.role,
    })
  }

  #countAnswer(facts: CallFacts): void {
    const { target, body, firstTokenMs } = facts
    if (target === null || !this.committed) return
    this.instruments?.answered(target, facts, body?.stream === true ? firstTokenMs : null)
  }

  #endAside(ended: EndedAttempt, run: AsideRun): void {
    const bill = run.lost(ended.error, this.bill)
    this.#ledger.end(bill === null ? ended : { ...ended, bill, usage: bill.tokens }, this.instruments)
    const copy = run.copyOf(this.id, this.snapshot?.version ?? '')
    if (copy !== null && this.gateway?.recordCalls === true) this.tools.calls.copied?.(copy)
  }

  /** Providers charge nothing for what it asks. */
  protected get isFree(): boolean {
    return false
  }

  #billAttempt(target: CompiledTarget, error: string): AttemptBill | null {
    if (this.isFree) return null
    if (error === 'upstream.outrun' && this.#hedge !== null) {
      const came = {
        asked: this.attempts?.isAsked === true,
        textBytes: this.#reply?.tally?.() ?? 0,
        toolCalls: this.#reply?.toolCalls?.(),
      }
      return this.#hedge.outran(target, this.bill, came)
    }
    // What was counted to its end needs no estimate.
    const reply = error === '' && this.bill.counted !== null ? null : this.#reply
    return this.bill.end({
      target,
      error: this.#hasCallerNoTime(error) ? 'call.cancelled' : error,
      answered: this.committed,
      asked: this.attempts?.isAsked === true,
      textBytes: reply?.tally?.() ?? 0,
      toolCalls: reply?.toolCalls?.(),
      atMs: this.startedAt,
      inputTokens: () => this.routeAsk().inputTokens(),
    })
  }

  /** He has as good as left: which of the two is seen first is chance, and his time is up to him. */
  #hasCallerNoTime(error: string): boolean {
    const { attempts, tools } = this
    return error === 'upstream.timeout' && attempts?.time.isOverForCaller(tools.clock.monotonic()) === true
  }

  #writeFor(target: CompiledTarget): UpstreamBody {
    const body = this.body
    const route = this.route
    if (body === null || route === null) throw new TypeError('an attempt of a call without a route')
    const tenant = this.caller?.tenant ?? ''
    const { prompt, head } = this
    return this.writeUpstream({ body, route, prompt, callerWire: head.wire.name, tenant }, target)
  }

  #requestTo(target: CompiledTarget, written: UpstreamBody, span: Span | null): UpstreamRequest {
    const { head, tools, snapshot } = this
    const { context } = span ?? this.callSpan()
    const isTold = target.provider.versionInBaggage === true && snapshot !== null
    const baggage = isTold ? tools.versions.of(snapshot).baggage : null
    const leftMs = this.attempts?.time.leftForCallerMs(tools.clock.monotonic()) ?? null
    return upstreamRequest({ target, written, head, context, baggage, leftMs, nowMs: tools.clock.now() })
  }

  #tellFailure(error: CallerError, headers: readonly string[]): void {
    this.error = error.code
    if (!this.begun) this.answerError(error, headers)
    else if (!this.ended) this.#reply?.tell(error)
  }
}

const NO_WARNINGS: readonly string[] = []
