/** `changeover resume`: lets a rollout that was held go on. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { observedAttempt } from '../observed-attempt.ts'

export const resume: Command = {
  name: 'resume',
  summary: 'let a rollout that was held go on',
  usage: '[RELOAD]',
  about: 'With what was left of its step.',
  words: [0, 1],
  options: {},
  examples: [['changeover resume', 'the one that is held']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const answer = await client.ask('resumeReload', { params: { attempt } })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else context.say(`${context.paint('green', 'goes on')}  ${answer.words}`)
  return exitCodes.ok
}
