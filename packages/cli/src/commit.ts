/** `--commit`, of `apply` and `sign`: the commit that settings are of, which `why` then tells of each of their values. */
import { type CommandContext, type OptionSpec, UsageError } from './command.ts'

export const commitOption: OptionSpec = {
  type: 'string',
  value: 'SHA',
  about: 'the commit that the settings are of, such as $(git rev-parse HEAD); why tells it',
}

export function commitOf(context: CommandContext): string | undefined {
  const commit = context.text('commit')
  if (commit === undefined || /^[0-9a-f]{7,64}$/.test(commit)) return commit
  throw new UsageError(`--commit "${commit}" is none, expected 7 to 64 hexadecimal digits`)
}
