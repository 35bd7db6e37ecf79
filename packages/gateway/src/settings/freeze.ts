/**
 * Freeze windows: the hours in which no change comes in, by the clock on the wall of a place.
 *
 * A window begins at a local time on a weekday and lasts as many minutes as the clock says; where the clock is
 * changed in between, its end moves with the clock.
 */
import { DAYS, type FreezeSettings } from './rollout-spec.ts'

export interface Frozen {
  /** Wall milliseconds at which the last of the windows that follow each other ends. */
  readonly untilMs: number
  readonly reason: string
}

type Window = FreezeSettings['windows'][number]

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const WEEK_MINUTES = 7 * DAY_MINUTES
/** Windows that follow each other without a gap for longer than this freeze for ever. */
const MOST_IN_A_ROW = 60

/** The freeze in force at this instant; `null` when there is none. */
export function frozenAt({ windows }: Pick<FreezeSettings, 'windows'>, nowMs: number): Frozen | null {
  const first = longest(windows, nowMs)
  if (first === null) return null
  let { untilMs } = first
  for (let i = 0; i < MOST_IN_A_ROW; i += 1) {
    const next = longest(windows, untilMs)
    if (next === null) break
    untilMs = next.untilMs
  }
  return { untilMs, reason: first.reason }
}

function longest(windows: readonly Window[], nowMs: number): Frozen | null {
  let found: Frozen | null = null
  for (const it of windows) {
    const untilMs = endOf(it, nowMs)
    if (untilMs !== null && untilMs > (found?.untilMs ?? 0)) found = { untilMs, reason: it.reason }
  }
  return found
}

/** When the window ends that this instant lies in; `null` when it lies in none. */
function endOf(window: Window, nowMs: number): number | null {
  const leftMinutes = minutesLeft(window, nowMs)
  if (leftMinutes === null) return null
  const minuteMs = nowMs - (nowMs % MINUTE_MS)
  const endMs = minuteMs + leftMinutes * MINUTE_MS
  // One step further where the clock has been set back in between.
  const more = minutesLeft(window, endMs)
  return more !== null && more < leftMinutes && more <= 60 ? endMs + more * MINUTE_MS : endMs
}

function minutesLeft({ days, from, to, timeZone }: Window, nowMs: number): number | null {
  const begin = minutesOf(from)
  const end = minutesOf(to)
  const length = end > begin ? end - begin : end - begin + DAY_MINUTES
  const now = minuteOfWeek(nowMs, timeZone)
  for (const day of days ?? DAYS) {
    const since = (now - DAYS.indexOf(day) * DAY_MINUTES - begin + 2 * WEEK_MINUTES) % WEEK_MINUTES
    if (since < length) return length - since
  }
  return null
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Monday 00:00 is 0. */
function minuteOfWeek(nowMs: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timeZone, format)
  }
  const parts = new Map(format.formatToParts(nowMs).map((it) => [it.type, it.value]))
  const day = DAYS.findIndex((it) => it === parts.get('weekday')?.toLowerCase())
  return day * DAY_MINUTES + Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
}
