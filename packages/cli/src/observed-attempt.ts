/** The attempt that is under observation, for commands that decide about it. */
import type { Client } from '@changeover/sdk'
import { UsageError } from './command.ts'

export async function observedAttempt(client: Client): Promise<string> {
  const { state, last } = await client.ask('readStatus')
  if (state === 'observing' && last !== null) return last.attempt
  throw new UsageError('no version is under observation, so there is nothing to decide')
}
