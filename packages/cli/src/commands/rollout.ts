/**
 * `changeover rollout`: the version on trial beside the one it is compared with.
 *
 * With `--watch` the picture is drawn again in its place; where nobody looks at a terminal, a line is written
 * whenever something changes.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, isUnreachable, type RolloutPage } from '@changeover/sdk'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { clip, withoutCommands } from '../render/paint.ts'
import { isOver, writeRolloutPage } from '../render/rollout.ts'

const againMs = 500
const escape = String.fromCharCode(27)

export const rollout: Command = {
  name: 'rollout',
  summary: 'the version on trial, side by side with the one in force',
  usage: '',
  about: `Exit code 1 when the last rollout was taken back.`,
  words: [0, 0],
  options: { watch: { type: 'boolean', about: 'follow it live until it is over' } },
  examples: [
    ['changeover rollout --watch', 'live, until it is over'],
    ['changeover rollout --json', 'for scripts'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  let page = await client.ask('readRollout')
  if (context.flag('watch')) page = await follow(context, client, page)
  else tell(context, page)
  const state = page.rollout?.state
  return state === 'rolled_back' || state === 'aborted' ? exitCodes.refused : exitCodes.ok
}

function tell(context: CommandContext, page: RolloutPage): void {
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else {
    writeRolloutPage(page, context, context.now()).forEach((it) => context.say(it))
  }
}

async function follow(context: CommandContext, client: Client, first: RolloutPage): Promise<RolloutPage> {
  const draw = context.stdout.isTTY === true && !context.json ? createScreen(context) : createLines(context)
  let page = first
  draw(page)
  while (!isOver(page.rollout) && !context.signal.aborted) {
    await wait(againMs, undefined, { signal: context.signal }).catch(() => undefined)
    if (context.signal.aborted) break
    page = await ask(client, page)
    draw(page)
  }
  return page
}

/** A gateway that restarts comes back; what was seen last stands until then. */
async function ask(client: Client, last: RolloutPage): Promise<RolloutPage> {
  try {
    return await client.ask('readRollout')
  } catch (error) {
    if (!isUnreachable(error)) throw error
    return last
  }
}

/** Each picture over the one before. */
function createScreen(context: CommandContext): (page: RolloutPage) => void {
  let height = 0
  return (seen) => {
    const page = writeRolloutPage(seen, context, context.now())
    // A line that wraps would be counted as one and leave a rest behind.
    const lines = page.map((it) => clip(withoutCommands(it), context.columns))
    const up = height === 0 ? '' : `${escape}[${height}A`
    context.stdout.write(`${up}${escape}[0J${lines.join('\n')}\n`)
    height = lines.length
  }
}

/** A line for each change; with `--json` each answer that differs from the one before. */
function createLines(context: CommandContext): (page: RolloutPage) => void {
  let before = ''
  return (page) => {
    const { rollout: it } = page
    const verdict = it?.verdict == null ? '' : `  verdict ${it.verdict}`
    const text = context.json
      ? JSON.stringify(page)
      : it === null
        ? 'no version is on trial'
        : `${it.words}${verdict}`
    if (text === before) return
    before = text
    context.say(text)
  }
}
