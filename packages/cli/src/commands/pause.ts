/** `changeover pause`: holds a rollout where it is. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { observedAttempt } from '../observed-attempt.ts'

export const pause: Command = {
  name: 'pause',
  summary: 'hold a rollout at its share',
  usage: '[RELOAD]',
  about: 'It is judged all the same, and taken back when it turns out worse.',
  words: [0, 1],
  options: { reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' } },
  examples: [['changeover pause --reason "over night"', 'until "changeover resume"']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const reason = context.text('reason')
  const body = reason === undefined ? {} : { reason }
  const answer = await client.ask('pauseReload', { params: { attempt }, body })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else context.say(`${context.paint('yellow', 'held')}  ${answer.words}`)
  return exitCodes.ok
}
