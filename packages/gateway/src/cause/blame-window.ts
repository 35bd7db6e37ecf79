/** Which time `blame` looks at: `1h`, `24h`, or since and until an instant. */
import { GatewayError } from '../errors.ts'

export interface Window {
  /** Wall milliseconds. */
  readonly fromMs: number
  readonly toMs: number
}

export interface WindowText {
  /** Such as `30m`, `1h`, `7d`. */
  readonly window?: string | undefined
  /** RFC 3339. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DEFAULT_WINDOW = '1h'
/** Records are kept for a month by default; longer than that is another kind of question. */
const LONGEST_MS = 93 * 86_400_000

/** Throws `control.bad_request`. */
export function readWindow({ window, since, until }: WindowText, nowMs: number): Window {
  const toMs = until === undefined ? nowMs : readInstant('until', until)
  const fromMs =
    since === undefined ? toMs - readLength(window ?? DEFAULT_WINDOW) : readInstant('since', since)
  if (fromMs < toMs && toMs - fromMs <= LONGEST_MS) return { fromMs, toMs }
  throw new GatewayError('control.bad_request', {
    field: since === undefined ? 'until' : 'since',
    found: 'a window that is empty, or longer than 93 days',
    expected: 'an instant before the end of the window',
  })
}

function readLength(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (ms <= LONGEST_MS) return ms
  throw new GatewayError('control.bad_request', {
    field: 'window',
    found: `"${text.slice(0, 20)}"`,
    expected: 'a time such as 30m, 1h, 24h or 7d, up to 93d',
  })
}

function readInstant(field: string, text: string): number {
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new GatewayError('control.bad_request', {
    field,
    found: `"${text.slice(0, 40)}"`,
    expected: 'an instant such as 2026-11-21T15:00:00Z',
  })
}
