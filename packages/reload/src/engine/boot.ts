/**
 * Coming back: what an earlier process left in the store becomes the version in force, before any offer.
 *
 * The baseline serves, read again and verified against its digest and, where keys are configured, its signatures;
 * a damaged one gives way to the next older version. What was in service without having been confirmed does not: if its intent is still there, the
 * process ended under it. That is counted, and beyond a limit the version goes into quarantine. The baseline is
 * exempt from both, because there is nowhere safer to go: if it cannot be built, or the trusted keys do not speak
 * for it any more, nothing serves, and we say so.
 *
 * Attempts that have no end in the audit log get one here.
 */
import type {
  AuditLine,
  InstanceRecords,
  QuarantineEntry,
  StateStore,
  StoredVersion,
} from '../contract/store.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import { readResources } from '../format/resources.ts'
import { compareVersions, parseVersion } from '../format/version.ts'
import { Attempt } from './attempt.ts'
import { commit } from './commit.ts'
import { type Core, say } from './core.ts'
import type { Observer } from './observer.ts'
import { endInterrupted } from './records/interrupted.ts'
import type { Line, Vouched } from './records/library.ts'
import type { Intent } from './records/recorder.ts'
import type { Scheduled } from './records/scheduled.ts'
import { ArtifactShelf } from './stages/artifacts.ts'
import { build } from './stages/build.ts'
import type { Candidate } from './stages/candidate.ts'
import { verifyProof } from './stages/proof.ts'
import { Shadow } from './stages/shadow.ts'
import { recordOf } from './trust-in-force.ts'

/** How an instance came back. */
export interface Boot {
  /** Something in the store was damaged, or the baseline could not be built. */
  readonly isDegraded: boolean
}

/** Throws `store.locked` and what else keeps the store from being read at all. */
export async function boot(core: Core, store: StateStore, observer: Observer): Promise<Boot> {
  const left = await readLeft(core, store)
  core.audit.continueFrom(left.audit.at(-1))
  resumeRoot(core, left.root)
  core.library.line = left.line
  core.quarantine.restore(left.quarantine)
  core.recorder.floor = highest([left.floor, left.baseline, left.intent, ...left.line])
  core.recorder.intent = left.intent
  // What had begun when the process ended has had its time, and is judged by its intent.
  if (left.scheduled?.digest !== left.intent?.digest) core.recorder.scheduled = left.scheduled
  if (left.baseline !== null && core.quarantine.free(left.baseline.digest)) {
    core.recorder.note('quarantine', core.quarantine.lasting)
  }
  await recallNewest(core)
  await judgeIntent(core, left.intent, left.baseline)
  const ended = await endInterrupted(core, left)
  core.idempotency.recall([...left.audit, ...ended])
  const isBaselineBack = await putBack(core, waysBack(core, store, left.baseline), observer)
  if (core.cell.current !== null) core.recorder.note('applied', core.cell.current.ref)
  return { isDegraded: left.isDamaged || !isBaselineBack }
}

interface Left {
  readonly floor: StoredVersion | null
  readonly root: InstanceRecords['root'] | null
  readonly baseline: Vouched | null
  readonly intent: Intent | null
  readonly scheduled: Scheduled | null
  readonly quarantine: readonly QuarantineEntry[]
  readonly line: Line
  readonly audit: readonly AuditLine[]
  readonly isDamaged: boolean
}

/** More than an instance writes while one attempt is open. */
const AUDIT_TAIL = 1_000

async function readLeft(core: Core, store: StateStore): Promise<Left> {
  let isDamaged = false
  const orNone = async <T>(what: string, reading: Promise<T>, none: T): Promise<T> => {
    try {
      return await reading
    } catch (error) {
      if (!isReloadError(error)) throw new ReloadError('store.failed', { what }, { cause: error })
      if (error.code !== 'store.corrupt') throw error
      isDamaged = true
      say(core.telemetry, 'error', `${what} in the store is damaged and was not used`, { error })
      return none
    }
  }
  const floor = await orNone('the floor', store.readRecord('floor'), null)
  const baseline = await orNone('the baseline', store.readRecord('baseline'), null)
  const root = await orNone('the root', store.readRecord('root'), null)
  const intent = await orNone('the intent', store.readRecord('intent'), null)
  const scheduled = await orNone('the version for later', store.readRecord('scheduled'), null)
  const quarantine = (await orNone('the quarantine', store.readRecord('quarantine'), null)) ?? []
  const line = (await orNone('the line', store.readRecord('line'), null)) ?? []
  const audit = await orNone('the audit log', store.readAudit({ limit: AUDIT_TAIL }), [])
  return { floor, root, baseline, intent, scheduled, quarantine, line, audit, isDamaged }
}

/** Whose signatures count, before any is asked for. Throws when what is kept and what the operator gave do not agree. */
function resumeRoot(core: Core, record: InstanceRecords['root'] | null): void {
  const isToWrite = core.roots.resume(record)
  const { chain } = core.roots
  if (isToWrite && chain !== null) core.recorder.note('root', recordOf(chain))
  core.freshness.rootChanged()
}

/** A lost floor is not lost as long as anything names a version. */
function highest(refs: readonly (StoredVersion | null)[]): StoredVersion | null {
  return refs.reduce<StoredVersion | null>((best, it) => {
    const [a, b] = [best, it].map((ref) => (ref === null ? null : parseVersion(ref.version)))
    if (it === null || b == null) return best
    const ref = { version: it.version, digest: it.digest }
    return a == null || compareVersions(b, a) > 0 ? ref : best
  }, null)
}

/** The newest version seen, so that the same settings are known as that version when they come again. */
async function recallNewest(core: Core): Promise<void> {
  const { floor } = core.recorder
  if (floor === null) return
  try {
    core.library.newest = await core.library.read(floor)
    core.freshness.heard(core.library.newest.manifest.issuedAt)
  } catch (error) {
    // Its blob may never have been written, or was dropped: then it is only a number.
    if (!isReloadError(error))
      throw new ReloadError('store.failed', { what: 'the newest version' }, { cause: error })
  }
}

/** An intent that is still there names a version that did not live to be confirmed. */
async function judgeIntent(core: Core, intent: Intent | null, baseline: StoredVersion | null): Promise<void> {
  if (intent === null) return
  const { version, digest, attempts } = intent
  if (digest === baseline?.digest) return core.recorder.clearIntent(digest)
  const candidate = await readOrNull(core, intent)
  const most = candidate?.manifest.apply.maxCrashAttempts ?? core.limits.maxCrashAttempts
  if (attempts < most) return
  const tree = candidate?.tree ?? null
  const reason = 'reload.crashed'
  core.quarantine.add({ ref: { version, digest }, tree, reason, lasting: true, count: attempts })
  core.recorder.note('quarantine', core.quarantine.lasting)
  core.recorder.clearIntent(digest)
}

/** True when what serves now is the baseline as it was left. */
async function putBack(core: Core, ways: AsyncIterable<WayBack>, observer: Observer): Promise<boolean> {
  let isLost = false
  for await (const { ref, isBaseline } of ways) {
    const candidate = await readOrNull(core, ref)
    if (candidate === null) {
      isLost ||= isBaseline
      say(core.telemetry, 'error', `version ${ref.version} in the store is damaged and was not used`)
      continue
    }
    // What was to serve for a time only has never been the way back.
    if (!isBaseline && candidate.manifest.serveTtlMs !== null) continue
    const isServing = await serve(core, candidate, observer)
    if (isServing && !isBaseline) core.recorder.note('baseline', core.cell.baseline?.record ?? ref)
    // A version that is whole but cannot be built is not passed over: an older one may hold what was revoked.
    return isServing && isBaseline
  }
  // Where there was no baseline nothing is missing.
  return !isLost
}

interface WayBack {
  readonly ref: Vouched
  readonly isBaseline: boolean
}

/** The baseline, then what was confirmed before it, newest first; never what is in quarantine. */
async function* waysBack(core: Core, store: StateStore, baseline: Vouched | null): AsyncGenerator<WayBack> {
  if (baseline !== null) yield { ref: baseline, isBaseline: true }
  const { line } = core.library
  if (line.length === 0) return
  const at = line.findIndex((it) => it.digest === baseline?.digest)
  const confirmed = await confirmedDigests(store)
  for (const ref of (at < 0 ? line : line.slice(0, at)).toReversed()) {
    if (confirmed.has(ref.digest) && !core.quarantine.has(ref.digest)) yield { ref, isBaseline: false }
  }
}

/** The line also holds what served and was never confirmed; the audit log knows how each attempt ended. */
async function confirmedDigests(store: StateStore): Promise<ReadonlySet<string | null>> {
  try {
    const audit = await store.readAudit()
    return new Set(audit.filter((it) => it.event === 'config.reload.completed').map((it) => it.digest))
  } catch (cause) {
    throw new ReloadError('store.failed', { what: 'the audit log' }, { cause })
  }
}

/** Builds a version and puts it in service. A check that fails is said, and does not keep it out. */
async function serve(core: Core, candidate: Candidate, observer: Observer): Promise<boolean> {
  const origin = { trigger: 'startup', source: core.instance, actor: 'instance' } as const
  const [atMs, sinceMs] = [core.clock.now(), core.clock.monotonic()]
  const beginning = { origin, offered: null, order: 0, tries: 0, atMs, sinceMs, author: null }
  const attempt = new Attempt(core, beginning)
  attempt.identify(candidate)
  const bytes = new ArtifactShelf(attempt, candidate, { signal: attempt.signal })
  const shadow = new Shadow(core)
  try {
    const settings = await attempt.stage('verify', async () => {
      await verifyProof(core, candidate)
      return await readResources(candidate.manifest, {
        bytesOf: (it) => bytes.bytesOf(it),
        limits: core.limits,
      })
    })
    await build(attempt, { candidate, settings, bytes, shadow, checkMayFail: true })
    const span = attempt.enter('swap', { 'config.version': candidate.version })
    const swap = span?.context ?? null
    const generation = shadow.become(candidate, { settings, swap, since: core.clock.now() })
    core.generations.add(generation)
    commit(core.cell, generation, null)
    observer.resume(generation)
    shadow.committed()
    span?.end()
    attempt.end({ status: 'success', reason: '' })
    return true
  } catch (error) {
    await shadow.release()
    attempt.refuse(error)
    return false
  }
}

async function readOrNull(core: Core, ref: Vouched): Promise<Candidate | null> {
  try {
    return await core.library.read(ref)
  } catch (error) {
    if (isReloadError(error)) return null
    throw new ReloadError('store.failed', { what: `version ${ref.version}` }, { cause: error })
  }
}
