/** `changeover promote`: moves a rollout on, or ends observation well. */
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { observedAttempt } from '../observed-attempt.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'move a rollout to its next step; of a version with all traffic, end its observation well',
  usage: '[RELOAD]',
  about: 'Without RELOAD: the one on trial.',
  words: [0, 1],
  options: {
    full: { type: 'boolean', about: 'to all of the traffic at once' },
    confirm: { type: 'boolean', about: 'to all of the traffic, and without its observation' },
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
  },
  examples: [
    ['changeover promote', 'the next step, or confirmed when it has all traffic'],
    ['changeover promote --full', 'everybody, now'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  if (context.flag('full') && context.flag('confirm'))
    throw new UsageError('give --full or --confirm, not both')
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const reason = context.text('reason')
  const to = context.flag('full') ? 'full' : context.flag('confirm') ? 'confirmed' : 'next'
  const body = { to, ...(reason === undefined ? {} : { reason }) } as const
  const answer = await client.ask('promoteReload', { params: { attempt }, body })
  const { rollout } = await client.ask('readRollout')
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else {
    const words = rollout?.attempt === attempt ? rollout.words : answer.version
    context.say(`${context.paint('green', 'promoted')}  ${words}`)
  }
  return exitCodes.ok
}
