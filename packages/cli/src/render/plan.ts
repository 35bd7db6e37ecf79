/**
 * A plan for a person: first whether it would be taken and what it comes to, in one line; then what changes, what to
 * look out for, and what would have become of the recorded calls.
 *
 * The worst comes first: refused callers before those who go elsewhere, warnings with callers before those without.
 * What was not replayed is said where the figures are.
 */
import type { Plan } from '@changeover/sdk'
import { sayMissing } from './missing.ts'
import type { Paint } from './paint.ts'
import { type Page, writeTable } from './table.ts'
import { sayAgo, sayClock, sayDuration } from './times.ts'
import { writeWarnings } from './warnings.ts'

type Replay = NonNullable<Plan['replay']>

const mostSentences = 40
const mostRows = 8

export function writePlan(plan: Plan, page: Page, nowMs: number): string[] {
  const { paint } = page
  const against = `against ${plan.from ?? 'nothing'}`
  if (!plan.ok) return [`${paint('red', 'would be refused')}  ${against}`]
  const id = paint('dim', `plan ${plan.id}`)
  if (plan.sentences.length === 0) return [`${paint('yellow', 'nothing would change')}  ${against}`]
  return [
    `${paint('green', 'would be taken')}  ${against}: ${saySum(plan, paint)}`,
    ...section('what changes', writeSentences(plan.sentences, paint), paint),
    ...writeWarnings(plan.warnings, paint),
    ...section(
      'needs the word of others',
      plan.approvals.map((it) => `  ${sayMissing(it)}`),
      paint,
    ),
    ...writeReplay(plan, page, nowMs),
    '',
    `${id}${paint('dim', `   changeover apply --plan ${plan.id}`)}`,
  ]
}

/** `3 changes, 2 warnings; of 10,000 calls 120 refused, 14 elsewhere; cost +4.2 %` */
function saySum({ sentences, warnings, replay }: Plan, paint: Paint): string {
  const parts = [count(sentences.length, 'change')]
  if (warnings.length > 0) parts.push(paint('yellow', count(warnings.length, 'warning')))
  const said = parts.join(', ')
  if (replay === null || replay.replayed === 0) return said
  const { refused, admitted, rerouted, cost } = replay
  const calls = [
    ...(refused.calls === 0 ? [] : [paint('red', `${number(refused.calls)} refused`)]),
    ...(rerouted.calls === 0 ? [] : [`${number(rerouted.calls)} elsewhere`]),
    ...(admitted.calls === 0 ? [] : [`${number(admitted.calls)} more taken`]),
  ]
  const went = calls.length === 0 ? 'none goes another way' : calls.join(', ')
  const money = cost.before === cost.after ? '' : `; cost ${sayShift(cost)}`
  return `${said}; of ${number(replay.replayed)} calls ${went}${money}`
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
}

/** `- key ops of tenant acme is removed`, a line each. */
export function writeSentences(sentences: Plan['sentences'], paint: Paint): string[] {
  const marks = { add: paint('green', '+'), remove: paint('red', '-'), replace: paint('yellow', '~') }
  const lines = sentences.slice(0, mostSentences).map((it) => `  ${marks[it.op]} ${it.text}`)
  return sentences.length > mostSentences ? [...lines, rest(sentences.length - mostSentences, paint)] : lines
}

function writeReplay({ replay, replayTrouble }: Plan, page: Page, nowMs: number): string[] {
  const { paint } = page
  if (replayTrouble !== '') return ['', `${paint('yellow', 'not replayed')}  ${replayTrouble}`]
  if (replay === null) return []
  const { calls, replayed, from, to, tookMs } = replay
  if (from === null || to === null) return ['', `${paint('bold', 'replayed')}  no calls are recorded yet`]
  const which = replayed === calls ? number(calls) : `${number(replayed)} of ${number(calls)}`
  const span = `${sayClock(from).slice(0, 8)} to ${sayClock(to).slice(0, 8)}, the newest ${sayAgo(to, nowMs)}`
  return [
    '',
    `${paint('bold', `replayed ${which} calls`)}  ${paint('dim', `${span}; took ${sayDuration(tookMs)}`)}`,
    ...writeRefusals('refused', replay.refused, { page, nowMs }),
    ...writeRefusals('taken, and refused before', replay.admitted, { page, nowMs }),
    ...writeMoves(replay, page),
    ...writeSplits(replay, paint),
    ...writeCost(replay, paint),
    ...replay.notReplayed.map(
      (it) => `  ${paint('dim', `not replayed: ${count(it.calls, 'call')} ${it.text}`)}`,
    ),
    ...replay.notes.map((it) => `  ${paint('dim', `note: ${it}`)}`),
  ]
}

function writeRefusals(
  title: string,
  { calls, by }: Replay['refused'],
  { page, nowMs }: { readonly page: Page; readonly nowMs: number },
): string[] {
  if (calls === 0) return []
  const columns = [
    { title: 'calls', right: true },
    { title: 'key' },
    { title: 'asked for' },
    { title: 'code', whole: true },
    { title: 'last' },
    { title: 'such as', whole: true, spare: true },
  ]
  const rows = by
    .slice(0, mostRows)
    .map((it) => [
      number(it.calls),
      it.key ?? 'anyone',
      it.model,
      it.code,
      sayAgo(it.lastAt, nowMs),
      it.examples[0] ?? '',
    ])
  return table(`${number(calls)} ${title}`, { columns, rows, more: by.length - mostRows }, page)
}

function writeMoves({ rerouted: { calls, moves } }: Replay, page: Page): string[] {
  if (calls === 0) return []
  const columns = [
    { title: 'calls', right: true },
    { title: 'from' },
    { title: 'to' },
    { title: 'such as', whole: true, spare: true },
  ]
  const say = (it: { route: string; target: string }): string => `${it.route} → ${it.target}`
  const rows = moves
    .slice(0, mostRows)
    .map((it) => [number(it.calls), say(it.from), say(it.to), it.examples[0] ?? ''])
  return table(`${number(calls)} would go elsewhere`, { columns, rows, more: moves.length - mostRows }, page)
}

function writeSplits({ splits }: Replay, paint: Paint): string[] {
  return splits.slice(0, mostRows).map(({ route, targets }) => {
    const [before, after] = [sum(targets.map((it) => it.before)), sum(targets.map((it) => it.after))]
    const parts = targets.map((it) => `${it.target} ${share(it.before, before)} → ${share(it.after, after)}`)
    return `  ${paint('dim', `split of ${route}:`)} ${parts.join(', ')}`
  })
}

function writeCost({ cost }: Replay, paint: Paint): string[] {
  const { calls, before, after, refused, unpriced, byTenant, byRoute, examples } = cost
  if (calls === 0)
    return unpriced === 0
      ? []
      : [`  ${paint('dim', `cost: no price is known for ${count(unpriced, 'call')}`)}`]
  const style = after > before ? 'red' : after < before ? 'green' : 'dim'
  const head = `  cost of ${count(calls, 'call')}  ${usd(before)} → ${usd(after)}  ${paint(style, sayShift(cost))}`
  const parts = [
    ...byTenant.map((it) => ['tenant', it] as const),
    ...byRoute.map((it) => ['route', it] as const),
  ].filter(([, it]) => it.name !== '')
  const lines = parts
    .slice(0, mostRows)
    .map(
      ([what, it]) =>
        `    ${what} ${it.name}  ${usd(it.before)} → ${usd(it.after)}  ${sayShift(it)}  ${paint('dim', count(it.calls, 'call'))}`,
    )
  const most = examples[0]
  return [
    head,
    ...lines,
    ...(most === undefined
      ? []
      : [paint('dim', `    most by ${most.call}: ${usd(most.before)} → ${usd(most.after)}`)]),
    ...(refused === 0
      ? []
      : [paint('dim', `    refused calls cost ${usd(refused)}, which is in neither sum`)]),
    ...(unpriced === 0 ? [] : [paint('dim', `    no price is known for ${count(unpriced, 'further call')}`)]),
  ]
}

interface Rows {
  readonly columns: Parameters<typeof writeTable>[0]
  readonly rows: readonly (readonly string[])[]
  readonly more: number
}

function table(title: string, { columns, rows, more }: Rows, { paint, columns: room }: Page): string[] {
  const lines = writeTable(columns, rows, { paint, columns: room - 4 }).map((it) => `    ${it}`)
  return [`  ${title}`, ...lines, ...(more > 0 ? [rest(more, paint)] : [])]
}

function rest(left: number, paint: Paint): string {
  return paint('dim', `    and ${left} more`)
}

function count(calls: number, what: string): string {
  return `${number(calls)} ${what}${calls === 1 ? '' : 's'}`
}

const number = (it: number): string => it.toLocaleString('en')
const sum = (all: readonly number[]): number => all.reduce((total, it) => total + it, 0)

function share(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Number(((part / whole) * 100).toFixed(1))} %`
}

/** `+4.2 %`; in dollars where there was nothing before. */
function sayShift({ before, after }: { before: number; after: number }): string {
  const sign = after < before ? '−' : '+'
  if (before === 0) return `${sign}${usd(Math.abs(after - before))}`
  return `${sign}${Number(((Math.abs(after - before) / before) * 100).toFixed(1))} %`
}

/** Micro-dollars as dollars: small sums with the digits that tell them apart. */
function usd(microUsd: number): string {
  const dollars = microUsd / 1_000_000
  if (dollars !== 0 && Math.abs(dollars) < 1) return `$${Number(dollars.toPrecision(3))}`
  return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}
