/**
 * Periods of the calendar: the hour, day, week or month that an instant falls into, in some time zone.
 *
 * A period is known by the instant at which it begins, so that the hour which a clock shows twice in autumn is two.
 *
 * Not here: counting (`counts.ts`).
 */
import type { BudgetPeriod } from './spec.ts'

export interface Period {
  /** `month:2026-11-01T00:00Z`, for keys. */
  readonly name: string
  readonly startsMs: number
  /** `null`: it never ends. */
  readonly endsMs: number | null
}

interface Day {
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly day: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MINUTE_MS = 60_000

export function periodAt(period: BudgetPeriod, timeZone: string, nowMs: number): Period {
  if (period === 'total') return { name: 'total', startsMs: Number.NEGATIVE_INFINITY, endsMs: null }
  const [startsMs, endsMs] = period === 'hour' ? hourAt(timeZone, nowMs) : datesAt(period, timeZone, nowMs)
  return { name: `${period}:${new Date(startsMs).toISOString().slice(0, 16)}Z`, startsMs, endsMs }
}

function hourAt(timeZone: string, nowMs: number): readonly [number, number] {
  const offsetMs = offsetAt(timeZone, nowMs)
  const startsMs = Math.floor((nowMs + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs
  return [startsMs, startsMs + HOUR_MS]
}

function datesAt(
  period: 'day' | 'week' | 'month',
  timeZone: string,
  nowMs: number,
): readonly [number, number] {
  const local = new Date(nowMs + offsetAt(timeZone, nowMs))
  const today = { year: local.getUTCFullYear(), month: local.getUTCMonth(), day: local.getUTCDate() }
  const [first, next] = firstAndNext(period, today, local.getUTCDay())
  return [midnight(timeZone, first), midnight(timeZone, next)]
}

/** `weekday`: 0 is Sunday. Days beyond the end of a month are those of the next. */
function firstAndNext(period: 'day' | 'week' | 'month', today: Day, weekday: number): readonly [Day, Day] {
  const { year, month, day } = today
  if (period === 'month')
    return [
      { year, month, day: 1 },
      { year, month: month + 1, day: 1 },
    ]
  const first = period === 'day' ? day : day - ((weekday + 6) % 7)
  return [
    { ...today, day: first },
    { ...today, day: first + (period === 'day' ? 1 : 7) },
  ]
}

/** When that day begins there. Where clocks skip midnight, the first instant that they show. */
function midnight(timeZone: string, { year, month, day }: Day): number {
  const asUtc = Date.UTC(year, month, day)
  const guess = asUtc - offsetAt(timeZone, asUtc)
  const offsets = [offsetAt(timeZone, guess - DAY_MS / 8), offsetAt(timeZone, guess + DAY_MS / 8)]
  const starts = offsets.map((it) => asUtc - it).filter((it) => asUtc === it + offsetAt(timeZone, it))
  return starts.length > 0 ? Math.min(...starts) : asUtc - Math.min(...offsets)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Of local time from UTC, milliseconds; whole minutes, as all zones have today. */
function offsetAt(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0
  const parts = formatOf(timeZone).formatToParts(atMs)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((it) => it.type === type)?.value ?? 0)
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
  return local - Math.floor(atMs / MINUTE_MS) * MINUTE_MS
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const numeric = 'numeric' as const
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric }
  const made = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...parts })
  formats.set(timeZone, made)
  return made
}
