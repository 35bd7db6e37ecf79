/** `changeover watch`: every change of state as it happens, until Ctrl-C; connects again when the gateway restarts. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, isUnreachable, type ReloadEvent } from '@changeover/sdk'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { padEnd } from '../render/paint.ts'
import { sayClock } from '../render/times.ts'
import { styleOf } from './status.ts'

export const watch: Command = {
  name: 'watch',
  summary: 'follow reloads as they happen',
  usage: '',
  words: [0, 0],
  options: { once: { type: 'boolean', about: 'end after the first attempt that ends' } },
  examples: [['changeover watch --json', 'one event a line']],
  run,
}

const againMs = 1_000

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  // The first try decides: a gateway that was never there is an error, one that went away comes back.
  await client.ask('readStatus')
  if (!context.json) context.say(context.paint('dim', `following ${client.url}; Ctrl-C ends`))
  let lastId: string | undefined
  while (!context.signal.aborted) {
    try {
      for await (const { id, event } of follow(client, context, lastId)) {
        lastId = id
        tell(event, context)
        if (context.flag('once') && event.status !== undefined && event.status !== 'in_progress')
          return exitCodes.ok
      }
    } catch (error) {
      if (!isUnreachable(error)) throw error
    }
    if (context.signal.aborted) break
    if (!context.json) context.say(context.paint('yellow', 'the gateway is gone; trying again'))
    // Its numbering begins anew when it comes back.
    lastId = undefined
    await wait(againMs, undefined, { signal: context.signal }).catch(() => undefined)
  }
  return exitCodes.ok
}

function follow(client: Client, { signal }: CommandContext, lastId: string | undefined) {
  return client.follow(lastId === undefined ? { signal } : { signal, after: lastId })
}

function tell(event: ReloadEvent, context: CommandContext): void {
  if (context.json) {
    context.say(JSON.stringify(event))
    return
  }
  const { paint } = context
  const { status } = event
  const state =
    status === undefined || status === 'in_progress' ? event.state : paint(styleOf(status), status)
  const reason = event.reason === undefined || event.reason === '' ? '' : `  ${event.reason}`
  const at = paint('dim', sayClock(event.at))
  context.say(
    `${at}  ${padEnd(event.version ?? '-', 8)} ${padEnd(state, 18)}${reason}  ${paint('dim', event.attempt)}`,
  )
}
