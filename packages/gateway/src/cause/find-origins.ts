/**
 * Which version last made a value what it is: a walk from a version to those that it was made upon, for many values at
 * once, until each has been claimed or nothing older is kept.
 *
 * Invariant: a value is claimed by the first version on the way that says it changed there, or around it. What no
 * version claims is told as older than what is kept, with the oldest version that held it; it is never given to the
 * oldest one that happens to be kept.
 *
 * A version that restores an older one claims what it changed back; where the value came from is then asked again, of
 * the version restored.
 */
import type { History } from './history.ts'
import type { OriginKind, Place, ValueOrigin, VersionStep } from './origin.ts'

export interface OriginFinder {
  readonly history: History
  /** Whether settings are written here, and so what comes from `file` is the operator's own. */
  readonly isOwn: boolean
  /** Where a value stands in the text of a version; `null` where that is not known. */
  placeIn(step: VersionStep, pointer: string): Promise<Place | null>
}

/** Rollbacks of rollbacks that are followed. */
const DEEPEST = 8
/** Versions walked through: further than the line and the audit log reach together. */
const LONGEST_WALK = 4_000

export async function findOrigins(
  finder: OriginFinder,
  version: string,
  pointers: readonly string[],
  depth = 0,
): Promise<ReadonlyMap<string, ValueOrigin>> {
  const { claimed, heldSince } = await walk(finder.history, version, new Set(pointers))
  const asked = await finder.history.step(version)
  const found = new Map<string, ValueOrigin>()
  const restored = await restoredOf(finder, claimed, depth)
  for (const pointer of pointers) {
    const change = claimed.get(pointer) ?? null
    const before = restored.get(pointer) ?? null
    const place = await placeOf(finder, [asked, change], pointer)
    found.set(pointer, {
      pointer,
      kind: change === null ? 'unknown' : kindOf(change, finder.isOwn),
      place: place ?? before?.place ?? null,
      change,
      restored: before,
      heldSince: change === null ? heldSince : null,
    })
  }
  return found
}

interface Walked {
  readonly claimed: ReadonlyMap<string, VersionStep>
  /** The last version that the walk came to. */
  readonly heldSince: string | null
}

async function walk(history: History, from: string, open: Set<string>): Promise<Walked> {
  const claimed = new Map<string, VersionStep>()
  let heldSince: string | null = null
  let version: string | null = from
  for (let i = 0; version !== null && open.size > 0 && i < LONGEST_WALK; i += 1) {
    const step: VersionStep | null = await history.step(version)
    if (step === null) break
    heldSince = version
    const changed = await history.changedBy(step)
    if (changed === null) break
    const isFirst = step.from === null && step.restores === null
    for (const pointer of open) {
      if (!isFirst && !touches(changed, pointer)) continue
      claimed.set(pointer, step)
      open.delete(pointer)
    }
    version = step.from
  }
  return { claimed, heldSince }
}

/** Whether the value itself changed, something in it, or something around it. */
export function touches(changed: readonly string[], pointer: string): boolean {
  return changed.some((it) => it === pointer || pointer.startsWith(`${it}/`) || it.startsWith(`${pointer}/`))
}

async function restoredOf(
  finder: OriginFinder,
  claimed: ReadonlyMap<string, VersionStep>,
  depth: number,
): Promise<ReadonlyMap<string, ValueOrigin>> {
  const found = new Map<string, ValueOrigin>()
  if (depth >= DEEPEST) return found
  const byVersion = Map.groupBy(claimed, ([, step]) => step.restores)
  for (const [version, entries] of byVersion) {
    if (version === null) continue
    const pointers = entries.map(([pointer]) => pointer)
    for (const [pointer, it] of await findOrigins(finder, version, pointers, depth + 1)) {
      found.set(pointer, it)
    }
  }
  return found
}

/** In the text of the version that was asked about, else in that of the version that brought the value. */
async function placeOf(
  finder: OriginFinder,
  steps: readonly (VersionStep | null)[],
  pointer: string,
): Promise<Place | null> {
  for (const step of steps) {
    const place = step === null || step.text === null ? null : await finder.placeIn(step, pointer)
    if (place !== null) return place
  }
  return null
}

/** How a source comes to be read. */
const READ: ReadonlySet<string> = new Set([
  'file',
  'signal',
  'startup',
  'poll',
  'watch',
  'message',
  'git',
  'sidecar',
  'gateway',
])

/** Whether somebody sent it, rather than a source held it. */
export function isSent({ trigger }: VersionStep): boolean {
  return trigger !== null && !READ.has(trigger)
}

function kindOf(step: VersionStep, isOwn: boolean): OriginKind {
  const { trigger, source } = step
  if (step.isOverride || source?.startsWith('override:') === true) return 'override'
  if (step.isStarter) return 'starter'
  if (trigger === null) return step.text === null ? 'sealed' : 'file'
  if (isSent(step)) return 'api'
  return isOwn ? 'file' : 'pulled'
}
