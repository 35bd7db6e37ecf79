/** `changeover rollback`: publishes a new version that restores an older one. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeReceipt, writeWords } from '../render/changes.ts'
import { traceOf } from '../trace.ts'

export const rollback: Command = {
  name: 'rollback',
  summary: 'go back: restore an older version, as a new one',
  usage: '[VERSION]',
  about: `Without VERSION: to the one before. The settings file is written back too; when it held something that was not
in force, that is kept beside it.`,
  words: [0, 1],
  options: {
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
    traceparent: { type: 'string', value: 'W3C', about: 'trace to be part of; or TRACEPARENT' },
  },
  examples: [['changeover rollback 1.3 --reason "support answers got worse"', 'restores 1.3']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const trace = traceOf(context.text('traceparent') ?? context.env['TRACEPARENT'])
  const client = await context.client({ traceparent: trace.traceparent })
  const [to] = context.words
  const reason = context.text('reason')
  const body = { ...(to === undefined ? {} : { to }), ...(reason === undefined ? {} : { reason }) }
  const receipt = await client.ask('rollback', { body })
  if (context.json) {
    context.say(JSON.stringify(receipt, null, 2))
    return exitCodes.ok
  }
  const { previous, version } = receipt
  if (receipt.outcome === 'applied' && previous != null && version !== null) {
    const { words } = await client.ask('diffVersions', { params: { from: previous, to: version } })
    writeWords(words, context.paint).forEach((it) => context.say(it))
  }
  writeReceipt(receipt, context.paint).forEach((it) => context.say(it))
  return exitCodes.ok
}
