/**
 * What every call does, whatever it asks for: it pins the version in force at its first byte, recognises its
 * caller, answers once, and gives everything back once, after the last byte, on failure, or when the
 * caller leaves.
 *
 * One object a call and no closures on its way: its methods are the callbacks.
 *
 * Not here: what a call for a reply does between (`generate-call.ts`), bytes and sockets (`server/`).
 */
import { isReloadError, type RolloutUnit, type Snapshot, type UnitSource } from '@changeover/reload'
import type { Caller, CompiledGateway, Found } from '../contract/compiled.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import type { CallerError } from '../contract/wire.ts'
import { type DetailsOf, type ErrorCode, isGatewayError, rules, sayError } from '../errors.ts'
import type { CallFacts } from './call-facts.ts'
import { callerUnder, type UnitInput, unitIdOf } from './call-unit.ts'
import { isOfForeignPage } from './foreign-page.ts'
import { addMeasures, failedOf, oursOf } from './measures.ts'
import { type Placed, UNPLACED } from './placed.ts'
import { lookBeside } from './shadow-look.ts'
import type { GatewayPin, Parts, PipelineTools } from './tools.ts'

export abstract class Call implements UnitSource, UnitInput {
  readonly id: string
  readonly startedAt: number
  readonly startedMono: number
  protected readonly tools: PipelineTools
  protected readonly downstream: Downstream
  readonly head: CallHead
  protected snapshot: Snapshot<Parts> | null = null
  protected gateway: CompiledGateway | null = null
  protected caller: Caller | null = null
  /** The head of an answer has gone out. */
  protected begun = false
  /** The last byte of an answer has been handed over. */
  protected ended = false
  protected status = 0
  /** Empty while all is well. */
  protected error = ''
  protected replyBytes = 0
  /** The answer, where it was whole and good and two versions are compared. */
  protected whole: Buffer | string | null = null
  #pin: GatewayPin | null = null
  #closed = false
  #isRecognising = false
  /** The body, where it came before the caller was recognised. */
  #early: Buffer | null = null

  constructor(tools: PipelineTools, downstream: Downstream, head: CallHead) {
    this.tools = tools
    this.downstream = downstream
    this.head = head
    this.id = tools.nextCallId()
    this.startedAt = tools.clock.now()
    this.startedMono = tools.clock.monotonic()
  }

  /** The head has come. False when it has been answered, so that the body need not be read. */
  open(): boolean {
    try {
      return this.#pinVersion() && this.#recognise()
    } catch (thrown) {
      return this.refuseThrown(thrown)
    }
  }

  /** The whole body has come; what is done with it waits until the caller is recognised. */
  arrived(body: Buffer): void {
    if (this.#isRecognising) this.#early = body
    else this.take(body)
  }

  /** The whole body has come, and the caller is known. */
  protected abstract take(body: Buffer): void
  /** The caller keeps up again. */
  abstract onDrain(): void
  /** Ends the call from this side, with an answer or an event in the caller's format. */
  abstract cut(code?: CutCode): void
  /** The answer is over or the caller has left: writes the record, ends the span. Called once. */
  protected abstract finish(): void
  /** Headers of the kind of call, added to those that all answers carry. */
  protected abstract addHeaders(headers: string[]): void

  /** Ends the call when its caller is nobody any more. True when it did. */
  cutUnless(holds: (caller: Caller) => boolean): boolean {
    if (this.caller === null || this.ended || this.#closed || holds(this.caller)) return false
    this.cut('identity.revoked')
    return true
  }

  /** The exchange is over. `complete`: every byte has been handed to the network. */
  closed(complete: boolean): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.ended || !complete) this.leave()
    try {
      this.finish()
    } catch (thrown) {
      this.logBug(thrown)
    }
    // Whatever happened before: a pin that is not let go keeps its whole version alive.
    this.#pin?.release()
    this.#pin = null
  }

  /** Asked for while the version is pinned, and only while a rollout splits the traffic (UnitSource). */
  unitId(unit: RolloutUnit): string | null {
    return unitIdOf(unit, this)
  }

  inForce(): Snapshot<Parts> | null {
    return this.tools.reloader.current()
  }

  /** The body is larger than is taken. */
  tooLarge(limit: number): void {
    this.refuse('request.too_large', { limit }, ['connection', 'close'])
  }

  /** The caller left before the end, unless it was this side that broke off. */
  protected leave(): void {
    if (this.error !== '') return
    this.status = rules['call.cancelled'].status
    this.error = 'call.cancelled'
  }

  /** Where the call stood in a rollout. */
  protected get placed(): Placed {
    const pin = this.#pin
    if (pin === null || pin.rollout === null) return UNPLACED
    const { rollout, role, cohort, unit } = pin
    return { rollout, role, cohort, unit }
  }

  /** Adds the finished call to its side of the comparison. */
  protected measure(facts: CallFacts): void {
    const pin = this.#pin
    if (pin === null || this.#isStranger()) return
    this.tools.sides.ended(failedOf(facts), oursOf(facts))
    const { arm, unit } = pin
    if (arm === null) return
    this.tools.sides.note(pin.rollout, pin.role, arm)
    const isOwnUnit = unit === null || unit === 'request'
    addMeasures(arm, facts, isOwnUnit ? undefined : (pin.cohort ?? undefined))
  }

  /** Looks what the candidate of a shadow rollout would have made of the call. */
  protected shadow(facts: CallFacts, asked: RouteAsked): void {
    // A shadow has nobody placed: by a unit, traffic is split for good.
    const { rollout, unit } = facts.placed
    if (rollout === null || unit !== null) return
    const pin = this.tools.reloader.shadow?.() ?? null
    if (pin === null) return
    try {
      if (this.#isStranger()) return
      const ask = (): RouteAsk => asked.routeAsk()
      const look = lookBeside(pin.snapshot.parts.gateway, { facts, head: this.head, ask })
      if (look === null) return
      this.tools.sides.shadowed(pin.rollout, { refused: look.facts.error !== '', elsewhere: look.elsewhere })
      // A copy counts when it has been answered.
      if (look.facts.error === '' && this.sendCopy()) return
      if (pin.arm !== null) addMeasures(pin.arm, look.facts, undefined)
    } finally {
      pin.release()
    }
  }

  /** Sends a copy of the call where a shadow pays for it. True when one went out. */
  protected sendCopy(): boolean {
    return false
  }

  /** Refused for a key that the version in force does not know either: what strangers try says nothing of a version. */
  #isStranger(): boolean {
    if (!this.error.startsWith('identity.') || this.caller !== null) return false
    return callerUnder(this.tools.reloader.current(), this) === null
  }

  protected get isClosed(): boolean {
    return this.#closed
  }

  protected refuse<Code extends ErrorCode>(
    code: Code,
    details: DetailsOf<Code>,
    headers: readonly string[] = [],
  ): false {
    const { field, issues } = details as { readonly field?: string; readonly issues?: CallerError['issues'] }
    const error = { status: rules[code].status, code, message: sayError(code, details) }
    const about = field === undefined ? error : { ...error, param: field }
    return this.answerError(issues === undefined ? about : { ...about, issues }, headers)
  }

  /** For what was thrown on the way: a refusal with a code, or a bug. */
  protected refuseThrown(thrown: unknown): false {
    if (isGatewayError(thrown)) return this.refuse(thrown.code, thrown.details)
    this.logBug(thrown)
    return this.refuse('gateway.bug', {})
  }

  protected logBug(thrown: unknown): void {
    this.tools.telemetry.logger.log({
      level: 'error',
      room: 'pipeline',
      message: 'a call failed by a fault of the gateway',
      attributes: { 'changeover.call': this.id },
      error: thrown,
    })
  }

  protected answerError(error: CallerError, headers: readonly string[] = []): false {
    this.error = error.code
    if (this.begun) {
      if (!this.ended) this.downstream.destroy()
      return false
    }
    this.sendWhole(
      error.status,
      'application/json',
      JSON.stringify(this.head.wire.writeError(error)),
      headers,
    )
    return false
  }

  protected sendWhole(
    status: number,
    contentType: string,
    body: Buffer | string,
    headers: readonly string[] = [],
  ): void {
    if (status === 200 && this.#pin?.arm != null) this.whole = body
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    this.sendHead(status, contentType, String(length), headers)
    this.sendEnd(body)
  }

  protected sendHead(
    status: number,
    contentType: string,
    length: string | null,
    more: readonly string[] = [],
  ): void {
    this.begun = true
    this.status = status
    const headers = ['content-type', contentType]
    if (length !== null) headers.push('content-length', length)
    const version = this.gateway?.versionHeaders
    if (version !== undefined) for (const it of version) headers.push(it)
    headers.push('x-changeover-call', this.id)
    this.addHeaders(headers)
    for (const it of more) headers.push(it)
    this.downstream.writeHead(status, headers)
  }

  /** False when the caller does not keep up. */
  protected sendChunk(chunk: Buffer | string): boolean {
    this.replyBytes += chunk.length
    return this.downstream.write(chunk)
  }

  protected sendEnd(chunk?: Buffer | string): void {
    this.ended = true
    if (chunk === undefined) {
      this.downstream.end()
      return
    }
    this.replyBytes += chunk.length
    // One string and one write where it fits: latin1 keeps bytes as they are.
    if (typeof chunk !== 'string' && chunk.length <= ONE_WRITE_BYTES) {
      this.downstream.end(chunk.toString('latin1'), 'latin1')
    } else if (typeof chunk === 'string' && Buffer.byteLength(chunk) === chunk.length) {
      // Every character is a byte: nothing to encode.
      this.downstream.end(chunk, 'latin1')
    } else this.downstream.end(chunk, 'utf8')
  }

  #pinVersion(): boolean {
    try {
      this.#pin = this.tools.reloader.acquire(this)
    } catch (thrown) {
      if (isReloadError(thrown)) return this.refuse('gateway.not_ready', {}, ['retry-after', '1'])
      throw thrown
    }
    // Not assigned as it is written: V8 puts such a function into the old generation at once, and with it all of
    // this call would stay until the next full collection.
    const cut = (): void => this.cut()
    this.#pin.onCut = cut
    this.snapshot = this.#pin.snapshot
    this.gateway = this.snapshot.parts.gateway
    return true
  }

  #recognise(): boolean {
    const identity = this.gateway?.identity
    if (identity === undefined) return true
    if (identity.open) return this.#comesFromHere()
    const found = identity.find(this.head.key, this.startedAt)
    if (found instanceof Promise) return this.#waitFor(found)
    return this.#admit(found)
  }

  #comesFromHere(): boolean {
    const { headers } = this.head
    const onlyHere = this.snapshot?.settings.access?.callers !== 'anyone'
    return !isOfForeignPage(headers, onlyHere) || this.refuse('identity.foreign_page', {})
  }

  #admit(found: Found): boolean {
    if ('refused' in found) {
      const { retry } = rules[found.refused]
      return this.refuse(found.refused, {}, retry ? RETRY_SOON : [])
    }
    this.caller = found
    return true
  }

  /** The body may come meanwhile, and the version in force may change. */
  #waitFor(finding: Promise<Found>): true {
    this.#isRecognising = true
    finding
      .then((found) => {
        this.#isRecognising = false
        if (this.#closed || this.ended || !this.#admit(found) || this.caller === null) return
        const { identity } = this.tools.reloader.current()?.parts.gateway ?? {}
        const body = this.#early
        this.#early = null
        if (identity?.holds?.(this.caller, this.tools.clock.now()) === false) this.cut('identity.revoked')
        else if (body !== null) this.take(body)
      })
      .catch((thrown: unknown) => void this.refuseThrown(thrown))
    return true
  }
}

/** Knows what a route would ask of this call. */
interface RouteAsked {
  routeAsk(): RouteAsk
}

/** Why a call is ended from this side. */
export type CutCode = 'call.cut' | 'identity.revoked'

const RETRY_SOON = ['retry-after', '1']
const ONE_WRITE_BYTES = 64 * 1024
