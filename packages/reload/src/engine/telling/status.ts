/** Where an instance stands: five pointers, never merged into one "version". */
import type { ReloaderStatus } from '../../contract/reloader.ts'
import type { StoredVersion } from '../../contract/store.ts'
import type { Core } from '../core.ts'
import type { Intake } from '../intake.ts'
import type { Generation } from '../live/generation.ts'
import type { Observer } from '../observer.ts'

export interface Seen {
  readonly intake: Intake
  readonly observer: Observer
  readonly handles: ReloaderStatus['handles']
  readonly isDegraded: boolean
}

export function statusOf(core: Core, seen: Seen): ReloaderStatus {
  const { cell, recorder, library } = core
  const { observer, intake, isDegraded } = seen
  const newest = library.newest
  return {
    scope: core.scope,
    instance: core.instance,
    offered: newest === null ? recorder.floor : { version: newest.version, digest: newest.digest },
    attempted: attemptedBy(seen),
    applied: refOf(cell.current),
    confirmed: refOf(observer.confirmed),
    baseline: refOf(cell.baseline),
    floor: recorder.floor,
    candidate: refOf(cell.candidate),
    state: isDegraded
      ? 'degraded'
      : intake.line.isWorking
        ? 'working'
        : observer.observed
          ? 'observing'
          : 'idle',
    stage: (intake.line.working ?? observer.observed)?.state ?? null,
    generations: core.generations.all.map((it) => ({
      version: it.ref.version,
      pins: it.pins,
      role: roleOf(core, it),
    })),
    generationLimit: core.limits.generations,
    quarantine: core.quarantine.entries,
    breaker: core.breaker.state,
    handles: seen.handles,
    last: intake.last?.report() ?? null,
    root: core.roots.status(core.clock.now()),
    stale: core.freshness.staleness,
  }
}

type Role = ReloaderStatus['generations'][number]['role']

function roleOf({ cell }: Core, it: Generation): Role {
  if (it === cell.current) return 'current'
  if (it === cell.candidate) return 'candidate'
  return it === cell.baseline ? 'baseline' : 'draining'
}

function attemptedBy({ intake }: Seen): ReloaderStatus['attempted'] {
  const { last } = intake
  if (last?.candidate == null) return null
  const { version, digest } = last.candidate
  return { version, digest, status: last.status, reason: last.reason }
}

export function refOf(generation: Generation | null): StoredVersion | null {
  return generation?.ref ?? null
}
