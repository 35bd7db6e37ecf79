/** `changeover plan`: what a change would do, worked out by the gateway and let go. */
import type { Plan } from '@changeover/sdk'
import { changeOptions, readBody } from '../change-options.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writePlan } from '../render/changes.ts'
import { writeProblem } from '../render/problem.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'what a change would do, without doing it',
  usage: '[FILE | -]',
  about: 'The gateway builds the change beside the running version, all the way to the swap, and lets it go.',
  words: [0, 1],
  options: changeOptions,
  examples: [
    ['changeover plan changeover.yaml', 'a whole file'],
    ['changeover plan --set limits/default/requests=100', 'one value'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const body = await readBody(context, client)
  const answer: Plan = await client.ask('plan', {
    body: body.bytes,
    contentType: body.contentType,
    source: body.sent.name,
    query: context.flag('allow-shrink') ? { allowShrink: 'true' } : {},
  })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else {
    writePlan(answer, context.paint).forEach((it) => context.say(it))
    if (answer.problem !== null) {
      context.say()
      writeProblem(answer.problem, context.paint, body.sent).forEach((it) => context.say(it))
    }
  }
  return answer.ok ? exitCodes.ok : exitCodes.refused
}
