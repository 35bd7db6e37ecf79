/**
 * A copy of a call, asked as the candidate of a shadow rollout would have asked it: the same way under the candidate's
 * pin, to its providers and at their price, and nobody at its end. What it came to counts on the candidate's side, so
 * that latency, failures and cost are compared too.
 *
 * It takes nothing from anybody's limits, is answered from no cache, and leaves no record: nobody made this call, and it
 * belongs on no bill of a tenant. How many went out and what they cost stands with the rollout.
 */
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { CallFacts } from './call-facts.ts'
import { Sides } from './placed.ts'
import { type Passed, RoutedCall } from './routed-call.ts'
import type { PipelineTools } from './tools.ts'

export interface CopyInput {
  readonly tools: PipelineTools
  readonly head: CallHead
  /** As it came. */
  readonly body: Buffer
}

/** False when none went out: nothing is on trial as a shadow any more, or enough copies are under way. */
export function sendCopy({ tools, head, body }: CopyInput): boolean {
  const { reloader, sides } = tools
  const pin = reloader.shadow?.() ?? null
  if (pin === null) return false
  if (!sides.takeCopy()) {
    pin.release()
    return false
  }
  const nobody = new Nobody()
  const own = {
    ...tools,
    reloader: { acquire: () => pin, current: () => reloader.current() },
    calls: NO_RECORDS,
    sides: new Sides(),
  }
  const call = new ShadowCall(own, nobody, head)
  nobody.onOver = (complete) => {
    call.closed(complete)
    // Whatever happened to it: a place that is not given back is gone for all later copies.
    sides.copied(pin.rollout, call.paidMicroUsd)
  }
  if (call.open()) call.arrived(body)
  return true
}

class ShadowCall extends RoutedCall {
  /** Once it is over; `null` where it is not known. */
  paidMicroUsd: number | null = null

  protected override takeAllowance(): Passed {
    return true
  }

  protected override measure(facts: CallFacts): void {
    super.measure(facts)
    this.paidMicroUsd = facts.costMicroUsd
  }

  /** Nobody asked: among the requests of callers it would be one too many. */
  protected override countRequest(): void {}

  /** A copy of a copy is nobody's wish. */
  protected override shadow(): void {}
}

const NO_RECORDS = { finish: () => undefined }

/** Takes everything at once, and shows it to nobody. */
class Nobody implements Downstream {
  onOver: ((complete: boolean) => void) | null = null
  #isOver = false

  writeHead(): void {}

  write(): boolean {
    return true
  }

  end(): void {
    this.#over(true)
  }

  destroy(): void {
    this.#over(false)
  }

  /** A turn later: whoever ends an answer has something left to do. */
  #over(complete: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    queueMicrotask(() => this.onOver?.(complete))
  }
}
