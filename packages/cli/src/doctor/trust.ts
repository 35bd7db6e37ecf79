/** Whether the root of the gateway that answers is good, and for how long. */
import { isRefused, isUnreachable } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import { saySpan } from '../render/times.ts'
import type { Finding } from './checks.ts'

/** Long enough to find those who hold the keys. */
const soonMs = 30 * 24 * 3_600_000

export async function checkTrust(context: CommandContext): Promise<readonly Finding[]> {
  const client = await context.client()
  const trust = await client.ask('readTrust').catch((error: unknown) => {
    if (isUnreachable(error) || isRefused(error)) return null
    throw error
  })
  if (trust === null) return [{ level: 'unsure', message: 'not known without a gateway that answers' }]
  const { root, stale } = trust
  const aged: Finding[] =
    stale?.reason === 'age'
      ? [
          {
            level: 'bad',
            message: `no publisher has been heard since ${stale.since}`,
            advice: 'look at the source of the settings',
          },
        ]
      : []
  if (root === null)
    return [...aged, { level: 'good', message: 'no root: whoever may write the settings decides' }]
  const leftMs = Date.parse(root.expires) - context.now()
  const advice =
    'make the next root ("changeover keygen --root NEXT --upon ROOT") and bring it with "changeover trust update"'
  const name = `root ${root.version}`
  if (root.isExpired)
    return [
      ...aged,
      { level: 'bad', message: `${name} expired at ${root.expires}: nothing new is taken`, advice },
    ]
  if (leftMs < soonMs)
    return [...aged, { level: 'unsure', message: `${name} expires in ${saySpan(leftMs)}`, advice }]
  return [...aged, { level: 'good', message: `${name}, good until ${root.expires}` }]
}
