/** `changeover approve`: what waits for the word of people, and giving it. */
import type { Client, WaitingChange } from '@changeover/sdk'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeWaiting } from '../render/approvals.ts'

export const approve: Command = {
  name: 'approve',
  summary: 'agree to a change that waits for others, or say no',
  usage: '[RELOAD]',
  about: `Without RELOAD: the one that waits. What is agreed to is what was printed: when something else waits by then,
nothing is approved. The author is never one of those who count; --reject by the author takes the change back.`,
  words: [0, 1],
  options: {
    show: { type: 'boolean', about: 'only print what waits' },
    reject: { type: 'boolean', about: 'say no, and end it' },
    note: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
  },
  examples: [
    ['changeover approve --show', 'what waits, and for whom'],
    ['changeover approve', 'agrees to it'],
    ['changeover approve --reject --note "not on a Friday"', 'ends it'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const { approvals } = await client.ask('listApprovals')
  const [attempt] = context.words
  const waiting = attempt === undefined ? approvals : approvals.filter((it) => it.attempt === attempt)
  if (context.flag('show')) return show(context, waiting)
  const [change] = waiting
  if (change === undefined) {
    if (context.json) context.say('null')
    else context.say(context.paint('yellow', 'nothing waits for approval'))
    return exitCodes.refused
  }
  if (!context.json) writeWaiting(change, context.paint, context.now()).forEach((it) => context.say(it))
  return await decide(context, client, change)
}

function show(context: CommandContext, waiting: readonly WaitingChange[]): number {
  if (context.json) context.say(JSON.stringify(waiting, null, 2))
  else if (waiting.length === 0) context.say(context.paint('dim', 'nothing waits for approval'))
  else
    for (const it of waiting)
      writeWaiting(it, context.paint, context.now()).forEach((line) => context.say(line))
  return exitCodes.ok
}

async function decide(context: CommandContext, client: Client, change: WaitingChange): Promise<number> {
  const { attempt, digest } = change
  const { paint } = context
  const note = context.text('note')
  if (context.flag('reject')) {
    if (note === undefined)
      throw new UsageError('--reject needs --note: whoever made the change wants to know why')
    const ended = await client.ask('rejectReload', { params: { attempt }, body: { reason: note } })
    context.say(
      context.json ? JSON.stringify(ended, null, 2) : `${paint('red', 'rejected')}  ${change.version}`,
    )
    return exitCodes.ok
  }
  const body = { digest, ...(note === undefined ? {} : { note }) }
  const answer = await client.ask('approveReload', { params: { attempt }, body })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else if (answer.missing.length === 0)
    context.say(`${paint('green', 'approved')}  ${change.version} goes on`)
  else {
    context.say(`${paint('green', 'counted')}  ${change.version} waits for more`)
    writeWaiting(answer, paint, context.now())
      .slice(-answer.missing.length - 1)
      .forEach((it) => context.say(it))
  }
  return exitCodes.ok
}
