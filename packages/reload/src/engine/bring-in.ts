/**
 * One attempt, stage by stage, from a verified candidate to the swap.
 *
 * Everything that can fail is here, before the swap, and every failure ends the same way: the shadow gives
 * back what it took, the attempt is answered and ended, and nothing else has happened. The swap itself is `swap.ts`;
 * what comes after it is `observer.ts`.
 */
import type { SettingsTree } from '../contract/payload.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import type { Attempt } from './attempt.ts'
import type { Core } from './core.ts'
import type { Observer } from './observer.ts'
import { orAborted } from './race.ts'
import { settledAlready, verify, verifyMatch } from './stages/admit.ts'
import { approve, stillApproved } from './stages/approve.ts'
import { ArtifactShelf } from './stages/artifacts.ts'
import { build, readSettings } from './stages/build.ts'
import type { Candidate } from './stages/candidate.ts'
import { sealOffered } from './stages/open.ts'
import { itsTime, permit, verifyBase, wayIsFree } from './stages/permit.ts'
import { asKnown, isFresh, secure } from './stages/secure.ts'
import { Shadow } from './stages/shadow.ts'
import { approveBySignatures, stillSigned } from './stages/signed.ts'
import { validate } from './stages/validate.ts'
import { swap } from './swap.ts'
import type { Conduct } from './trial/conduct.ts'

/** Brings a candidate in. Throws what stopped it, after everything has been given back. */
export async function bringIn(attempt: Attempt, observer: Observer): Promise<void> {
  await wayIsFree(attempt, observer)
  const candidate = await itsTurn(attempt)
  if (candidate === null) return
  const conduct = observer.conducts(attempt, candidate)
  try {
    await bringBeside(attempt, conduct, observer)
  } catch (error) {
    conduct.gaveUp(error)
    throw error
  }
}

async function bringBeside(attempt: Attempt, conduct: Conduct, observer: Observer): Promise<void> {
  const { core } = attempt
  const { candidate } = conduct
  const readUpon = core.cell.current
  const bytes = artifactsOf(attempt, candidate)
  const settings = await readAndValidate(attempt, candidate, bytes)
  await approveBySignatures(attempt, candidate)
  await approve(attempt, candidate, settings)
  await itsTime(attempt, conduct, observer)
  permit(conduct)
  await makeRoom(attempt, candidate)
  await fetchAll(attempt, candidate, bytes)
  const shadow = new Shadow(core)
  try {
    const upon = core.cell.current?.snapshot.settings ?? null
    const changed = attempt.changedUpon === upon ? attempt.changed : undefined
    await build(attempt, { candidate, settings, bytes, shadow, changed })
    permit(conduct)
    verifyBase(attempt, candidate, readUpon)
    await persist(attempt, candidate)
    stillSigned(attempt, candidate)
    swap(attempt, { conduct, settings, shadow, observer })
  } catch (error) {
    // Before anybody hears of the failure.
    await shadow.release()
    throw error
  }
}

/** What is to be brought in, now that it is its turn; `null` when there is nothing to do any more. */
async function itsTurn(attempt: Attempt): Promise<Candidate | null> {
  const { core, origin, beginning } = attempt
  attempt.signal.throwIfAborted()
  let { proposal: candidate } = attempt
  if (candidate === null) return null
  admitToBuild(attempt, candidate)
  if (!candidate.isSealedHere) {
    const reason = settledAlready(core, candidate, origin)
    if (reason !== null) attempt.skip(reason)
    else verifyMatch(core, origin)
    return reason === null ? candidate : null
  }
  if (!isFresh(core, candidate)) candidate = await sealAgain(attempt)
  const reason = settledAlready(core, candidate, origin)
  if (reason !== null) {
    attempt.skip(reason)
    return null
  }
  verifyMatch(core, origin)
  verify(core, candidate, beginning.atMs)
  const known = asKnown(core, candidate)
  await attempt.stage('publish', () => secure(core, attempt, known), {
    'reload.scope': core.scope,
    'config.version': known.version,
    'config.digest': known.digest,
    'user.id': attempt.actor,
  })
  return known
}

/** Reads and seals once more what was read upon a version that is no longer in force, or lost its number. */
async function sealAgain(attempt: Attempt): Promise<Candidate> {
  const { core, beginning, origin, signal } = attempt
  const { offered } = beginning
  if (offered === null || offered.form === 'sealed')
    throw new TypeError('only what was sealed here is sealed again')
  const asked = { origin, trace: origin.trace ?? attempt.span.context, atMs: beginning.atMs }
  const candidate = await attempt.stage('verify', () => orAborted(sealOffered(core, offered, asked), signal))
  attempt.proposal = candidate
  return candidate
}

/** Throws `storm.breaker_open` when too much has failed lately, unless a person asks or it leads back. */
function admitToBuild(attempt: Attempt, { manifest }: Candidate): void {
  const { core, origin } = attempt
  const leadsBack = manifest.restores !== null && core.library.knows(manifest.restores)
  if (origin.manual === true || origin.emergency === true || leadsBack) return
  const held = core.breaker.admit(attempt.id)
  if (held === null) return
  throw new ReloadError('storm.breaker_open', { failures: held.failures, retryMs: held.waitMs })
}

function artifactsOf(attempt: Attempt, candidate: Candidate): ArtifactShelf {
  const { core, signal } = attempt
  return new ArtifactShelf(attempt, candidate, {
    signal,
    async keep(resource, bytes) {
      core.library.use(attempt.id, resource.digest)
      await core.recorder.writeBlob(`resource ${resource.kind}/${resource.name}`, resource.digest, bytes)
    },
  })
}

async function readAndValidate(
  attempt: Attempt,
  candidate: Candidate,
  bytes: ArtifactShelf,
): Promise<SettingsTree> {
  return await attempt.stage('validate', async (span) => {
    try {
      const settings = await readSettings(attempt, candidate, bytes)
      attempt.signal.throwIfAborted()
      const upon = attempt.core.cell.current?.snapshot.settings ?? null
      attempt.changes(await validate(attempt.core, candidate, settings), upon)
      return settings
    } catch (error) {
      const count = isReloadError(error) ? Math.max(1, error.issues.length) : 1
      span.set({ 'reload.validation.error_count': count })
      throw error
    }
  })
}

async function makeRoom(attempt: Attempt, { manifest }: Candidate): Promise<void> {
  const { generations, limits } = attempt.core
  if (generations.size < limits.generations) return
  await attempt.stage('room', () => generations.room(attempt.signal, manifest.restores !== null))
}

async function fetchAll(attempt: Attempt, { manifest }: Candidate, bytes: ArtifactShelf): Promise<void> {
  if (manifest.resources.every((it) => it.inline !== undefined)) return
  await attempt.stage('fetch', () => bytes.fetchAll())
}

/** Past this point nothing stops the attempt but the store. */
async function persist(attempt: Attempt, { version, digest }: Candidate): Promise<void> {
  const { core, id, span } = attempt
  await attempt.stage('persist', async () => {
    verifyMatch(core, attempt.origin)
    stillApproved(attempt)
    attempt.isCommitting = true
    await keepWayBack(core)
    const before = core.recorder.intent
    const attempts = (before?.digest === digest ? before.attempts : 0) + 1
    const { traceId, spanId } = span.context
    await core.recorder.writeIntent({ version, digest, attempts, traceId, spanId, attempt: id })
  })
}

/** Nothing is tried without a way back that a restart finds: somebody may have taken it from the store since. */
async function keepWayBack(core: Core): Promise<void> {
  const { baseline } = core.cell
  if (baseline === null) return
  const { ref, facts } = baseline
  const isKept = await core.library.isKept(ref.digest).catch(() => false)
  if (!isKept) await core.recorder.writeBlob(`version ${ref.version}`, ref.digest, facts.manifestBytes)
}
