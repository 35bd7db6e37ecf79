/** One word about a reload on trial, the one that was named or the one under observation: the frame of pause, resume and abort. */
import type { Client } from '@changeover/sdk'
import type { CommandContext } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { observedAttempt } from './observed-attempt.ts'

export interface Word<Answer> {
  /** `body` has the reason, where one was given. */
  ask(
    client: Client,
    about: { readonly params: { readonly attempt: string }; readonly body: { readonly reason?: string } },
  ): Promise<Answer>
  /** For people: what became of it. */
  say(answer: Answer): string
}

export async function steer<Answer>(context: CommandContext, { ask, say }: Word<Answer>): Promise<number> {
  const client = await context.client()
  const attempt = context.words[0] ?? (await observedAttempt(client))
  const reason = context.text('reason')
  const answer = await ask(client, { params: { attempt }, body: reason === undefined ? {} : { reason } })
  context.say(context.json ? JSON.stringify(answer, null, 2) : say(answer))
  return exitCodes.ok
}
