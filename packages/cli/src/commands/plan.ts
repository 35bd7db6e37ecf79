/** `changeover plan`: what a change would do, worked out by the gateway and let go. */
import type { Plan } from '@changeover/sdk'
import { changeOptions, readBody } from '../change-options.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writePlan } from '../render/plan.ts'
import { type SentText, writeProblem } from '../render/problem.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'what a change would do, without doing it',
  usage: '[FILE | -]',
  about: `The gateway builds the change beside the running version, all the way to the swap, and lets it go. It replays
recorded calls through both: who would be refused, go elsewhere, or cost more or less.`,
  words: [0, 1],
  options: {
    ...changeOptions,
    replay: {
      type: 'string',
      value: 'N|TIME|off',
      about: 'the newest N calls, or those of the last 1h; default 10000',
    },
    show: {
      type: 'string',
      value: 'ID',
      about: 'print a plan that was made before, such as for an approval',
    },
    strict: { type: 'boolean', about: 'exit with 4 when there are warnings' },
  },
  examples: [
    ['changeover plan changeover.yaml', 'a whole file'],
    ['changeover plan changeover.yaml --replay 1h --strict', 'by the calls of the last hour, for a build'],
    ['changeover plan --show pl_h3Kq9s0Vb2Lw', 'one that somebody else made'],
    ['changeover plan --set limits/default/requests=100', 'one value'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const shown = context.text('show')
  if (shown !== undefined) return tell(context, await client.ask('readPlan', { params: { id: shown } }))
  const body = await readBody(context, client)
  const replay = context.text('replay')
  const answer: Plan = await client.ask('plan', {
    body: body.bytes,
    contentType: body.contentType,
    source: body.sent.name,
    query: {
      ...(context.flag('allow-shrink') ? { allowShrink: 'true' as const } : {}),
      ...(replay === undefined ? {} : { replay }),
    },
  })
  return tell(context, answer, body.sent)
}

function tell(context: CommandContext, plan: Plan, sent?: SentText): number {
  if (context.json) context.say(JSON.stringify(plan, null, 2))
  else {
    writePlan(plan, context, context.now()).forEach((it) => context.say(it))
    if (plan.problem !== null) {
      context.say()
      writeProblem(plan.problem, context.paint, sent).forEach((it) => context.say(it))
    }
  }
  if (!plan.ok) return exitCodes.refused
  return context.flag('strict') && plan.warnings.length > 0 ? exitCodes.warned : exitCodes.ok
}
