/** Whether this machine's clock agrees with the gateway's, and can be right at all. */
import { isRefused, isUnreachable } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import { saySpan } from '../render/times.ts'
import type { Finding } from './checks.ts'

/** A clock before this build was made is wrong. */
const earliestMs = Date.UTC(2026, 0, 1)

export async function checkClock(context: CommandContext): Promise<readonly Finding[]> {
  const now = context.now()
  const advice = 'set the clock: versions carry times, and certificates are only good within theirs'
  if (now < earliestMs) return [{ level: 'bad', message: `says ${new Date(now).toISOString()}`, advice }]
  const startedAt = await (await context.client())
    .ask('readStatus')
    .then((it) => Date.parse(it.gateway.startedAt))
    .catch((error: unknown) => {
      if (isUnreachable(error) || isRefused(error)) return null
      throw error
    })
  if (startedAt !== null && startedAt > now + 1_000)
    return [{ level: 'bad', message: `is ${saySpan(startedAt - now)} behind the gateway's`, advice }]
  return [{ level: 'good', message: new Date(now).toISOString() }]
}
