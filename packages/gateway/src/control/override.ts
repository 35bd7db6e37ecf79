/**
 * Temporary overrides: changes that are in force for a time and are written nowhere, for settings that are not ours to
 * write, and for looking at something for a quarter of an hour.
 *
 * The engine takes such a version back by itself (`serveTtlMs`): it never becomes the baseline, so the end of its time,
 * a crash, a restart and a rollback all lead to what the source says. Whatever the source says next ends it too: an
 * override goes before the source in nothing but time.
 *
 * Not here: offering one (`changer.ts`).
 */
import type { Reloader } from '@changeover/reload'
import { GatewayError } from '../errors.ts'

export interface Override {
  readonly version: string
  /** Wall milliseconds of its end. */
  readonly until: number
  /** Version that serves then. */
  readonly back: string
  readonly author: string
  readonly reason: string
}

const SECOND_MS = 1_000
const UNITS: Readonly<Record<string, number>> = { s: SECOND_MS, m: 60 * SECOND_MS, h: 3_600 * SECOND_MS }
/** What has to last longer belongs into the settings. */
const LONGEST_MS = 7 * 24 * 3_600 * SECOND_MS

/** Milliseconds of `90s`, `15m` or `2h`. Throws `control.bad_request`. */
export function readOverrideMs(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,6})([smh])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (ms <= LONGEST_MS) return ms
  throw new GatewayError('control.bad_request', {
    field: 'override',
    found: `"${text.slice(0, 20)}"`,
    expected: 'a time such as 90s, 15m or 2h, up to 168h',
  })
}

/** The override in force; `null` when what is in force is there to stay. */
export function overrideInForce(reloader: Reloader<unknown>): Override | null {
  const snapshot = reloader.current()
  const { baseline } = reloader.pointers()
  if (snapshot === null || baseline === null || baseline.version === snapshot.version) return null
  const { version, since, author, reason, serveTtlMs } = snapshot
  if (serveTtlMs === null) return null
  return { version, until: since + serveTtlMs, back: baseline.version, author, reason }
}
