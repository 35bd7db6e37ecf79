/**
 * What participants have set up outside themselves, held against what they prepared: they look, and say.
 *
 * A look that throws or never ends is said and is no drift: a read error is not a change.
 */
import { sayError } from '../../errors.ts'
import { type Core, type NamedParticipant, say } from '../core.ts'
import { RELEASE_MS } from '../limits.ts'
import type { Generation } from '../live/generation.ts'
import { deadline, orAborted } from '../race.ts'
import type { Finding } from './finding.ts'

export async function findPartDrift(
  core: Core,
  { snapshot }: Generation,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const named of core.participants) {
    const what = await inspect(core, named, { part: snapshot.parts[named.name], signal })
    if (what === null) continue
    const message = sayError('drift.part', { participant: named.name, version: snapshot.version, what })
    found.push({ source: named.name, issue: { code: 'drift.part', message } })
  }
  return found
}

async function inspect(
  core: Core,
  { name, participant }: NamedParticipant,
  { part, signal }: { part: unknown; signal: AbortSignal },
): Promise<string | null> {
  if (participant.inspect === undefined) return null
  const late = (): Error => new Error(`no answer within ${RELEASE_MS} ms`)
  const limit = deadline(core.clock, signal, { ms: RELEASE_MS, late })
  try {
    const looking = (async () => (await participant.inspect?.(part, limit.signal)) ?? null)()
    return await orAborted(looking, limit.signal)
  } catch (error) {
    if (signal.aborted) throw error
    say(core.telemetry, 'warn', `"${name}" could not be inspected; it serves`, { error })
    return null
  } finally {
    limit.done()
  }
}
