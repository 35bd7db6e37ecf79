/** `changeover diff`: what differs between two versions. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeWords } from '../render/changes.ts'
import { writeWarnings } from '../render/warnings.ts'

export const diff: Command = {
  name: 'diff',
  summary: 'what differs between two versions',
  usage: 'FROM [TO]',
  about: 'TO is the version in force when it is left out.',
  words: [1, 2],
  options: {},
  examples: [
    ['changeover diff 1.3 1.4', 'what 1.4 brought'],
    ['changeover diff 1.3', 'what has changed since 1.3'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [from = '', to = 'current'] = context.words
  const answer = await (await context.client()).ask('diffVersions', { params: { from, to } })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else {
    context.say(`${context.paint('bold', answer.from)} → ${context.paint('bold', answer.to)}`)
    writeWords(answer.words, context.paint).forEach((it) => context.say(it))
    writeWarnings(answer.warnings, context.paint).forEach((it) => context.say(it))
  }
  return exitCodes.ok
}
