/**
 * What the store would bring back after a restart, held against what is in force.
 *
 * Records and manifests are compared, because they decide which version that would be. Artifacts are not: they
 * may be large, nothing is decided by them, and whoever uses one verifies it and can fetch it again.
 *
 * What is in memory is the truth, with one exception: a floor that is higher in the store is taken over, for a
 * floor never falls.
 *
 * Only to be asked while nothing is being written; see `DriftWatch`.
 */
import { isDeepStrictEqual } from 'node:util'
import type { InstanceRecords, RecordName, StateStore, StoredVersion } from '../../contract/store.ts'
import { isReloadError, sayError } from '../../errors.ts'
import { compareVersions, parseVersion } from '../../format/version.ts'
import type { Core } from '../core.ts'
import type { Generation } from '../live/generation.ts'
import { recordOf } from '../trust-in-force.ts'
import type { Finding } from './finding.ts'

type Records = { readonly [Name in RecordName]: InstanceRecords[Name] | null }

/** What the store holds when all is well. An empty list and no record are the same. */
export function recordsOf(core: Core): Records {
  const { cell, recorder, quarantine, library } = core
  return {
    floor: recorder.floor,
    root: core.roots.chain === null ? null : recordOf(core.roots.chain),
    baseline: cell.baseline?.record ?? null,
    quarantine: quarantine.lasting,
    applied: cell.current?.ref ?? null,
    line: library.line,
    scheduled: recorder.scheduled,
    intent: recorder.intent,
  }
}

/** Bytes first, then the floor, then the way back: a crash between two of these leaves a state that boot knows. */
export async function findStoreDrift(core: Core, store: StateStore): Promise<readonly Finding[]> {
  const { current, baseline } = core.cell
  const found: (Finding | null)[] = []
  for (const it of new Set([current, baseline])) if (it !== null) found.push(await manifestDrift(core, it))
  const records = recordsOf(core)
  found.push(await floorDrift(core, store, records.floor))
  for (const name of ['root', 'baseline', 'quarantine', 'applied', 'line', 'scheduled', 'intent'] as const) {
    const what = await recordDrift(store, name, records[name])
    const mend = (): void => core.recorder.note(name, records[name])
    found.push(what === null ? null : finding(what, mend))
  }
  return found.filter((it) => it !== null)
}

async function manifestDrift(core: Core, { ref, facts }: Generation): Promise<Finding | null> {
  if ((await core.library.held(ref.digest)) !== null) return null
  const what = `version ${ref.version}`
  return finding(`${what} is damaged or missing`, () =>
    core.recorder.writeBlob(what, ref.digest, facts.manifestBytes),
  )
}

async function floorDrift(
  core: Core,
  store: StateStore,
  ours: StoredVersion | null,
): Promise<Finding | null> {
  if (ours === null) return null
  const what = await recordDrift(store, 'floor', ours)
  if (what === null) return null
  return finding(what, async () => {
    const held = await store.readRecord('floor').catch(nullWhenDamaged)
    if (held !== null && isAbove(held, ours)) core.recorder.claim(held)
    else await core.recorder.writeFloor(ours)
  })
}

/** How a record differs from what it should be; `null` when it does not. Throws when it cannot be read. */
async function recordDrift<Name extends RecordName>(
  store: StateStore,
  name: Name,
  expected: InstanceRecords[Name] | null,
): Promise<string | null> {
  try {
    const held = await store.readRecord(name)
    if (isDeepStrictEqual(plain(held), plain(expected))) return null
    return `record "${name}" ${held === null ? 'is missing' : 'says something else'}`
  } catch (error) {
    if (!isReloadError(error) || error.code !== 'store.corrupt') throw error
    return `record "${name}" is damaged`
  }
}

function finding(what: string, mend: () => Promise<void> | void): Finding {
  return { source: 'store', issue: { code: 'drift.store', message: sayError('drift.store', { what }) }, mend }
}

/** As it is after it was written and read. */
function plain(record: unknown): unknown {
  if (record === null || (Array.isArray(record) && record.length === 0)) return null
  return JSON.parse(JSON.stringify(record))
}

function isAbove(a: StoredVersion, b: StoredVersion): boolean {
  const [theirs, ours] = [parseVersion(a.version), parseVersion(b.version)]
  return theirs !== null && ours !== null && compareVersions(theirs, ours) > 0
}

function nullWhenDamaged(error: unknown): null {
  if (isReloadError(error) && error.code === 'store.corrupt') return null
  throw error
}
