/** `changeover promote`: ends observation well. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { observedAttempt } from '../observed-attempt.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'end observation well: the version becomes the baseline',
  usage: '[RELOAD]',
  about: 'Without RELOAD: the one under observation.',
  words: [0, 1],
  options: {},
  examples: [['changeover promote', 'confirms what was applied last']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const answer = await client.ask('promoteReload', { params: { attempt } })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else context.say(`${context.paint('green', 'confirmed')}  ${answer.version}`)
  return exitCodes.ok
}
