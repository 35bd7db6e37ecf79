/**
 * A copy of a call on its way to another target. Its answer is read to its end, for what it costs, and thrown away; the
 * call neither waits for it nor hears of it. Bounded in time by the route's total time, and in number by the plan.
 */
import type { MirrorPlan } from '../contract/routing.ts'
import type {
  UpstreamExchange,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamHeaders,
} from '../contract/upstream.ts'
import type { Aside, AttemptTools, Probe, ProbeTold } from './attempt-host.ts'
import type { Watched } from './deadlines.ts'

export class MirrorLane implements UpstreamHandler, Watched {
  dueAt: number
  place = -1
  readonly #aside: Aside
  readonly #plan: MirrorPlan
  readonly #tools: AttemptTools
  #exchange: UpstreamExchange | null = null
  #status: number | null = null
  #probe: Probe | null = null
  #isDue = false

  constructor(aside: Aside, plan: MirrorPlan, it: { readonly tools: AttemptTools; readonly dueAt: number }) {
    this.#aside = aside
    this.#plan = plan
    this.#tools = it.tools
    this.dueAt = it.dueAt
  }

  send(): void {
    const { target, request } = this.#aside
    target.live.pending += 1
    this.#tools.deadlines.watch(this)
    this.#exchange = target.upstream.send(request, this)
  }

  onSent(): void {
    this.#aside.onSent()
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    if (status >= 200 && status < 300) this.#probe = this.#aside.openProbe(status, headers, NOBODY)
  }

  onData(chunk: Buffer): void {
    this.#probe?.onData(chunk)
  }

  onEnd(): void {
    this.#probe?.onEnd()
    const status = this.#status ?? 0
    this.#over(status >= 200 && status < 300 ? '' : 'upstream.failed', undefined)
  }

  onError(error: UpstreamFailure): void {
    const broken = error.code === 'upstream.aborted' ? 'upstream.reset' : error.code
    this.#over(this.#isDue ? 'upstream.timeout' : broken, error.cause)
  }

  onDue(): void {
    this.#isDue = true
    this.#exchange?.abort()
  }

  #over(code: string, cause: unknown): void {
    const { target } = this.#aside
    target.live.pending -= 1
    this.#tools.deadlines.unwatch(this)
    this.#plan.giveBack()
    if (code === '') target.breaker.succeeded()
    else if (code !== 'upstream.failed' || (this.#status ?? 500) >= 500) {
      target.breaker.failed(this.#tools.clock.monotonic())
    }
    this.#aside.over(this.#status, code, cause)
  }
}

/** An answer that cannot be read costs what it costs, and says so by its count or by none. */
const NOBODY: ProbeTold = { onContent: () => undefined, onFault: () => undefined }
