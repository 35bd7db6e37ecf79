/** The attempt whose version is on trial, for commands that decide about it. */
import type { Client } from '@changeover/sdk'
import { NothingToDo } from './command.ts'
import { isOver } from './render/rollout.ts'

export async function observedAttempt(client: Client): Promise<string> {
  const { rollout } = await client.ask('readRollout')
  if (rollout !== null && !isOver(rollout)) return rollout.attempt
  throw new NothingToDo('no version is on trial, so there is nothing to decide')
}
