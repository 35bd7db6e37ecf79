/** A rollout on the terminal: both sides beside each other, what is thought of the difference, and what comes next. */
import type { Measure, Rollout, RolloutPage } from '@changeover/sdk'
import { type Paint, padEnd, type Style } from './paint.ts'
import { type Page, writeTable } from './table.ts'
import { saySpan } from './times.ts'

const BAR_COLUMNS = 40

const stateStyles: Readonly<Record<string, Style>> = {
  running: 'cyan',
  baking: 'cyan',
  promoting: 'cyan',
  complete: 'green',
  scheduled: 'yellow',
  paused: 'yellow',
  inconclusive: 'yellow',
  superseded: 'dim',
  aborted: 'red',
  rolled_back: 'red',
}

/** States in which nothing more happens. */
const OVER: ReadonlySet<string> = new Set(['complete', 'aborted', 'rolled_back', 'superseded'])

export function isOver(it: Rollout | null): boolean {
  return it === null || OVER.has(it.state)
}

/** Where the table with all of its columns fits. */
const WIDE_COLUMNS = 110

/** Where `columns` are few, the table leaves out what can be done without. */
export function writeRolloutPage(
  { rollout, policy, frozen }: RolloutPage,
  page: Page,
  now: number,
): string[] {
  const { paint } = page
  const freeze =
    frozen === null
      ? []
      : [
          `${paint('yellow', 'frozen')}  until ${frozen.until}${frozen.reason === '' ? '' : `: ${frozen.reason}`}`,
        ]
  const next = paint('dim', `the next change comes in ${sayPolicy(policy)}`)
  if (rollout === null) return [...freeze, 'no version is on trial', next]
  return [...freeze, ...writeRollout(rollout, page, now), ...(isOver(rollout) ? ['', next] : [])]
}

function writeRollout(it: Rollout, page: Page, now: number): string[] {
  const { paint } = page
  const style = stateStyles[it.state] ?? 'dim'
  const left = it.endsAt === null ? '' : `  ${paint('dim', `${sayLeft(it.endsAt, now)} left`)}`
  return [
    `${paint(style, '●')} ${paint('bold', it.words)}${left}`,
    ...writeShares(it, paint),
    ...writeMeasures(it, page),
    ...writeShadow(it),
    ...writeVerdict(it, paint),
    paint('dim', `reload ${it.attempt}${it.traceId === null ? '' : `   trace ${it.traceId}`}`),
    ...(isOver(it) ? [] : [paint('dim', 'changeover promote | pause | resume | abort')]),
  ]
}

/** `━━━━────────  5 % → 25 % → all` with what is reached in bold. */
function writeShares(it: Rollout, paint: Paint): string[] {
  if (it.strategy !== 'canary') return []
  const filled = Math.round(it.share * BAR_COLUMNS)
  const columns = it.share > 0 ? Math.max(1, filled) : 0
  const bar = paint('cyan', '━'.repeat(columns)) + paint('dim', '─'.repeat(BAR_COLUMNS - columns))
  const steps = it.steps.map((step, i) =>
    i === it.step ? paint('bold', percent(step.share)) : percent(step.share),
  )
  const all = it.share === 1 ? paint('bold', 'all') : 'all'
  return [`  ${bar}  ${[...steps, all].join(paint('dim', ' → '))}`]
}

function writeShadow({ shadow }: Rollout): string[] {
  if (shadow === null) return []
  const { calls, refused, elsewhere, sent, costMicroUsd } = shadow
  const looked = `  of ${calls} calls it would have refused ${refused}, and sent ${elsewhere} elsewhere`
  if (sent === 0) return [looked]
  return [looked, `  ${sent} copies went to its providers, for $${(costMicroUsd / 1e6).toFixed(6)}`]
}

function writeMeasures(it: Rollout, { paint, columns: room }: Page): string[] {
  const isWide = room >= WIDE_COLUMNS
  const seen = it.measures.filter(isSeen)
  const { candidate, baseline } = it.requests
  if (seen.length === 0) {
    return candidate + baseline === 0 ? [] : ['', `  requests  ${baseline} as before, ${candidate} tried`]
  }
  const columns = [
    { title: 'measure' },
    { title: `${it.baseline ?? 'before'}${isWide ? ' (baseline)' : ''}`, right: true },
    { title: 'calls', right: true },
    { title: `${it.version}${isWide ? ' (candidate)' : ''}`, right: true },
    { title: 'calls', right: true },
    { title: 'change', right: true },
    ...(isWide ? [{ title: 'between' }] : []),
    { title: '' },
  ]
  const rows = seen.map((measure) => rowOf(measure, paint, isWide))
  const table = writeTable(columns, rows, { paint, columns: room - 2 })
  return ['', ...table.map((line) => `  ${line}`), '']
}

/** What others measure comes without a number of samples where they do not say it. */
function isSeen({ candidate, baseline }: Measure): boolean {
  return candidate.samples + baseline.samples > 0 || candidate.value !== null || baseline.value !== null
}

function rowOf(it: Measure, paint: Paint, isWide: boolean): string[] {
  const verdict = {
    pass: paint('green', '✓ pass'),
    fail: paint('red', '✗ fail'),
    inconclusive: paint('dim', '· not yet'),
  }[it.verdict]
  const between = it.low === null || it.high === null ? '' : `${sayChange(it.low)} … ${sayChange(it.high)}`
  return [
    it.name,
    sayValue(it.name, it.baseline.value),
    String(it.baseline.samples),
    sayValue(it.name, it.candidate.value),
    String(it.candidate.samples),
    it.change === null ? '' : paint(it.verdict === 'fail' ? 'red' : 'bold', sayChange(it.change)),
    ...(isWide ? [paint('dim', between)] : []),
    verdict,
  ]
}

function writeVerdict({ verdict, measures, state }: Rollout, paint: Paint): string[] {
  if (verdict === null || state === 'rolled_back' || state === 'aborted') return []
  const worst = measures.find((it) => it.verdict === 'fail')
  const lacking = measures.filter((it) => it.verdict === 'inconclusive').map((it) => it.name)
  if (verdict === 'fail') {
    return [
      `  ${padEnd('verdict', 8)} ${paint('red', 'fail')}${worst === undefined ? '' : `: ${worst.reason}`}`,
    ]
  }
  if (verdict === 'pass') return [`  ${padEnd('verdict', 8)} ${paint('green', 'pass')}: nothing is worse`]
  const still =
    lacking.length === 0 ? 'too little was seen' : `too little seen of ${lacking.slice(0, 4).join(', ')}`
  return [
    `  ${padEnd('verdict', 8)} ${paint('yellow', 'none yet')}: ${still}${lacking.length > 4 ? ', …' : ''}`,
  ]
}

/** In the measure's own unit, by its name. */
export function sayValue(name: string, value: number | null): string {
  if (value === null) return '-'
  if (name.endsWith('_rate')) return percent(value)
  if (name.endsWith('_ms')) return `${round(value)} ms`
  if (name === 'cost_micro_usd') return `$${(value / 1e6).toPrecision(3)}`
  return round(value)
}

function sayChange(change: number): string {
  const sign = change > 0 ? '+' : ''
  if (Math.abs(change) >= 10) return `×${round(change + 1)}`
  return `${sign}${Number((change * 100).toPrecision(Math.abs(change) < 1 ? 2 : 3))} %`
}

function round(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share < 0.01 ? 2 : 1))} %`
}

function sayLeft(endsAt: string, now: number): string {
  return saySpan(Math.max(0, Date.parse(endsAt) - now))
}

function sayPolicy(it: RolloutPage['policy']): string {
  const bake = `, then observed for ${saySpan(it.bakeMs)}`
  const kinds = Object.entries(it.changes).map(([kind, { strategy }]) => `${kind}: ${sayStrategy(strategy)}`)
  const byKind = kinds.length === 0 ? '' : `; ${kinds.join(', ')}`
  if (it.strategy !== 'canary') return `${sayStrategy(it.strategy)}${bake}${byKind}`
  const steps = it.steps.map(
    ({ share, forMs }) => `${percent(share)} ${forMs === null ? 'until promoted' : `for ${saySpan(forMs)}`}`,
  )
  return `as a canary by ${it.unit}: ${steps.join(', ')}${bake}${byKind}`
}

function sayStrategy(strategy: string): string {
  return (
    { allAtOnce: 'at once', canary: 'as a canary', blueGreen: 'blue/green', shadow: 'as a shadow' }[
      strategy
    ] ?? strategy
  )
}
