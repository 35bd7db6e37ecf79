/** `changeover resume`: lets a rollout that was held go on. */
import type { Command, CommandContext } from '../command.ts'
import { steer } from '../steer.ts'

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

function run(context: CommandContext): Promise<number> {
  return steer(context, {
    ask: (client, { params }) => client.ask('resumeReload', { params }),
    say: (answer) => `${context.paint('green', 'goes on')}  ${answer.words}`,
  })
}
