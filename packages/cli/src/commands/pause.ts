/** `changeover pause`: holds a rollout where it is. */
import type { Command, CommandContext } from '../command.ts'
import { steer } from '../steer.ts'

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

function run(context: CommandContext): Promise<number> {
  return steer(context, {
    ask: (client, about) => client.ask('pauseReload', about),
    say: (answer) => `${context.paint('yellow', 'held')}  ${answer.words}`,
  })
}
