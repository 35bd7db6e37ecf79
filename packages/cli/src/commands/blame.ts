/** `changeover blame`: which reload moved a metric. */
import type { Command, CommandContext } from '../command.ts'
import { UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readLimit } from '../read-limit.ts'
import { writeBlame } from '../render/blame.ts'

const metrics = ['error_rate', 'latency', 'first_token', 'cost', 'tokens', 'refusals'] as const
type Metric = (typeof metrics)[number]

export const blame: Command = {
  name: 'blame',
  summary: 'which reload moved a metric, and how sure that is',
  usage: '[METRIC] [WINDOW]',
  about: `METRIC is one of ${metrics.join(', ')}; default error_rate. WINDOW is such as 30m, 1h, 24h, 7d; default 1h.`,
  words: [0, 2],
  options: {
    since: { type: 'string', value: 'INSTANT', about: 'RFC 3339, in place of WINDOW' },
    until: { type: 'string', value: 'INSTANT', about: 'RFC 3339; default now' },
    limit: { type: 'string', value: 'N', about: 'how many reloads are shown; default 10' },
  },
  examples: [
    ['changeover blame', 'who made errors in the last hour'],
    ['changeover blame latency 24h', 'which reload of the last day made answers slower'],
    ['changeover blame cost --since 2026-11-20T08:00:00Z', 'what has cost more since then'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const limit = readLimit(context, 10)
  const { paint, columns } = context
  const [since, until] = [context.text('since'), context.text('until')]
  const { metric, window } = readWords(context.words)
  if (window !== undefined && since !== undefined) throw new UsageError('a window or --since, not both')
  const query = {
    metric,
    ...(window === undefined ? {} : { window }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
  const answer = await (await context.client()).ask('blame', { query })
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else writeBlame(answer, { paint, columns, now: context.now(), limit }).forEach((it) => context.say(it))
  return exitCodes.ok
}

/** Either may come alone: `blame 24h` asks for errors. */
function readWords(words: readonly string[]): { metric: Metric; window?: string } {
  const [first, second] = words
  if (first === undefined) return { metric: 'error_rate' }
  const metric = metrics.find((it) => it === first)
  if (metric !== undefined) return second === undefined ? { metric } : { metric, window: second }
  if (second === undefined && /^\d+[smhd]$/.test(first)) return { metric: 'error_rate', window: first }
  throw new UsageError(`"${first}" is none of ${metrics.join(', ')}`)
}
