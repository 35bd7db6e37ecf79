/**
 * A request for a model's reply, in whichever format: the one that guards look at, and that may be answered with what was
 * kept.
 */
import type { Timer } from '@changeover/reload'
import type { CacheLook, KeptAnswer } from '../contract/answer-cache.ts'
import type { CompiledRoute } from '../contract/compiled.ts'
import { AnswerCopy, lookUp, Replay } from './cache-station.ts'
import type { CutCode } from './call.ts'
import { STREAM_HEADERS } from './replying-call.ts'
import { type Passed, RoutedCall } from './routed-call.ts'
import { sendCopy } from './shadow-call.ts'

export class GenerateCall extends RoutedCall {
  #copy: AnswerCopy | null = null
  #replay: Replay | null = null
  #ageMs: number | null = null
  #keptTarget = ''
  #savedMicroUsd = 0
  #stalled: Timer | null = null

  override onDrain(): void {
    if (this.#replay === null) super.onDrain()
    else this.#play(this.#replay)
  }

  override cut(code: CutCode = 'call.cut'): void {
    if (this.#replay === null || this.ended) {
      super.cut(code)
      return
    }
    this.error = code
    this.downstream.destroy()
  }

  /** What makes answers of the same path others. */
  protected get place(): string {
    return ''
  }

  protected override sendCopy(): boolean {
    const { gateway, came, tools, head, target } = this
    if (gateway === null || came === null || target === null) return false
    return tools.random() < gateway.shadowCopies && sendCopy({ tools, head, body: came.bytes })
  }

  protected override answerFromCache(route: CompiledRoute): Passed {
    const { body, came } = this
    if (route.cache === null || body === null || came === null) return true
    const { head, prompt, wishes, place, startedAt: nowMs } = this
    const tenant = this.caller?.tenant ?? ''
    const guards = this.inspection.guards?.id ?? null
    const version = this.snapshot?.version ?? ''
    const ask = { route, guards, head, came, body, prompt, wishes, tenant, place, nowMs, version }
    const look = lookUp(ask, this)
    return look instanceof Promise ? look.then((it) => this.#takeLook(it)) : this.#takeLook(look)
  }

  protected override sendHead(
    status: number,
    contentType: string,
    length: string | null,
    more?: readonly string[],
  ): void {
    this.#copy?.begin(contentType, length === null)
    super.sendHead(status, contentType, length, more)
  }

  protected override sendChunk(chunk: Buffer | string): boolean {
    this.#copy?.add(chunk)
    return super.sendChunk(chunk)
  }

  protected override sendEnd(chunk?: Buffer | string): void {
    super.sendEnd(chunk)
    const copy = this.#copy
    if (copy === null) return
    if (chunk !== undefined) copy.add(chunk)
    const { error, status, stopped, target, bill } = this
    const wire = this.head.wire.name
    copy.end({ wire, error, status, stopped, target, bill }, this.tools.clock.now())
  }

  protected override finish(): void {
    this.#stalled?.cancel()
    this.#copy?.drop()
    this.#countLook()
    super.finish()
  }

  protected override addHeaders(headers: string[]): void {
    super.addHeaders(headers)
    if (this.cached === null) return
    headers.push('x-changeover-cache', HEADER_WORDS[this.cached])
    if (this.#ageMs === null) return
    headers.push('age', String(Math.max(0, Math.floor(this.#ageMs / 1000))))
    if (this.#keptTarget !== '') headers.push('x-changeover-target', this.#keptTarget)
  }

  #countLook(): void {
    const { cached, route } = this
    const cache = route?.cache?.name
    if (cached === null || cache === undefined) return
    this.instruments?.looked(cache, cached, this.#savedMicroUsd)
  }

  #takeLook(look: CacheLook): boolean {
    const isOver = this.isClosed || this.ended
    if (look === null) {
      this.cached = 'bypass'
      return !isOver
    }
    if (look.asked !== undefined) this.noteBeside(look.asked)
    if ('lead' in look) {
      this.cached = 'miss'
      if (isOver) look.drop()
      else this.#copy = new AnswerCopy(look)
      return !isOver
    }
    this.cached = look.hit
    if (!isOver) this.#answer(look.answer)
    return false
  }

  #answer(answer: KeptAnswer): void {
    const { status, contentType, chunks, streamed } = answer
    this.#ageMs = this.tools.clock.now() - answer.keptAt
    this.#keptTarget = answer.target
    this.#savedMicroUsd = answer.costMicroUsd ?? 0
    // Nobody was asked for it, and so it costs nothing.
    this.bill.add(0)
    this.commit()
    if (!streamed) {
      const [only] = chunks
      this.sendWhole(
        status,
        contentType,
        chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks),
      )
      return
    }
    this.sendHead(status, contentType, null, STREAM_HEADERS)
    this.#play((this.#replay = new Replay(answer, (chunk) => this.sendChunk(chunk))))
  }

  #play(replay: Replay): void {
    this.#stalled?.cancel()
    if (this.isClosed || this.ended) return
    if (replay.go()) this.sendEnd()
    else this.#stalled = this.tools.clock.after(this.tools.stallMs, () => this.downstream.destroy())
  }
}

const HEADER_WORDS = {
  exact: 'hit',
  semantic: 'semantic',
  joined: 'joined',
  miss: 'miss',
  bypass: 'bypass',
} as const
