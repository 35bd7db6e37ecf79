/** `changeover calls bill`: what the calls of a month cost. */
import type { Bill, BillLine } from '@changeover/sdk'
import { type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeTable } from '../render/table.ts'
import { nameOf } from './line-name.ts'
import { sayUsd } from './money.ts'
import { readSpan, sayKept } from './span.ts'

const BY = ['tenant', 'key', 'model'] as const

export async function bill(context: CommandContext): Promise<number> {
  const by = BY.find((it) => it === (context.text('by') ?? 'tenant'))
  if (by === undefined) throw new UsageError(`--by: found "${context.text('by')}", expected ${BY.join(', ')}`)
  if (context.json && context.flag('csv')) throw new UsageError('--json goes without --csv')
  const repricing = context.text('repricing')
  const query = { ...readSpan(context), by, ...(repricing === undefined ? {} : { repricing }) }
  const found = await (await context.client()).ask('bill', { query })
  if (context.json) context.say(JSON.stringify(found, null, 2))
  else if (context.flag('csv')) writeCsv(found).forEach((it) => context.say(it))
  else writeBill(found, context).forEach((it) => context.say(it))
  return exitCodes.ok
}

function writeBill(found: Bill, context: CommandContext): string[] {
  const { paint } = context
  const { by, from, to, repricing, total, lines } = found
  const columns = [
    { title: by.toUpperCase() },
    { title: 'CALLS', right: true },
    { title: 'TOKENS IN', right: true },
    { title: 'OUT', right: true },
    { title: 'USD', right: true },
    { title: 'ESTIMATED', right: true },
    ...(total.unpriced === 0 ? [] : [{ title: 'NO PRICE', right: true }]),
  ]
  const row = (it: BillLine, name: string): string[] => [
    name,
    String(it.calls),
    String(it.inputTokens),
    String(it.outputTokens),
    sayUsd(it.costMicroUsd),
    it.estimatedMicroUsd === 0 ? '' : sayUsd(it.estimatedMicroUsd),
    ...(total.unpriced === 0 ? [] : [it.unpriced === 0 ? '' : String(it.unpriced)]),
  ]
  const rows = [...lines.map((it) => row(it, nameOf(it))), row(total, 'total')]
  const at = repricing === null ? '' : `, at the costs of ${repricing}`
  const notes = [
    ...(total.unpriced === 0 ? [] : ['no price: nobody has said one, so what these cost is in no sum']),
    ...(total.estimatedMicroUsd === 0 ? [] : ['estimated: the provider’s count never came']),
    ...(lines.some((it) => it.copies) ? ['copies, to mirrors and shadows: in no cost of a caller'] : []),
    ...sayKept(found),
  ]
  return [
    paint('dim', `${from} to ${to}${at}`),
    ...writeTable(columns, rows, context),
    ...notes.map((it) => paint('dim', it)),
  ]
}

/** Money in micro-dollars, so that no reader of it rounds; the total is what the lines add up to. */
function writeCsv({ by, lines }: Bill): string[] {
  const names = [
    'calls',
    'inputTokens',
    'outputTokens',
    'costMicroUsd',
    'estimatedMicroUsd',
    'unpriced',
    'copies',
  ] as const
  const rows = lines.map((it) => [quoted(it.name ?? ''), ...names.map((name) => it[name])].join(','))
  return [[by, ...names].join(','), ...rows]
}

/** A text that a spreadsheet would take for a formula is told to be one. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
