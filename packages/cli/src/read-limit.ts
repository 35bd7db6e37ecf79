/** `--limit N`: how many of a list are wanted. How many there may be at most is for the gateway to say. */
import { type CommandContext, UsageError } from './command.ts'

export function readLimit(context: CommandContext, otherwise: number): number {
  const text = context.text('limit')
  const limit = Number(text ?? otherwise)
  if (Number.isInteger(limit) && limit >= 1) return limit
  throw new UsageError(`--limit: found "${text}", expected a number from 1`)
}
