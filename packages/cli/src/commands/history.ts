/** `changeover history`: the attempts of this gateway, or the versions that it can go back to. */
import type { Attempt, VersionEntry } from '@changeover/sdk'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readLimit } from '../read-limit.ts'
import type { Paint } from '../render/paint.ts'
import { writeTable } from '../render/table.ts'
import { sayAgo, sayDuration } from '../render/times.ts'
import { sayAgreed } from './audit.ts'
import { styleOf } from './status.ts'

export const history: Command = {
  name: 'history',
  summary: 'what was tried and what became of it; with --versions, what can be restored',
  usage: '',
  words: [0, 0],
  options: {
    versions: { type: 'boolean', about: 'list versions, with the calls that ran under each' },
    skipped: { type: 'boolean', about: 'also attempts that had nothing to do' },
    limit: { type: 'string', value: 'N', about: 'how many; default 20' },
  },
  examples: [['changeover history --versions', 'where a rollback can lead']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const limit = readLimit(context, 20)
  if (context.flag('versions')) {
    const answer = await client.ask('listVersions', { query: { limit, calls: 'true' } })
    if (context.json) context.say(JSON.stringify(answer, null, 2))
    else writeVersions(answer.versions, context).forEach((it) => context.say(it))
    return exitCodes.ok
  }
  const answer = await client.ask('listReloads', {
    query: { limit, skipped: context.flag('skipped') ? 'true' : 'false' },
  })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else writeAttempts(answer.reloads, context).forEach((it) => context.say(it))
  return exitCodes.ok
}

/** What it was about says more than who, or how long it took. */
const leastWhat = 30

function writeAttempts(attempts: readonly Attempt[], context: CommandContext): string[] {
  const { paint, now } = context
  if (attempts.length === 0) return [paint('dim', 'nothing yet')]
  const columns = [
    { title: 'WHEN' },
    { title: 'FROM', whole: true },
    { title: 'TO', whole: true },
    { title: 'STATUS', whole: true },
    { title: 'TOOK', whole: true },
    { title: 'BY', spare: true },
    { title: 'WHO' },
    { title: 'WHAT', least: leastWhat },
  ]
  return writeTable(
    columns,
    attempts.map((it) => writeAttemptRow(it, paint, now())),
    context,
  )
}

function writeAttemptRow(it: Attempt, paint: Paint, now: number): string[] {
  const agreed = sayAgreed(it, paint)
  const said = it.reason === '' ? sayChanged(it.changedParameters) : it.reason
  const what = agreed === '' ? said : `${said}  ${it.emergency === undefined ? `agreed: ${agreed}` : agreed}`
  return [
    sayAgo(it.startedAt, now),
    it.from ?? '-',
    it.to ?? '-',
    paint(styleOf(it.status), it.status),
    it.durationMs === null ? '' : sayDuration(it.durationMs),
    it.trigger,
    it.actor,
    it.source.startsWith('override:') ? `override: ${what}` : what,
  ]
}

function sayChanged(pointers: readonly string[]): string {
  const [first, ...rest] = pointers
  if (first === undefined) return ''
  return rest.length === 0 ? first : `${first} and ${rest.length} more`
}

function writeVersions(versions: readonly VersionEntry[], context: CommandContext): string[] {
  const { paint, now } = context
  if (versions.length === 0) return [paint('dim', 'none yet')]
  const columns = [
    { title: 'VERSION', whole: true },
    { title: 'WHEN' },
    { title: 'CALLS', right: true },
    { title: 'ERRORS', right: true },
    { title: 'P50', right: true, spare: true },
    { title: 'P99', right: true, spare: true },
    { title: 'AUTHOR' },
    { title: 'WHAT', least: leastWhat },
  ]
  return writeTable(
    columns,
    versions.map((it) => writeVersionRow(it, paint, now())),
    context,
  )
}

function writeVersionRow(it: VersionEntry, paint: Paint, now: number): string[] {
  const { calls } = it
  const restores = it.restores === null ? '' : `restores ${it.restores.version} `
  // First: of a reason that is cut the rest can be asked for, and these are what one looks for.
  const roles = it.roles.length === 0 ? '' : `${paint('green', it.roles.join(', '))}  `
  const ms = (value: number | null | undefined): string => (value == null ? '' : sayDuration(value))
  return [
    paint('bold', it.version),
    sayAgo(it.issuedAt, now),
    calls === null ? '' : String(calls.calls),
    calls === null || calls.calls === 0 ? '' : String(calls.errors),
    ms(calls?.p50Ms),
    ms(calls?.p99Ms),
    it.author,
    `${roles}${restores}${it.reason}`.trim(),
  ]
}
