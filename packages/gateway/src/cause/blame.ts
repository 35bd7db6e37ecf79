/**
 * Which reload moved a metric.
 *
 * A reload is blamed on one of two grounds. As a candidate, its calls differed from those of the baseline at the same time.
 * Or the metric changed its level when the reload came into force, at that moment and no other, and stayed changed until the
 * next reload that explains a change.
 *
 * "At that moment" is what keeps fifty reloads in an hour apart from the hour's own troubles: how vaguely the moment is
 * known, times how many reloads there were, is how often one of them would lie there by chance, and with every change of that
 * size that no reload explains it happens more often. What ended by itself while the same version stayed in force was not
 * that version's doing.
 *
 * Why not compare simply before and after each reload: whatever drifts would then be blamed on somebody.
 */
import { type Concurrent, concurrentOf } from './blame-canary.ts'
import { type Change, changesOf, levelOf } from './blame-changes.ts'
import type { BlameEntry, BlameInput, BlameReload, BlameReport } from './blame-report.ts'
import { type Series, seriesOf } from './blame-series.ts'
import { sayChange, saySummary, sayValue } from './blame-words.ts'

/** Default of `falseAlarms`. */
const FALSE_ALARMS = 0.01
/** Expected chance meetings of changes and reloads, from which on a meeting says nothing. */
const MEETINGS = 0.12
/** Rates below are not told apart. */
const RAREST = 1e-3
/** Of a change, what must be left of it for as long as the version is in force. */
const LASTING = 0.5
/** Part of the window that an incident may take. */
const INCIDENT = 1 / 6
/** Part of a change within which a level is the old one again. */
const BACK = 0.25
/** Part of the window, on each side, in which that is looked at: beyond it, drift is larger than most changes. */
const HORIZON = 0.1
/** Standard errors that half of the probability of an interval of 95 % is. */
const TWO_SIDED = 1.96

interface Suspect {
  readonly index: number
  readonly reload: BlameReload
  readonly edge: number
}

/** Deterministic; takes some tenths of a second for a hundred thousand calls, so not on the request path. */
export function blame(input: BlameInput): BlameReport {
  const { metric } = input
  const series = seriesOf(input)
  if (series === null) return report(input, [], 'too few calls in the window')
  const suspects = suspectsOf(input, series)
  if (suspects.length === 0) return report(input, [], 'no reload came into force in the window')
  const changes = changesOf(series)
  const explained = explain(series, changes, suspects)
  const concurrent = concurrentOf(input, series)
  const entries = suspects.map((suspect) => {
    const beside = concurrent.get(suspect.index)
    const stepped = stepEntry(series, input, { suspect, suspects, change: explained.get(suspect.index) })
    if (beside === undefined) return stepped
    const canary = canaryEntry(series, input, { suspect, beside, suspects: suspects.length })
    return canary.guilty || !stepped.guilty ? canary : stepped
  })
  entries.sort((a, b) => Number(b.guilty) - Number(a.guilty) || b.strength - a.strength)
  const others =
    changes.length === 0
      ? `it did not change beyond chance under ${suspects.length} reloads`
      : `it changed ${changes.length} times, but not together with a reload`
  return report({ ...input, metric }, entries, others)
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
  return reloads.flatMap((reload, index) => {
    const edge = series.edges.indexOf(reload.atMs)
    return edge > 0 && reload.atMs > fromMs && reload.atMs < toMs ? [{ index, reload, edge }] : []
  })
}

/** The changes that a reload explains, by place of the reload. */
function explain(
  series: Series,
  changes: readonly Change[],
  suspects: readonly Suspect[],
): ReadonlyMap<number, Change> {
  const windowMs = (series.edges.at(-1) ?? 0) - (series.edges[0] ?? 0)
  /** How many reloads would lie at a place as vague by chance. */
  const meetings = (change: Change, { edge }: Suspect): number =>
    (suspects.length * change.widthMs * Math.exp(-change.at(edge))) / windowMs
  const met = new Map<Change, Suspect>()
  for (const change of changes) {
    const near = suspects.filter(({ edge }) => edge > change.from && edge < change.to)
    const [likely] = near.toSorted((a, b) => change.at(b.edge) - change.at(a.edge))
    if (likely !== undefined && meetings(change, likely) <= MEETINGS) met.set(change, likely)
  }
  const lasting = changes.filter((change) => isLasting(series, { change, changes, met }))
  const explained = new Map<number, Change>()
  for (const change of lasting) {
    const suspect = met.get(change)
    if (suspect === undefined) continue
    const others = lasting.filter((it) => !met.has(it) && sizeOf(series, it) >= sizeOf(series, change) / 2)
    if ((1 + others.length) * meetings(change, suspect) <= MEETINGS) explained.set(suspect.index, change)
  }
  return explained
}

/** Relative, whatever the metric: amounts are logarithms already. */
function sizeOf({ kind }: Series, { before, after }: Change): number {
  if (kind === 'amount') return Math.abs(after - before)
  return Math.abs(Math.log(Math.max(after, RAREST) / Math.max(before, RAREST)))
}

interface Around {
  readonly change: Change
  readonly changes: readonly Change[]
  readonly met: ReadonlyMap<Change, Suspect>
}

/** Whether the level stays on the new side, and was on the old side before, as far as no other reload meets a change. */
function isLasting(series: Series, { change, changes, met }: Around): boolean {
  const at = changes.indexOf(change)
  const step = change.after - change.before
  const end = series.edges.length - 1
  const horizon = Math.ceil(end * HORIZON)
  const stop = (it: Change): boolean => met.has(it)
  const following = until(changes.slice(at + 1), stop)
  const preceding = until(changes.slice(0, at).toReversed(), stop)
  const next = Math.min(changes[at + 1 + following.length]?.edge ?? end, change.edge + horizon)
  const previous = Math.max(changes[at - 1 - preceding.length]?.edge ?? 0, change.edge - horizon)
  const later = middleLevel(series, change.edge, next)
  const earlier = middleLevel(series, previous, change.edge)
  if ((later - change.before) / step < LASTING || (change.after - earlier) / step < LASTING) return false
  // A long incident that met a reload by chance: a change from the new level back to the old one, or the other way round before.
  const isBack = (it: Change): boolean =>
    Math.abs(it.before - change.after) < BACK * Math.abs(step) &&
    Math.abs(it.after - change.before) < BACK * Math.abs(step)
  const near = (it: Change): boolean => Math.abs(it.edge - change.edge) < INCIDENT * end
  // An incident is a time with more: its beginning is a step up, and its end a step down.
  return !(step > 0 ? following : preceding).some((it) => near(it) && isBack(it))
}

function until(changes: readonly Change[], stop: (it: Change) => boolean): readonly Change[] {
  const at = changes.findIndex(stop)
  return at === -1 ? changes : changes.slice(0, at)
}

/** The level that half of the time lies below, so that a burst within it counts for no more than its length. */
function middleLevel(series: Series, from: number, to: number): number {
  const pieces = Math.min(15, to - from)
  const levels: number[] = []
  for (let i = 0; i < pieces; i += 1) {
    const start = from + Math.floor((i * (to - from)) / pieces)
    const end = from + Math.floor(((i + 1) * (to - from)) / pieces)
    if ((series.calls[end] ?? 0) > (series.calls[start] ?? 0)) levels.push(levelOf(series, start, end))
  }
  levels.sort((a, b) => a - b)
  return levels[Math.floor(levels.length / 2)] ?? 0
}

interface StepCase {
  readonly suspect: Suspect
  readonly suspects: readonly Suspect[]
  /** The change that it explains. */
  readonly change: Change | undefined
}

function stepEntry(series: Series, input: BlameInput, { suspect, suspects, change }: StepCase): BlameEntry {
  const at = suspects.indexOf(suspect)
  const from = change?.from ?? suspects[at - 1]?.edge ?? 0
  const to = change?.to ?? suspects[at + 1]?.edge ?? series.edges.length - 1
  const { edge } = suspect
  const left = (series.calls[edge] ?? 0) - (series.calls[from] ?? 0)
  const right = (series.calls[to] ?? 0) - (series.calls[edge] ?? 0)
  const before = levelOf(series, from, edge)
  const after = levelOf(series, edge, to)
  const isSeen = left > 0 && right > 0
  const error = Math.sqrt(
    series.design *
      (series.varianceAt(before) / Math.max(1, left) + series.varianceAt(after) / Math.max(1, right)),
  )
  const shared = {
    reload: suspect.reload,
    guilty: change !== undefined,
    evidence: 'step',
    samples: left + right,
  } as const
  if (!isSeen) return { ...shared, ...nothing, reason: 'no calls right before or after it' }
  const shown = effect(series, input, { before, difference: after - before, error })
  const strength = Math.abs(after - before) / error
  return { ...shared, ...shown, strength, reason: sayStep(input, shown, change !== undefined) }
}

const nothing = { change: null, low: null, high: null, before: null, after: null, strength: 0 } as const

function sayStep({ metric }: BlameInput, { before, after, change }: Effect, isGuilty: boolean): string {
  const moved = `${sayValue(metric, before)} before, ${sayValue(metric, after)} after: ${sayChange(change)}`
  return isGuilty
    ? `${moved}, from its first request on, and lasting`
    : `${moved}; no lasting change begins with it`
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
  return { reload: suspect.reload, guilty, evidence: 'canary', samples: calls, ...shown, strength, reason }
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
