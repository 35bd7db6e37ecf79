/** `changeover rollback`: publishes a new version that restores an older one. */
import type { Client } from '@changeover/sdk'
import { broughtBy } from '../brought-by.ts'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeReceipt, writeWords } from '../render/changes.ts'
import { writeWarnings } from '../render/warnings.ts'
import { traceOf } from '../trace.ts'
import { urgencyOf } from '../urgency.ts'

export const rollback: Command = {
  name: 'rollback',
  summary: 'go back: restore an older version, as a new one',
  usage: '[VERSION]',
  about: `Without VERSION: to the last confirmed version while the one in force is still observed, else to the one before
it; what it went back to is said. The settings file is written back too; when it held something that was not
in force, that is kept beside it.`,
  words: [0, 1],
  options: {
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
    emergency: {
      type: 'boolean',
      about: 'past approvals and freeze windows; needs --reason, and the right to',
    },
    traceparent: { type: 'string', value: 'W3C', about: 'trace to be part of; or TRACEPARENT' },
  },
  examples: [['changeover rollback 1.3 --reason "support answers got worse"', 'restores 1.3']],
  run,
}

/** What is said of a version that nobody named. */
async function sayWhy(client: Client): Promise<string> {
  const { applied, baseline, override } = await client.ask('readStatus')
  if (applied === null || baseline === null) return ''
  if (override !== null) return `, which the override ${override.version} was made upon`
  return applied.version === baseline.version
    ? `, the version before ${applied.version}`
    : `, the last confirmed version: ${applied.version} was still observed`
}

async function run(context: CommandContext): Promise<number> {
  const [to] = context.words
  if (to !== undefined && !/^\d+\.\d+$/.test(to))
    throw new UsageError(
      `"${to}" is no version, expected such as 1.3: "changeover history --versions" lists them`,
    )
  const query = urgencyOf(context)
  const trace = traceOf(context.text('traceparent') ?? context.env['TRACEPARENT'])
  const client = await context.client({ traceparent: trace.traceparent })
  const reason = context.text('reason')
  const body = { ...(to === undefined ? {} : { to }), ...(reason === undefined ? {} : { reason }) }
  const why = to === undefined && !context.json ? await sayWhy(client) : ''
  const receipt = await client.ask('rollback', { body, query })
  if (context.json) {
    context.say(JSON.stringify(receipt, null, 2))
    return receipt.outcome === 'waiting' ? exitCodes.waiting : exitCodes.ok
  }
  const brought = await broughtBy(client, receipt)
  if (brought !== null) {
    writeWords(brought.words, context.paint).forEach((it) => context.say(it))
    const { restores } = await client.ask('readVersion', { params: { version: brought.to } })
    context.say(`restores ${restores?.version ?? 'an older version'}${why}`)
  }
  writeReceipt(receipt, context.paint, context.now()).forEach((it) => context.say(it))
  writeWarnings(brought?.warnings ?? [], context.paint).forEach((it) => context.say(it))
  return receipt.outcome === 'waiting' ? exitCodes.waiting : exitCodes.ok
}
