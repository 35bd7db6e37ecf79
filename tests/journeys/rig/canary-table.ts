/** What canaries came to, a line for each: what was found out, how many requests suffered, how long it took, and where to look. */
import { type Rollout, secondsOf } from './rollouts.ts'

export interface CanaryRow {
  readonly name: string
  readonly rollout: Rollout
  /** Calls that got something worse than before. */
  readonly suffered: number
}

const HEADS = ['change', 'verdict', 'under it', 'suffered', 'seconds', 'trace'] as const

export function canaryTable(rows: readonly CanaryRow[]): string {
  const cells = rows.map(({ name, rollout, suffered }) => [
    name,
    verdictOf(rollout),
    String(rollout.requests.candidate),
    String(suffered),
    secondsOf(rollout).toFixed(1),
    rollout.traceId ?? '',
  ])
  const widths = HEADS.map((head, i) => Math.max(head.length, ...cells.map((it) => it[i]?.length ?? 0)))
  return [HEADS, widths.map((it) => '-'.repeat(it)), ...cells]
    .map((line) => `| ${line.map((it, i) => it.padEnd(widths[i] ?? 0)).join(' | ')} |`)
    .join('\n')
}

/** By which measure it went back, or that it was dead at once. */
function verdictOf({ state, reason }: Rollout): string {
  const measure = /analysis, (\w+)/.exec(reason ?? '')?.[1]
  if (state !== 'rolled_back') return state
  return measure === undefined ? 'guard' : measure
}
