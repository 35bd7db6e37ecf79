/** `changeover cache`: what caches hold and have saved, and how to make them forget. */
import type { Cache } from '@changeover/sdk'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeTable } from '../render/table.ts'

export const cache: Command = {
  name: 'cache',
  summary: 'kept answers: what is held, what it saved; clear them',
  usage: 'stats | clear NAME',
  about: `Counted by this gateway since it started. Answers in Redis are cleared for all gateways that share them; how many there are,
and how much they take, is for Redis to say.`,
  words: [1, 2],
  options: {
    tenant: { type: 'string', value: 'TENANT', about: 'clear only the answers of this tenant' },
    route: { type: 'string', value: 'ROUTE', about: 'clear only the answers of this route' },
  },
  examples: [
    ['changeover cache stats', 'hits, misses, and what they saved'],
    ['changeover cache clear answers --tenant acme', 'forget what one tenant was told'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [what, name] = context.words
  if (what === 'stats' && name === undefined) return await stats(context)
  if (what === 'clear' && name !== undefined) return await clear(context, name)
  throw new UsageError('stats, or clear and the name of a cache')
}

async function clear(context: CommandContext, name: string): Promise<number> {
  const client = await context.client()
  const [tenant, route] = [context.text('tenant'), context.text('route')]
  const query = { ...(tenant === undefined ? {} : { tenant }), ...(route === undefined ? {} : { route }) }
  const answer = await client.ask('clearCache', { params: { name }, query })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else context.say(`${answer.cleared} ${answer.cleared === 1 ? 'answer is' : 'answers are'} forgotten`)
  return exitCodes.ok
}

async function stats(context: CommandContext): Promise<number> {
  const client = await context.client()
  const page = await client.ask('listCaches', {})
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (page.caches.length === 0) context.say(context.paint('dim', 'no caches'))
  else writeTable(columns, page.caches.map(rowOf), context).forEach((it) => context.say(it))
  return exitCodes.ok
}

const columns = [
  { title: 'CACHE' },
  { title: 'WHAT' },
  { title: 'ANSWERS', right: true },
  { title: 'MEMORY', right: true },
  { title: 'HIT', right: true },
  { title: 'ALIKE', right: true },
  { title: 'JOINED', right: true },
  { title: 'MISSED', right: true },
  { title: 'PASSED BY', right: true },
  { title: 'SAVED USD', right: true },
]

const MICRO = 1_000_000
const MEBIBYTE = 1024 * 1024

function rowOf(it: Cache): string[] {
  const { outcomes } = it
  const away = it.failures === 0 ? '' : `, ${it.failures} times away`
  return [
    it.name,
    `${it.kind} in ${it.store}${away}`,
    it.entries === null ? '-' : String(it.entries),
    it.bytes === null ? '-' : `${(it.bytes / MEBIBYTE).toFixed(1)} MiB`,
    String(outcomes.exact),
    String(outcomes.semantic),
    String(outcomes.joined),
    String(outcomes.miss),
    String(outcomes.bypass),
    (it.savedMicroUsd / MICRO).toFixed(4),
  ]
}
