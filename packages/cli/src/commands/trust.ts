/** `changeover trust`: the root in force at a gateway, and the next one for it. */
import type { RootDocument } from '@changeover/reload'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readNamed } from '../read-named.ts'
import { sayRoot, shortKey } from '../signing/say-root.ts'

export const trust: Command = {
  name: 'trust',
  summary: 'the root in force at a gateway: show it, or put the next one in its place',
  usage: 'show | update ROOT',
  about: `A new root is taken when enough root keys of the one in force have signed it, and enough of its own; its version is the next.
Put it into the file of --trust too, for gateways that are yet to start.`,
  words: [1, 2],
  options: { reason: { type: 'string', value: 'TEXT', about: 'why, for the audit log' } },
  examples: [
    ['changeover trust show', 'which keys may do what, and until when'],
    ['changeover trust update root-2.json', 'a rotation, while everything runs'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [what, file] = context.words
  if (what === 'show' && file === undefined) return await show(context)
  if (what === 'update' && file !== undefined) return await update(context, file)
  throw new UsageError(`expected "show", or "update ROOT"`)
}

async function show(context: CommandContext): Promise<number> {
  const { root, stale } = await (await context.client()).ask('readTrust')
  if (context.json) context.say(JSON.stringify({ root, stale }, null, 2))
  else if (root === null) context.say('no root is in force: unsigned settings are taken')
  else sayRoot(root as unknown as RootDocument, root.digest, context).forEach((it) => context.say(it))
  return exitCodes.ok
}

async function update(context: CommandContext, file: string): Promise<number> {
  const body = new TextEncoder().encode(await readNamed(file, context.cwd))
  const reason = context.text('reason')
  const answer = await (await context.client()).ask('updateTrust', {
    body,
    contentType: 'application/vnd.changeover.root.v1.dsse+json',
    source: file,
    query: reason === undefined ? {} : { reason },
  })
  if (context.json) {
    context.say(JSON.stringify(answer, null, 2))
    return exitCodes.ok
  }
  const { outcome, version, added = [], removed = [], unvouched = [], withdrawn = null } = answer
  context.say(`${context.paint('green', outcome)}  root ${version} is in force`)
  if (added.length > 0) context.say(`  added    ${added.map(shortKey).join(', ')}`)
  if (removed.length > 0) context.say(`  removed  ${removed.map(shortKey).join(', ')}`)
  if (withdrawn !== null)
    context.say(
      `  ${context.paint('red', 'taken back')}  ${withdrawn} was on trial, and the new root does not speak for it`,
    )
  for (const it of unvouched)
    context.say(
      `  ${context.paint('yellow', 'beware')}   ${it} serves on, but its signatures would not suffice after a restart: publish one that the new keys have signed`,
    )
  return exitCodes.ok
}
