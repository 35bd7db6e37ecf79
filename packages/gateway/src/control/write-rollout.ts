/** Rollouts in the words of the admin API. */
import type { Reloader, RolloutStatus, SettingsTree } from '@changeover/reload'
import { entriesOf, entryOf } from '../settings/check.ts'
import { frozenAt } from '../settings/freeze.ts'
import {
  analysisSpec,
  changesSpec,
  freezeSpec,
  observeSpec,
  policySpec,
  ROLLOUT_DEFAULTS,
} from '../settings/rollout-spec.ts'
import { probeSpec } from '../uptime/spec.ts'
import type { AttemptJournal } from './attempt-journal.ts'
import type { ShadowCount } from './rooms.ts'
import { writeInstant } from './write-json.ts'

export interface RolloutRooms {
  readonly reloader: Pick<Reloader<unknown>, 'status'>
  readonly journal: Pick<AttemptJournal, 'report'>
  shadowOf?(rollout: string): ShadowCount | null
}

export function writeRollout(it: RolloutStatus, rooms: RolloutRooms) {
  const { reloader, journal } = rooms
  const { id, attempt, version, strategy, unit, state, reason, step, steps, share, requests } = it
  const { baseline } = reloader.status()
  return {
    id,
    attempt,
    version,
    baseline: baseline?.version === version ? null : (baseline?.version ?? null),
    traceId: journal.report(attempt)?.traceId ?? null,
    strategy,
    unit,
    state,
    reason,
    words: sayRollout(it),
    step,
    steps,
    share,
    since: writeInstant(it.since),
    endsAt: it.endsAt === null ? null : writeInstant(it.endsAt),
    verdict: it.judgement?.verdict ?? null,
    measures: it.judgement?.measures ?? [],
    requests,
    shadow: rooms.shadowOf?.(id) ?? null,
    history: it.history.map(({ at, ...move }) => ({ ...move, at: writeInstant(at) })),
  }
}

/** One sentence without a full stop. */
export function sayRollout(it: RolloutStatus): string {
  const why = it.reason === null ? '' : `: ${it.reason}`
  const { version } = it
  switch (it.state) {
    case 'scheduled':
      return `${version} waits for its time`
    case 'running':
      return `${version} ${sayShare(it)}${sayStep(it)}`
    case 'paused':
      return `${version} ${sayShare(it)} and is held there${why}`
    case 'inconclusive':
      return `${version} ${sayShare(it)} for longer than was planned${why}`
    case 'promoting':
      return `${version} is good and does not go on yet${why}`
    case 'baking':
      return `${version} answers everybody and is observed${why}`
    case 'complete':
      return `${version} is confirmed`
    case 'aborted':
    case 'rolled_back':
      return it.reason ?? `${version} was taken back`
    case 'superseded':
      return `${version} gave way to a newer version`
  }
}

function sayShare({ strategy, share, unit }: RolloutStatus): string {
  if (strategy === 'shadow') return 'answers nobody and is only compared'
  if (strategy === 'blueGreen') return 'stands ready beside the version in force'
  return `answers ${percent(share)} of ${unit ?? 'request'}s`
}

function sayStep({ step, steps }: RolloutStatus): string {
  return step === null ? '' : `, step ${step + 1} of ${steps.length}`
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}

/** How the next change comes in. */
export function writePolicy(settings: SettingsTree) {
  const policy = entryOf(settings, ['rollout', 'policy'], policySpec) ?? policySpec.parse({})
  const analysis = entryOf(settings, ['rollout', 'analysis'], analysisSpec) ?? analysisSpec.parse({})
  const byKind = entryOf(settings, ['rollout', 'changes'], changesSpec) ?? {}
  return {
    strategy: policy.strategy,
    unit: policy.unit,
    steps: [...(policy.steps ?? ROLLOUT_DEFAULTS.steps)],
    forMs: policy.forMs,
    bakeMs: entryOf(settings, ['rollout', 'observe'], observeSpec)?.bakeMs ?? ROLLOUT_DEFAULTS.bakeMs,
    meanwhile: policy.meanwhile,
    copies: policy.copies,
    confirmWithinMs: policy.confirmWithinMs ?? null,
    changes: Object.fromEntries(
      Object.entries(byKind).map(([kind, { strategy, unit = null, steps = null, forMs = null }]) => [
        kind,
        { strategy, unit, steps, forMs },
      ]),
    ),
    analysis: {
      ...analysis,
      measures: Object.fromEntries(
        Object.entries(analysis.measures ?? {}).map(
          ([name, { tolerance = null, minSamples = null, off }]) => [name, { tolerance, minSamples, off }],
        ),
      ),
      external: Object.fromEntries(
        Object.entries(analysis.external ?? {}).map(
          ([name, { value = null, samples = null, authorization = null, ...it }]) => [
            name,
            { ...it, value, samples, authorization },
          ],
        ),
      ),
      burnRate: analysis.burnRate ?? null,
    },
  }
}

/** What the next version is judged by, beside what is measured. */
export function writeProbes(settings: SettingsTree) {
  return Object.fromEntries(entriesOf(settings, 'probes', probeSpec))
}

export function writeFreeze(settings: SettingsTree, nowMs: number) {
  const freeze = entryOf(settings, ['rollout', 'freeze'], freezeSpec)
  const frozen = freeze === undefined ? null : frozenAt(freeze, nowMs)
  if (freeze === undefined || frozen === null) return null
  return { until: writeInstant(frozen.untilMs), reason: frozen.reason, changes: freeze.changes }
}
