/** `changeover abort`: ends observation badly. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { observedAttempt } from '../observed-attempt.ts'

export const abort: Command = {
  name: 'abort',
  summary: 'end observation badly: back to the baseline at once',
  usage: '[RELOAD]',
  about: 'Without RELOAD: the one under observation. Its version goes into quarantine.',
  words: [0, 1],
  options: { reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' } },
  examples: [['changeover abort --reason "p99 doubled"', 'takes back what was applied last']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const reason = context.text('reason')
  const body = reason === undefined ? {} : { reason }
  const answer = await client.ask('abortReload', { params: { attempt }, body })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else context.say(`${context.paint('yellow', 'taken back')}  ${answer.version}`)
  return exitCodes.ok
}
