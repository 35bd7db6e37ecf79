/** `changeover abort`: ends observation badly. */
import type { Command, CommandContext } from '../command.ts'
import { steer } from '../steer.ts'

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

function run(context: CommandContext): Promise<number> {
  return steer(context, {
    ask: (client, about) => client.ask('abortReload', about),
    say: (answer) => `${context.paint('yellow', 'taken back')}  ${answer.version}`,
  })
}
