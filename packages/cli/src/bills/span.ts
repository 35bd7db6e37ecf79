/** The span of time that bills and repricings are of: a month, or from and to. All in UTC, as prices are. */
import { parseInstant } from '@changeover/reload'
import { type CommandContext, UsageError } from '../command.ts'

export interface Span {
  /** RFC 3339. */
  readonly from: string
  /** Not in it any more. */
  readonly to: string
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/
const DAY = /^\d{4}-\d{2}-\d{2}$/

export const spanOptions = {
  month: { type: 'string', value: 'MONTH', about: 'such as 2026-11, in UTC' },
  from: {
    type: 'string',
    value: 'WHEN',
    about: 'in place of a month: a day such as 2026-11-01, or an instant',
  },
  to: { type: 'string', value: 'WHEN', about: 'the first day, or the instant, that is not in it any more' },
} as const

/** Throws `UsageError` where it says no span. */
export function readSpan(context: CommandContext): Span {
  const [month, from, to] = ['month', 'from', 'to'].map((it) => context.text(it))
  if (month !== undefined) {
    if (from !== undefined || to !== undefined) throw new UsageError('--month goes without --from and --to')
    return monthOf(month)
  }
  if (from === undefined || to === undefined) throw new UsageError('expected --month, or --from and --to')
  return { from: instantOf('--from', from), to: instantOf('--to', to) }
}

function monthOf(text: string): Span {
  const found = MONTH.exec(text)
  if (found === null) throw new UsageError(`--month: found "${text}", expected a month such as 2026-11`)
  const [year, month] = [Number(found[1]), Number(found[2])]
  return { from: iso(Date.UTC(year, month - 1)), to: iso(Date.UTC(year, month)) }
}

function instantOf(option: string, text: string): string {
  const at = parseInstant(DAY.test(text) ? `${text}T00:00:00Z` : text)
  if (at !== null) return iso(at)
  const expected = 'a day such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z'
  throw new UsageError(`${option}: found "${text}", expected ${expected}`)
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}

/** Records are kept for some time only, and what is no longer there is on no bill: said where a span goes back before it. */
export function sayKept({
  from,
  recordsFrom,
}: {
  readonly from: string
  readonly recordsFrom: string | null
}) {
  if (recordsFrom === null) return ['there are no records of calls']
  if (Date.parse(recordsFrom) <= Date.parse(from)) return []
  return [
    `the oldest record is of ${recordsFrom}: what was called before it is in no sum (calls.record.keepDays)`,
  ]
}
