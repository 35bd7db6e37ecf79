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
import type { Manifest, Reloader, Snapshot } from '@changeover/reload'
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

type Facts = Pick<Manifest, 'author' | 'reason' | 'serveTtlMs'>

/** Of a version, which does not change. */
const known = new WeakMap<Snapshot<unknown>, Facts | null>()

/** The override in force; `null` when what is in force is there to stay. */
export async function overrideInForce(reloader: Reloader<unknown>): Promise<Override | null> {
  const snapshot = reloader.current()
  const { baseline } = reloader.status()
  if (snapshot === null || baseline === null || baseline.version === snapshot.version) return null
  const facts = known.get(snapshot) ?? (await factsOf(reloader, snapshot))
  if (facts === null || facts.serveTtlMs === null) return null
  const { version, since } = snapshot
  const { author, reason } = facts
  return { version, until: since + facts.serveTtlMs, back: baseline.version, author, reason }
}

async function factsOf(reloader: Reloader<unknown>, snapshot: Snapshot<unknown>): Promise<Facts | null> {
  // A status has to be given when the store cannot be read.
  const bytes = await reloader.manifest(snapshot.version).catch(() => null)
  if (bytes === null) return null
  const { author, reason, serveTtlMs } = JSON.parse(new TextDecoder().decode(bytes)) as Facts
  const facts = { author, reason, serveTtlMs }
  known.set(snapshot, facts)
  return facts
}
