/** `changeover limits`: how the limits and budgets of tenants, teams and keys stand. */
import type { LimitCount } from '@changeover/sdk'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeTable } from '../render/table.ts'

export const limits: Command = {
  name: 'limits',
  summary: 'limits and budgets: what is used, and what is left',
  usage: '[TENANT]',
  about: `Of all tenants, or of one, with their teams and keys. What calls under way hold is among what is used until they are over.
Money is in US dollars. A rate drains by as much as it takes in each period; a budget begins anew when its period does.`,
  words: [0, 1],
  options: {},
  examples: [
    ['changeover limits', 'of everybody'],
    ['changeover limits acme', 'of one tenant, its teams and its keys'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [tenant] = context.words
  const client = await context.client()
  const page = await client.ask('listLimits', { query: tenant === undefined ? {} : { tenant } })
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (page.counts.length === 0) context.say(context.paint('dim', 'no limits or budgets'))
  else writeTable(columns, page.counts.map(rowOf(context)), context).forEach((it) => context.say(it))
  return exitCodes.ok
}

const columns = [
  { title: 'WHO' },
  { title: 'ENTRY' },
  { title: 'COUNTS' },
  { title: 'USED', right: true },
  { title: 'LEFT', right: true },
  { title: 'MOST', right: true },
  { title: 'PERIOD' },
]

const NAMES: Readonly<Record<LimitCount['counts'], string>> = {
  requests: 'requests',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
  tokens: 'tokens',
  concurrent: 'at once',
  usd: 'USD',
  calls: 'calls',
}
const MICRO = 1_000_000
/** Of a count, when little of it is left. */
const LITTLE = 0.2

function rowOf({ paint }: CommandContext): (it: LimitCount) => string[] {
  return (it) => {
    const style = it.left === 0 ? 'red' : it.left < it.most * LITTLE ? 'yellow' : 'green'
    return [
      `${it.kind} ${it.holder}`,
      `${it.of} ${it.entry}`,
      NAMES[it.counts],
      amountOf(it, it.used),
      paint(style, amountOf(it, it.left)),
      amountOf(it, it.most),
      periodOf(it),
    ]
  }
}

function amountOf({ counts }: LimitCount, amount: number): string {
  return counts === 'usd' ? (amount / MICRO).toFixed(4) : String(Math.floor(amount))
}

function periodOf({ period, endsAt, perMs, shared }: LimitCount): string {
  const base = period ?? (perMs === null ? '' : `${perMs / 1000} s`)
  const until = endsAt === null ? '' : `, until ${endsAt.slice(0, 16).replace('T', ' ')} UTC`
  return `${base}${until}${shared ? ', shared' : ''}`
}
