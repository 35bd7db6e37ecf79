/**
 * A copy of a call, asked as the candidate of a shadow rollout would have asked it: the same way under the candidate's
 * pin, to its providers and at their price, and nobody at its end. What it came to counts on the candidate's side, so
 * that latency, failures and cost are compared too.
 *
 * It takes nothing from anybody's limits, is answered from no cache, and leaves no record of a call: nobody made it, and it
 * belongs on no bill of a tenant. What it was billed for is kept as a copy's; how many went out and what they cost in all
 * stands with the rollout.
 */
import type { CallCopy } from '../contract/call.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import { priceNameOf } from './call-bill.ts'
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
    calls: { finish: () => undefined, copied: (it: CallCopy) => tools.calls.copied?.(it) },
    sides: new Sides(),
    copy: 'shadow' as const,
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
    if (this.gateway?.recordCalls === true) for (const it of billedOf(facts)) this.tools.calls.copied?.(it)
  }

  /** Nobody asked: among the requests of callers it would be one too many. */
  protected override countRequest(): void {}

  /** A copy of a copy is nobody's wish. */
  protected override shadow(): void {}
}

/** One for each attempt that was billed: each has a price of its own. */
function billedOf({ id, startedAt, snapshot, attempts, usage, target, ...it }: CallFacts): CallCopy[] {
  const about = { id, of: 'shadow' as const, startedAt, version: snapshot?.version ?? '' }
  const lines = attempts.flatMap(({ target: name, bill }) =>
    bill === undefined ? [] : [{ ...about, target: name, bill }],
  )
  if (usage === null || target === null) return lines
  const others = lines.reduce((sum, line) => sum + (line.bill.costMicroUsd ?? 0), 0)
  const isPriced = target.facts?.price != null && it.costMicroUsd !== null
  const costMicroUsd = isPriced ? (it.costMicroUsd ?? 0) - others : null
  const bill = { price: priceNameOf(target), costMicroUsd, tokens: usage }
  return [
    ...lines,
    { ...about, target: target.name, bill: it.estimated ? { ...bill, estimated: true } : bill },
  ]
}

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
