/**
 * The version in force, built once more from its own manifest, and put in the place of the generation that has
 * drifted. Nothing is decided: same version, same digest, same settings, so no number, no trial, no new baseline.
 *
 * Requests that hold the old generation end under it. Like every swap it is all or nothing: what cannot be
 * built leaves the old generation in service.
 */
import { ReloadError } from '../../errors.ts'
import type { Attempt } from '../attempt.ts'
import type { Generation } from '../live/generation.ts'
import type { Observer } from '../observer.ts'
import { ArtifactShelf } from '../stages/artifacts.ts'
import { build } from '../stages/build.ts'
import type { Candidate } from '../stages/candidate.ts'
import { Shadow } from '../stages/shadow.ts'

export interface Rebuilding {
  readonly generation: Generation
  readonly observer: Observer
  /** Whether anything else has begun meanwhile: that goes before. */
  isOvertaken(): boolean
}

/** Throws what stopped it, after everything has been given back. Returns what serves now. */
export async function rebuild(attempt: Attempt, rebuilding: Rebuilding): Promise<Generation> {
  const { core } = attempt
  const { generation, isOvertaken } = rebuilding
  const { limits, generations } = core
  if (generations.size >= limits.generations) {
    throw new ReloadError('reload.generations', { live: generations.size, limit: limits.generations })
  }
  const { facts, snapshot } = generation
  const rest = { keyids: [], isSealedHere: false, readUpon: null, places: undefined }
  const candidate: Candidate = { ...facts, ...rest }
  const bytes = new ArtifactShelf(attempt, candidate, { signal: attempt.signal })
  const shadow = new Shadow(core)
  try {
    await build(attempt, { candidate, settings: snapshot.settings, bytes, shadow })
    if (isOvertaken()) throw new ReloadError('reload.superseded', { by: 'what came meanwhile' })
    return swap(attempt, { ...rebuilding, candidate, shadow })
  } catch (error) {
    await shadow.release()
    throw error
  }
}

/** In one synchronous go, like every swap. */
function swap(
  attempt: Attempt,
  { generation, observer, candidate, shadow }: Rebuilding & { candidate: Candidate; shadow: Shadow },
): Generation {
  const { core } = attempt
  const done = attempt.stages.begin('swap')
  const { version } = generation.ref
  const span = attempt.enter('swap', { 'config.version': version, 'reload.previous_version': version })
  const { traceId, spanId } = (span ?? attempt.span).context
  const { settings } = generation.snapshot
  const next = shadow.become(candidate, { settings, swap: { traceId, spanId }, since: core.clock.now() })
  core.generations.add(next)
  observer.replace(generation, next, attempt.span.context)
  shadow.committed()
  span?.end()
  done()
  return next
}
