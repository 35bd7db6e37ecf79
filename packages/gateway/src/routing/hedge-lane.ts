/**
 * The second attempt of a hedged call, until it is clear which of the two is answered from.
 *
 * Its answer is kept and read, and nothing of it goes to the caller; how much can gather is bounded by the probe, which
 * calls it content at some point. When it is adopted, what was kept is played to the attempts as if it came just
 * now, and what comes afterwards passes through.
 */
import type {
  UpstreamExchange,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamHeaders,
} from '../contract/upstream.ts'
import type { Aside, FailureCode, Probe, ProbeTold } from './attempt-host.ts'

export interface LaneOwner extends UpstreamHandler {
  /** It has content before the first attempt has. */
  onLaneWon(lane: HedgeLane): void
  /** It ended without. */
  onLaneOver(lane: HedgeLane, code: FailureCode): void
}

export class HedgeLane implements UpstreamHandler, ProbeTold {
  readonly aside: Aside
  readonly startedAt: number
  /** Key of the provider that it was sent with. */
  readonly credential: number
  exchange: UpstreamExchange | null = null
  status: number | null = null
  isSent = false
  readonly #owner: LaneOwner
  #headers: UpstreamHeaders | null = null
  #probe: Probe | null = null
  #chunks: Buffer[] = []
  #ended = false
  #hasContent = false
  #state: 'aside' | 'adopted' | 'over' = 'aside'

  constructor(
    aside: Aside,
    owner: LaneOwner,
    it: { readonly startedAt: number; readonly credential: number },
  ) {
    this.aside = aside
    this.#owner = owner
    this.startedAt = it.startedAt
    this.credential = it.credential
  }

  send(): void {
    this.exchange = this.aside.target.upstream.send(this.aside.request, this)
  }

  /** Plays what was kept to the owner; from now on it hears everything at once. */
  adopt(): void {
    this.#state = 'adopted'
    const headers = this.#headers
    const chunks = this.#chunks
    this.#chunks = []
    this.#probe = null
    if (this.status === null || headers === null) return
    this.#owner.onHead(this.status, headers)
    for (const chunk of chunks) this.#owner.onData(chunk)
    if (this.#ended) this.#owner.onEnd()
  }

  /** Its answer is not wanted any more. */
  cancel(code: string): void {
    if (this.#state !== 'aside') return
    this.#state = 'over'
    this.exchange?.abort()
    this.aside.over(this.status, code, undefined)
  }

  onContent(): void {
    this.#hasContent = true
  }

  onFault(code: FailureCode, status: number | undefined): void {
    if (status !== undefined) this.status = status
    this.#fail(code, undefined)
  }

  onSent(): void {
    this.isSent = true
    if (this.#state === 'adopted') this.#owner.onSent()
    else this.aside.onSent()
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    if (this.#state === 'adopted') {
      this.#owner.onHead(status, headers)
      return
    }
    if (this.#state === 'over') return
    this.status = status
    this.#headers = headers
    if (status < 200 || status >= 300) {
      this.#fail('upstream.failed', undefined)
      return
    }
    this.#probe = this.aside.openProbe(status, headers, this)
    if (this.#probe === null) this.#fail('upstream.protocol', undefined)
  }

  onData(chunk: Buffer): void {
    if (this.#state === 'adopted') this.#owner.onData(chunk)
    if (this.#state !== 'aside') return
    this.#chunks.push(chunk)
    this.#probe?.onData(chunk)
    this.#look()
  }

  onEnd(): void {
    if (this.#state === 'adopted') this.#owner.onEnd()
    if (this.#state !== 'aside') return
    this.#ended = true
    this.#probe?.onEnd()
    this.#look()
    if (!this.#hasContent) this.#fail('upstream.reset', undefined)
  }

  onError(error: UpstreamFailure): void {
    if (this.#state === 'adopted') this.#owner.onError(error)
    if (this.#state !== 'aside') return
    this.#fail(error.code === 'upstream.aborted' ? 'upstream.reset' : error.code, error.cause)
  }

  #look(): void {
    if (this.#hasContent && this.#state === 'aside') this.#owner.onLaneWon(this)
  }

  #fail(code: FailureCode, cause: unknown): void {
    if (this.#state !== 'aside') return
    this.#state = 'over'
    this.exchange?.abort()
    this.aside.over(this.status, code, cause)
    this.#owner.onLaneOver(this, code)
  }
}
