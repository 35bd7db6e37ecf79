/** `changeover why`: why a call went as it did, or where settings come from. */
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readLimit } from '../read-limit.ts'
import { versionsOf, writeValues, writeVersions } from '../render/origins.ts'
import { writeWhy } from '../render/why.ts'

export const why: Command = {
  name: 'why',
  summary: 'why a call went as it did; where a setting comes from',
  usage: 'CALL | SETTING',
  about:
    'CALL is the id in the header x-changeover-call of an answer: which version answered and why that one, what decided, the file and line, author and reload of each value, and what is different now.\nSETTING is a section, an entry or a part of one, such as routes/chat or limits/ci/requests.',
  words: [1, 1],
  options: {
    version: { type: 'string', value: 'V', about: 'for a setting: as it was in this version' },
    limit: { type: 'string', value: 'N', about: 'for a setting: how many values; default 200' },
  },
  examples: [
    ['changeover why call_7k2m…', 'the story of one call'],
    ['changeover why routes/chat', 'who wrote each value of a route, where, and when'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [asked = ''] = context.words
  return asked.startsWith('call_') ? explain(context, asked) : trace(context, asked)
}

async function explain(context: CommandContext, id: string): Promise<number> {
  const answer = await (await context.client()).ask('explainCall', { params: { id } })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else writeWhy(answer, context.paint, context.now()).forEach((it) => context.say(it))
  return exitCodes.ok
}

async function trace(context: CommandContext, setting: string): Promise<number> {
  const limit = readLimit(context, 200)
  const version = context.text('version')
  const pointer = setting === '' || setting.startsWith('/') ? setting : `/${setting}`
  const query = { pointer, limit, ...(version === undefined ? {} : { version }) }
  const answer = await (await context.client()).ask('readOrigin', { query })
  if (context.json) {
    context.say(JSON.stringify(answer, null, 2))
    return exitCodes.ok
  }
  const { paint } = context
  context.say(`${paint('bold', setting)}  in ${answer.version}`)
  for (const it of writeValues(answer.values, paint)) context.say(`  ${it}`)
  if (answer.left > 0) context.say(paint('dim', `  and ${answer.left} more; --limit shows them`))
  context.say()
  const versions = versionsOf(answer.values.map((it) => it.origin))
  for (const it of writeVersions(versions, paint, context.now())) context.say(`  ${it}`)
  return exitCodes.ok
}
