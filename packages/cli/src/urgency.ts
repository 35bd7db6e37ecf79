/** What asks for a way past approvals and freezes: an emergency, which has to say why. */
import { type CommandContext, UsageError } from './command.ts'

/** Throws a `UsageError` where no reason is given, before anything is sent. */
export function urgencyOf(context: CommandContext): { emergency?: 'true' } {
  if (!context.flag('emergency')) return {}
  if ((context.text('reason') ?? '').trim() === '') throw new UsageError('--emergency needs --reason')
  return { emergency: 'true' }
}
