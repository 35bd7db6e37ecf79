/** `changeover calls reprice`: what the calls of a span would cost by other prices. */
import type { Repriced, RepricedLine } from '@changeover/sdk'
import { type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readNamed } from '../read-named.ts'
import { writeTable } from '../render/table.ts'
import { nameOf } from './line-name.ts'
import { sayDifference, sayUsd } from './money.ts'
import { readSpan, sayKept } from './span.ts'

export async function reprice(context: CommandContext): Promise<number> {
  const [version, file] = [context.text('version'), context.text('prices')]
  if ((version === undefined) === (file === undefined)) {
    throw new UsageError('expected --version or --prices, one of them')
  }
  const query = {
    ...readSpan(context),
    dryRun: context.flag('write') ? ('false' as const) : ('true' as const),
    ...(version === undefined ? {} : { version }),
  }
  const client = await context.client()
  const prices = file === undefined ? NO_PRICES : await pricesIn(file, context)
  const found = await client.ask('reprice', { query, ...prices })
  if (context.json) context.say(JSON.stringify(found, null, 2))
  else writeRepriced(found, context).forEach((it) => context.say(it))
  return exitCodes.ok
}

/** Of a version all is known over there. */
const NO_PRICES = { body: new Uint8Array(), contentType: 'application/yaml' }

const TYPES: readonly (readonly [end: RegExp, type: string])[] = [
  [/\.json$/i, 'application/json'],
  [/\.toml$/i, 'application/toml'],
]

async function pricesIn(file: string, { cwd }: CommandContext) {
  const body = new TextEncoder().encode(await readNamed(file, cwd))
  const contentType = TYPES.find(([end]) => end.test(file))?.[1] ?? 'application/yaml'
  return { body, contentType, source: file }
}

function writeRepriced(it: Repriced, context: CommandContext): string[] {
  const { paint } = context
  const total = { ...it, name: 'total', copies: false, kept: it.calls - it.repriced }
  const table = (title: string, lines: readonly RepricedLine[]): string[] =>
    writeTable(
      [{ title }, ...columnsOf(total)],
      [...lines, total].map((line) => rowOf(line, total)),
      context,
    )
  const notes = [
    ...(total.kept === 0
      ? []
      : ['as it was: these prices name nothing for so many calls, by model attempts']),
    ...(it.unpriced === 0 ? [] : ['no price: neither these prices nor those of then, so it is in no sum']),
    ...sayKept(it),
  ]
  return [
    `${it.from} to ${it.to} by ${it.prices}: ${it.calls} calls, in USD`,
    '',
    ...table('MODEL', it.byModel),
    '',
    ...table('TENANT', it.byTenant),
    '',
    ...notes.map((note) => paint('dim', note)),
    it.id === null
      ? paint('dim', 'nothing was kept; --write keeps it beside what the calls cost')
      : `kept as ${paint('bold', it.id)}: changeover calls bill --repricing ${it.id}`,
  ]
}

/** What there is none of at all has no column. */
function columnsOf(total: RepricedLine): { readonly title: string; readonly right: true }[] {
  const titles = ['WAS', 'WOULD BE', 'DIFFERENCE']
  if (total.kept > 0) titles.push('AS IT WAS')
  if (total.unpriced > 0) titles.push('NO PRICE')
  return titles.map((title) => ({ title, right: true }))
}

function rowOf({ beforeMicroUsd, afterMicroUsd, kept, unpriced, ...of }: RepricedLine, total: RepricedLine) {
  const count = (it: number) => (it === 0 ? '' : String(it))
  return [
    nameOf(of),
    sayUsd(beforeMicroUsd),
    sayUsd(afterMicroUsd),
    sayDifference(afterMicroUsd - beforeMicroUsd),
    ...(total.kept > 0 ? [count(kept)] : []),
    ...(total.unpriced > 0 ? [count(unpriced)] : []),
  ]
}
