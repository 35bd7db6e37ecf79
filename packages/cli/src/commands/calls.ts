/** `changeover calls`: finished calls, newest first, or one of them; what they cost, and what by other prices. */
import type { Call } from '@changeover/sdk'
import { bill } from '../bills/bill.ts'
import { sayUsd } from '../bills/money.ts'
import { reprice } from '../bills/reprice.ts'
import { spanOptions } from '../bills/span.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readLimit } from '../read-limit.ts'
import type { Paint } from '../render/paint.ts'
import { type Page, writeTable } from '../render/table.ts'
import { sayClock, sayDuration } from '../render/times.ts'

export const calls: Command = {
  name: 'calls',
  summary: 'finished calls: which version, which target, how long, at what cost',
  usage: '[CALL | bill | reprice]',
  about: `CALL is the id in the header x-changeover-call of an answer.
"bill" adds up what the calls of a month cost, by tenant, key or model.
"reprice" says what they would have cost by other prices: those of a version, or of a file of settings with a catalogue.
With --write the new costs are kept beside the old ones, which never change.`,
  words: [0, 1],
  options: {
    version: {
      type: 'string',
      value: 'V',
      about: 'only calls under this version; of reprice: by its prices, such as 1.7 or current',
    },
    tenant: { type: 'string', value: 'NAME', about: 'only calls of this tenant' },
    route: { type: 'string', value: 'NAME', about: 'only calls of this route' },
    status: { type: 'string', value: 'STATUS', about: 'such as 502 or 5xx' },
    since: { type: 'string', value: 'INSTANT', about: 'RFC 3339' },
    limit: { type: 'string', value: 'N', about: 'how many; default 20' },
    ...spanOptions,
    by: { type: 'string', value: 'WHAT', about: 'of bill: tenant, key or model; default tenant' },
    csv: { type: 'boolean', about: 'of bill: as CSV, in micro-dollars' },
    repricing: { type: 'string', value: 'ID', about: 'of bill: at the costs of this repricing' },
    prices: { type: 'string', value: 'FILE', about: 'of reprice: settings whose catalogue has the prices' },
    write: { type: 'boolean', about: 'of reprice: keep the new costs beside the old ones' },
  },
  examples: [
    ['changeover calls --status 5xx --version 1.4', 'what failed under 1.4'],
    ['changeover calls bill --month 2026-11 --by key', 'who spent what in November'],
    ['changeover calls reprice --month 2026-11 --version current', 'November by today’s prices'],
  ],
  run,
}

const filters = ['version', 'tenant', 'route', 'status', 'since'] as const

async function run(context: CommandContext): Promise<number> {
  const [id] = context.words
  if (id === 'bill') return await bill(context)
  if (id === 'reprice') return await reprice(context)
  const client = await context.client()
  if (id !== undefined) {
    const call = await client.ask('readCall', { params: { id } })
    if (context.json) context.say(JSON.stringify(call, null, 2))
    else writeCall(call, context.paint).forEach((it) => context.say(it))
    return exitCodes.ok
  }
  const given = filters.flatMap((name): [string, string][] => {
    const value = context.text(name)
    return value === undefined ? [] : [[name, value]]
  })
  const query = { ...Object.fromEntries(given), limit: readLimit(context, 20) }
  const page = await client.ask('listCalls', { query })
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else writeCalls(page.calls, context).forEach((it) => context.say(it))
  return exitCodes.ok
}

function writeCalls(calls: readonly Call[], page: Page): string[] {
  const { paint } = page
  if (calls.length === 0) return [paint('dim', 'no calls')]
  const columns = [
    { title: 'AT' },
    { title: 'CALL', whole: true },
    { title: 'VERSION', whole: true },
    { title: 'ROUTE' },
    { title: 'TARGET' },
    { title: 'STATUS', right: true },
    { title: 'FIRST', right: true, spare: true },
    { title: 'TOOK', right: true },
    { title: 'TOKENS', right: true, spare: true },
    { title: 'USD', right: true, spare: true },
    { title: 'WHO', spare: true },
  ]
  const rows = calls.map((it) => [
    sayClock(it.startedAt),
    it.id,
    it.version,
    it.route ?? '-',
    it.target ?? '-',
    paint(it.error === '' ? 'green' : 'red', String(it.status)),
    it.firstTokenMs === null ? '' : sayDuration(it.firstTokenMs),
    sayDuration(it.durationMs),
    sayTokens(it),
    sayCost(it),
    it.key ?? it.tenant ?? '-',
  ])
  return writeTable(columns, rows, page)
}

function sayTokens(it: Call): string {
  return it.inputTokens === null && it.outputTokens === null
    ? ''
    : `${it.inputTokens ?? '?'}→${it.outputTokens ?? '?'}`
}

/** To the micro-dollar; `~` where it is estimated. */
function sayCost({ costMicroUsd, estimated }: Call): string {
  return costMicroUsd === null ? '' : `${estimated === true ? '~' : ''}${sayUsd(costMicroUsd)}`
}

function sayBill({ bill }: Call['attempts'][number]): string {
  const cost = bill?.costMicroUsd ?? null
  return cost === null ? '' : `  $${sayUsd(cost)}`
}

function writeCall(it: Call, paint: Paint): string[] {
  const rows: readonly [string, string | null][] = [
    ['at', it.startedAt],
    ['version', it.version],
    ['route', it.route],
    ['target', it.target],
    ['context', it.context],
    ['who', it.key ?? it.tenant],
    ['status', it.error === '' ? String(it.status) : `${it.status}  ${it.error}`],
    ['stream', it.stream ? 'yes' : 'no'],
    ['first token', it.firstTokenMs === null ? null : sayDuration(it.firstTokenMs)],
    ['took', sayDuration(it.durationMs)],
    ['tokens', sayTokens(it)],
    [
      'cost',
      it.costMicroUsd === null
        ? null
        : `$${sayUsd(it.costMicroUsd)}  (prices of ${it.pricedBy === 'shipped' ? 'the shipped catalogue' : 'the settings'})`,
    ],
    ['price', it.price ?? null],
    ['estimated', it.estimated === true ? 'yes: the provider’s count never came' : null],
    ...(it.warnings ?? []).map((text): [string, string] => ['warning', text]),
    ['bytes', `${it.requestBytes} in, ${it.replyBytes} out`],
    ['trace', it.traceId],
  ]
  const attempts = it.attempts.map(
    (attempt) =>
      `  attempt      ${attempt.target}  ${attempt.status ?? '-'}  ${attempt.error}  ${sayDuration(attempt.durationMs)}${sayBill(attempt)}`,
  )
  return [
    paint('bold', it.id),
    ...rows.flatMap(([name, value]) =>
      value === null || value === '' ? [] : [`  ${paint('dim', name.padEnd(12))} ${value}`],
    ),
    ...attempts,
  ]
}
