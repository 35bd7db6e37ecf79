/** `changeover audit`: who changed what, and whether that log is whole. */
import { checkAudit, type AuditLine as KeptLine, parseInstant } from '@changeover/reload'
import type { AuditLine, AuditPage } from '@changeover/sdk'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readLimit } from '../read-limit.ts'
import { readNamed } from '../read-named.ts'
import type { Paint } from '../render/paint.ts'
import { writeTable } from '../render/table.ts'
import { sayAgo } from '../render/times.ts'
import { styleOf } from './status.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'who changed what; with --verify, whether the log is whole',
  usage: '[FILE]',
  about: `Each line of the audit log names the hash of the line before it. --verify names each line that was changed, moved
or left out, by its number. That the newest lines were cut off can only be seen by a hash that somebody has kept
elsewhere: --verify prints the newest, and --kept asks whether one is still there. FILE is a log that --jsonl has
written, and needs no gateway.`,
  words: [0, 1],
  options: {
    verify: { type: 'boolean', about: 'look at the whole log; exit code 1 when it is not whole' },
    kept: { type: 'string', value: 'HASH', about: 'also whether the line with this hash is still there' },
    since: {
      type: 'string',
      value: 'WHEN',
      about: 'lines since then: 90m, 24h, 7d, or an instant (RFC 3339)',
    },
    limit: { type: 'string', value: 'N', about: 'the newest so many; default 100' },
    jsonl: { type: 'boolean', about: 'print the lines as they are kept, one JSON object a line' },
  },
  examples: [
    ['changeover audit --since 24h', 'the last day'],
    ['changeover audit --verify', 'is it whole?'],
    ['changeover audit --jsonl --limit 100000 > audit.jsonl', 'a copy, to be verified anywhere'],
    ['changeover audit audit.jsonl --verify', 'without a gateway'],
  ],
  run,
}

/** Hashes are of the very text: what is shown of a line is all of it. */
type Looked = Omit<AuditPage, 'lines'> & { readonly lines: readonly AuditLine[] }

async function run(context: CommandContext): Promise<number> {
  const [file] = context.words
  const verifies = context.flag('verify') || context.text('kept') !== undefined
  const page = file === undefined ? await askPage(context, verifies) : await readPage(context, file)
  if (context.flag('jsonl')) for (const it of page.lines) context.say(JSON.stringify(it))
  else if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (verifies) writeCheck(page, context.paint).forEach((it) => context.say(it))
  else writeLines(page.lines, context).forEach((it) => context.say(it))
  return verifies && !page.verified ? exitCodes.refused : exitCodes.ok
}

async function askPage(context: CommandContext, verifies: boolean): Promise<Looked> {
  const limit = readLimit(context, 100)
  const kept = context.text('kept')
  const since = context.text('since')
  const client = await context.client()
  return await client.ask('readAudit', {
    query: {
      limit,
      verify: verifies ? 'true' : 'false',
      ...(kept === undefined ? {} : { kept }),
      ...(since === undefined ? {} : { since: new Date(readSince(since, context.now())).toISOString() }),
    },
  })
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function readSince(text: string, now: number): number {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  const at = count === undefined ? parseInstant(text) : now - Number(count) * (UNITS[unit] ?? Number.NaN)
  if (at !== null) return at
  throw new UsageError(`"--since ${text}" is no time, expected 90m, 24h, 7d, or such as 2026-11-01T08:00:00Z`)
}

async function readPage(context: CommandContext, file: string): Promise<Looked> {
  const text = await readNamed(file, context.cwd)
  const lines = text.split('\n').flatMap((it, i) => (it === '' ? [] : [parseLine(it, file, i + 1)]))
  const kept = context.text('kept')
  const check = checkAudit(lines, kept === undefined ? [] : [kept])
  return { lines, verified: check.problems.length === 0, ...check }
}

function parseLine(text: string, file: string, number: number): KeptLine {
  try {
    return JSON.parse(text) as KeptLine
  } catch {
    throw new UsageError(`"${file}" has no JSON in line ${number}, expected what --jsonl has written`)
  }
}

function writeCheck({ checked, problems, isFromTheBeginning, last }: Looked, paint: Paint): string[] {
  const older = isFromTheBeginning ? '' : '; older ones were put away before'
  if (problems.length === 0)
    return [
      `${paint('green', 'whole')}  ${checked} lines${older}`,
      ...(last === null ? [] : [paint('dim', `  newest ${last}`)]),
    ]
  return [
    `${paint('red', 'not whole')}  ${problems.length} of ${checked} lines${older}`,
    ...problems.slice(0, 50).map((it) => `  ${paint('red', '✗')} ${it.message}`),
    ...(problems.length > 50 ? [paint('dim', `  and ${problems.length - 50} more`)] : []),
  ]
}

function writeLines(lines: readonly AuditLine[], context: CommandContext): string[] {
  const { paint, now } = context
  if (lines.length === 0) return [paint('dim', 'nothing yet')]
  const columns = [
    { title: 'WHEN' },
    { title: 'WHO' },
    { title: 'WHAT' },
    { title: 'FROM', whole: true },
    { title: 'TO', whole: true },
    { title: 'STATUS' },
    { title: 'AGREED' },
    { title: 'TRACE', whole: true, spare: true },
  ]
  return writeTable(
    columns,
    lines.map((it) => [
      sayAgo(it.at, now()),
      it.who,
      it.event.replace('config.', ''),
      it.from ?? '-',
      it.to ?? '-',
      `${paint(styleOf(it.status), it.status)}${it.reason === '' ? '' : ` ${it.reason}`}`,
      sayAgreed(it, paint),
      it.traceId,
    ]),
    context,
  )
}

export function sayAgreed(
  { approvals = [], rejectedBy, emergency }: Pick<AuditLine, 'approvals' | 'rejectedBy' | 'emergency'>,
  paint: Paint,
): string {
  if (emergency !== undefined) return paint('red', `emergency: ${emergency}`)
  return rejectedBy === undefined ? approvals.join(', ') : `no: ${rejectedBy}`
}
