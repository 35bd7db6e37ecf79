/**
 * What a call holds of its caller's limits and budgets, from the moment it is granted until the call is over: settled
 * once, by what the call came to, whichever way it ended.
 *
 * Not here: what is held (`policy/allowance.ts`), what a call costs (`call-bill.ts`).
 */
import type { Logger } from '@changeover/reload'
import type { Hold, Used } from '../contract/allowance.ts'
import type { CallFacts } from './call-facts.ts'

export interface Now {
  readonly nowMs: number
  readonly monoMs: number
}

/** Of a call that was over before anybody was asked. */
export function unused(now: Now): Used {
  return { ...now, asked: false, inputTokens: 0, outputTokens: 0, costMicroUsd: 0 }
}

/** Retries, hedges and attempts that failed count where they were billed. */
export function usedBy({ attempts, usage, costMicroUsd }: CallFacts, now: Now): Used {
  let [inputTokens, outputTokens] = [usage?.inputTokens ?? 0, usage?.outputTokens ?? 0]
  for (const { bill } of attempts) {
    inputTokens += bill?.tokens.inputTokens ?? 0
    outputTokens += bill?.tokens.outputTokens ?? 0
  }
  // What was embedded to look for a kept answer is paid for, and no call.
  const asked = attempts.some((it) => it.kind !== 'embedding')
  const { nowMs, monoMs } = now
  return { nowMs, monoMs, asked, inputTokens, outputTokens, costMicroUsd: costMicroUsd ?? 0 }
}

/** Somebody should hear of a budget before it is spent. */
export function warnOf({ warnings }: Hold, logger: Logger): void {
  for (const { budget, holder, share } of warnings) {
    logger.log({
      level: 'warn',
      room: 'policy',
      message: `budget "${budget}" of "${holder}" is at ${Math.floor(share * 100)} %`,
      attributes: { 'changeover.budget': budget, 'changeover.holder': holder, 'changeover.share': share },
    })
  }
}
