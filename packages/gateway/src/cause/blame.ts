/**
 * Which reload moved a metric.
 *
 * A reload is blamed on one of two grounds. As a candidate, its calls differed from those of the baseline at the same time.
 * Or the metric very probably changed for good at the moment when the reload came into force (`blame-steps.ts`): beyond its
 * drift, not as an incident that ends by itself, and not at another moment. Two reloads a second apart cannot always be told
 * apart; then the likelier is blamed, and the other named beside it.
 *
 * Why not compare simply before and after each reload: whatever drifts would then be blamed on somebody.
 */
import { type Concurrent, concurrentOf } from './blame-canary.ts'
import type { BlameEntry, BlameInput, BlameReload, BlameReport } from './blame-report.ts'
import { levelOf, type Series, seriesOf } from './blame-series.ts'
import { type Step, stepsOf } from './blame-steps.ts'
import { sayChange, sayRival, saySummary, sayValue } from './blame-words.ts'

/** Default of `falseAlarms`. */
const FALSE_ALARMS = 0.01
/** How probable it must be that a reload, or one beside it, made the change. */
const ENOUGH = 0.6
/** How probable one beside it must be to count with it. */
const RIVAL = 0.03
/** Standard errors that half of the probability of an interval of 95 % is. */
const TWO_SIDED = 1.96

interface Suspect {
  readonly index: number
  readonly reload: BlameReload
  readonly edge: number
  readonly step: Step
}

/** Deterministic; takes some tenths of a second for a hundred thousand calls, so not on the request path. */
export function blame(input: BlameInput): BlameReport {
  const series = seriesOf(input)
  if (series === null) return report(input, [], 'too few calls in the window')
  const suspects = suspectsOf(input, series)
  if (suspects.length === 0) return report(input, [], 'no reload came into force in the window')
  const rivals = accused(suspects)
  const concurrent = concurrentOf(input, series)
  const entries = suspects.map((suspect) => {
    const beside = concurrent.get(suspect.index)
    const stepped = stepEntry(series, input, { suspect, suspects, rivals: rivals.get(suspect) })
    if (beside === undefined) return stepped
    const canary = canaryEntry(series, input, { suspect, beside, suspects: suspects.length })
    return canary.guilty || !stepped.guilty ? canary : stepped
  })
  const order = new Map(suspects.map((it) => [it.reload, it.step.probability]))
  entries.sort(
    (a, b) =>
      Number(b.guilty) - Number(a.guilty) ||
      worsened(b) - worsened(a) ||
      (order.get(b.reload) ?? 0) - (order.get(a.reload) ?? 0) ||
      b.strength - a.strength,
  )
  return report(
    input,
    entries,
    `it did not change for good beyond chance with any of ${suspects.length} reloads`,
  )
}

/** Of two that are guilty, one may have mended what the other did: who made it more comes first. */
function worsened({ guilty, change }: BlameEntry): number {
  return Number(guilty && (change === null || change > 0))
}

function report({ metric }: BlameInput, ranking: readonly BlameEntry[], others: string): BlameReport {
  const guilty = ranking.filter((it) => it.guilty)
  return {
    metric: metric.name,
    concluded: guilty.length > 0,
    summary: saySummary(metric, guilty, others),
    ranking,
  }
}

function suspectsOf({ reloads, fromMs, toMs }: BlameInput, series: Series): readonly Suspect[] {
  const found = reloads.flatMap((reload, index) => {
    const edge = series.edges.indexOf(reload.atMs)
    return edge > 0 && reload.atMs > fromMs && reload.atMs < toMs ? [{ index, reload, edge }] : []
  })
  if (found.length === 0) return []
  const steps = stepsOf(
    series,
    found.map((it) => it.edge),
  )
  return found.flatMap((it, i) => {
    const step = steps[i]
    return step === undefined ? [] : [{ ...it, step }]
  })
}

/** Those that a change is laid to, each with the neighbours that it may be instead. */
function accused(suspects: readonly Suspect[]): ReadonlyMap<Suspect, readonly Suspect[]> {
  const found = new Map<Suspect, readonly Suspect[]>()
  const left = new Set(suspects)
  const likeliest = suspects.toSorted((a, b) => b.step.probability - a.step.probability)
  for (const suspect of likeliest) {
    if (!left.has(suspect)) continue
    const at = suspects.indexOf(suspect)
    const isRival = (it: Suspect): boolean => left.has(it) && it.step.probability >= RIVAL
    const rivals = [
      ...takeWhile(suspects.slice(0, at).toReversed(), isRival),
      ...takeWhile(suspects.slice(at + 1), isRival),
    ]
    const together = rivals.reduce((sum, it) => sum + it.step.probability, suspect.step.probability)
    if (together < ENOUGH) continue
    found.set(suspect, rivals)
    for (const it of [suspect, ...rivals]) left.delete(it)
  }
  return found
}

function takeWhile<T>(items: readonly T[], isTaken: (it: T) => boolean): readonly T[] {
  const end = items.findIndex((it) => !isTaken(it))
  return end === -1 ? items : items.slice(0, end)
}

interface StepCase {
  readonly suspect: Suspect
  readonly suspects: readonly Suspect[]
  /** Who it may have been instead, where it is blamed. */
  readonly rivals: readonly Suspect[] | undefined
}

function stepEntry(series: Series, input: BlameInput, { suspect, suspects, rivals }: StepCase): BlameEntry {
  const at = suspects.indexOf(suspect)
  const { edge, reload, step } = suspect
  const from = suspects.slice(0, at).findLast((it) => it.edge < edge)?.edge ?? 0
  const to = suspects.slice(at + 1).find((it) => it.edge > edge)?.edge ?? series.edges.length - 1
  const left = (series.calls[edge] ?? 0) - (series.calls[from] ?? 0)
  const right = (series.calls[to] ?? 0) - (series.calls[edge] ?? 0)
  const { probability } = step
  const isGuilty = rivals !== undefined
  const shared = { reload, guilty: isGuilty, evidence: 'step', probability, samples: left + right } as const
  if (isGuilty) {
    const shown = jumpOf(series, step)
    const strength = Math.abs(step.difference) / step.error
    return { ...shared, ...shown, strength, reason: sayStep(input, shown, { suspect, rivals }) }
  }
  if (left === 0 || right === 0) return { ...shared, ...nothing, reason: 'no calls right before or after it' }
  const before = levelOf(series, from, edge)
  const after = levelOf(series, edge, to)
  const error = Math.sqrt(
    series.design * (series.varianceAt(before) / left + series.varianceAt(after) / right),
  )
  const shown = effect(series, input, { before, difference: after - before, error })
  const strength = Math.abs(after - before) / error
  return { ...shared, ...shown, strength, reason: sayStep(input, shown, null) }
}

const nothing = { change: null, low: null, high: null, before: null, after: null, strength: 0 } as const

/** Levels of the time around it without incidents, and how exactly they are known beside the drift. */
function jumpOf({ kind }: Series, { before, difference, error }: Step): Effect {
  const shown = (level: number): number =>
    kind === 'amount' ? Math.expm1(level) : Math.min(1, Math.exp(level))
  const width = TWO_SIDED * error
  return {
    before: shown(before),
    after: shown(before + difference),
    change: Math.expm1(difference),
    low: Math.expm1(difference - width),
    high: Math.expm1(difference + width),
  }
}

interface Accused {
  readonly suspect: Suspect
  readonly rivals: readonly Suspect[]
}

function sayStep({ metric }: BlameInput, { before, after, change }: Effect, accused: Accused | null): string {
  const moved = `${sayValue(metric, before)} before, ${sayValue(metric, after)} after: ${sayChange(change)}`
  if (accused === null) return `${moved}; no lasting change begins with it`
  const { suspect, rivals } = accused
  const others = rivals.map(({ reload, step }) => {
    const laterMs = reload.atMs - suspect.reload.atMs
    return sayRival({ reload, laterMs, probability: step.probability })
  })
  return `${moved}, from its first request on, and lasting${others.join('')}`
}

interface CanaryCase {
  readonly suspect: Suspect
  readonly beside: Concurrent
  readonly suspects: number
}

function canaryEntry(
  series: Series,
  input: BlameInput,
  { suspect, beside, suspects }: CanaryCase,
): BlameEntry {
  const { difference, error, baseline, calls } = beside
  const shown = effect(series, input, { before: baseline, difference, error })
  const strength = Math.abs(difference) / error
  // So many standard errors that none of all reloads would have by chance, with the probability that is asked for.
  const enough = Math.sqrt(2 * Math.log((2 * suspects) / (input.falseAlarms ?? FALSE_ALARMS)))
  const guilty = strength >= enough
  const { metric } = input
  const moved = `as a candidate ${sayValue(metric, shown.after)}, the others ${sayValue(metric, shown.before)} at the same time`
  const reason = `${moved}: ${sayChange(shown.change)}${guilty ? '' : ', which may be chance'}`
  return {
    reload: suspect.reload,
    guilty,
    evidence: 'canary',
    probability: null,
    samples: calls,
    ...shown,
    strength,
    reason,
  }
}

type Effect = Pick<BlameEntry, 'change' | 'low' | 'high' | 'before' | 'after'>

function effect(
  series: Series,
  { metric }: BlameInput,
  { before, difference, error }: { before: number; difference: number; error: number },
): Effect {
  const width = TWO_SIDED * error
  const shown = { before: series.shown(before), after: series.shown(before + difference) }
  if (metric.kind === 'amount') {
    const relative = (it: number): number => Math.expm1(it)
    return {
      ...shown,
      change: relative(difference),
      low: relative(difference - width),
      high: relative(difference + width),
    }
  }
  if (before <= 0) return { ...shown, change: null, low: null, high: null }
  return {
    ...shown,
    change: Math.max(-1, difference / before),
    low: Math.max(-1, (difference - width) / before),
    high: (difference + width) / before,
  }
}
