/**
 * One attempt, stage by stage, from a verified candidate to the swap.
 *
 * Everything that can fail is here, before the swap, and every failure ends the same way: the shadow gives
 * back what it took, the attempt is answered and ended, and nothing else has happened. The swap itself is
 * `commit.ts`; what comes after it is `observer.ts`.
 */
import type { SettingsTree } from '../contract/payload.ts'
import type { Span } from '../contract/telemetry.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import { changedParameters } from '../format/diff.ts'
import { digestsOf, readResources } from '../format/resources.ts'
import type { Attempt } from './attempt.ts'
import { commit } from './commit.ts'
import { say } from './core.ts'
import type { Generation } from './live/generation.ts'
import type { Observer } from './observer.ts'
import { deadline, orAborted } from './race.ts'
import type { Intent } from './records/recorder.ts'
import { settledAlready, verify, verifyMatch } from './stages/admit.ts'
import { approve } from './stages/approve.ts'
import { ArtifactShelf } from './stages/artifacts.ts'
import type { Candidate } from './stages/candidate.ts'
import { sealOffered } from './stages/open.ts'
import { asKnown, isFresh, secure } from './stages/secure.ts'
import { type BuildInput, Shadow } from './stages/shadow.ts'
import { validate } from './stages/validate.ts'
import type { Work } from './work.ts'

/** Brings a candidate in. Throws what stopped it, after everything has been given back. */
export async function bringIn(attempt: Attempt, observer: Observer): Promise<void> {
  const { core } = attempt
  const candidate = await itsTurn(attempt)
  if (candidate === null) return
  const bytes = artifactsOf(attempt, candidate)
  const settings = await readAndValidate(attempt, candidate, bytes)
  await approve(attempt, candidate)
  await makeRoom(attempt, candidate)
  await fetchAll(attempt, candidate, bytes)
  const shadow = new Shadow(core)
  const swap = await shadowed(shadow, async () => {
    await build(attempt, { candidate, settings, bytes, shadow })
    const intentBefore = await persist(attempt, candidate)
    try {
      return readySwap(attempt, { candidate, settings, shadow })
    } catch (error) {
      core.recorder.note('intent', intentBefore)
      throw error
    }
  })
  const before = commit(core.cell, swap.generation)
  swap.closeStage()
  observer.begin({ attempt, candidate, generation: swap.generation, before })
  shadow.committed()
  swap.span?.end()
  answerApplied(attempt, swap.generation, before)
}

/** Whatever goes wrong while there is a shadow, the shadow gives everything back before anybody hears of it. */
async function shadowed<T>(shadow: Shadow, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
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
  if (origin.manual === true || leadsBack) return
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
      attempt.changes(await validate(attempt.core, candidate, settings))
      return settings
    } catch (error) {
      const count = isReloadError(error) ? Math.max(1, error.issues.length) : 1
      span.set({ 'reload.validation.error_count': count })
      throw error
    }
  })
}

/** The settings tree of a candidate. What did not change is the same object as in the version in force. */
export async function readSettings(
  work: Work,
  candidate: Candidate,
  bytes: ArtifactShelf,
): Promise<SettingsTree> {
  const { current } = work.core.cell
  const previous =
    current === null
      ? undefined
      : { tree: current.snapshot.settings, digests: digestsOf(current.facts.manifest) }
  return await readResources(candidate.manifest, {
    previous,
    bytesOf: (resource) => bytes.bytesOf(resource),
    limits: work.core.limits,
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

export interface Build {
  readonly candidate: Candidate
  readonly settings: SettingsTree
  readonly bytes: ArtifactShelf
  readonly shadow: Shadow
  /** A check that fails is said and does not stop it: for a baseline, to which there is no better choice. */
  readonly checkMayFail?: boolean
}

/** Makes the parts and proves them, within one deadline. */
export async function build(work: Work, wanted: Build): Promise<void> {
  const { candidate, settings, bytes, shadow } = wanted
  const { core } = work
  const { version, digest, manifest } = candidate
  const ms = manifest.apply.warmup?.timeoutMs ?? core.limits.warmupMs
  const late = (): Error =>
    new ReloadError('warmup.deadline', { participant: shadow.waitsFor, version, limitMs: ms })
  const limit = deadline(core.clock, work.signal, { ms, late })
  const previous = core.cell.current?.snapshot.settings ?? null
  const input = (span: Span): BuildInput => ({
    settings,
    previous,
    changedParameters: changedParameters(previous, settings),
    version,
    digest,
    artifacts: bytes,
    span,
    tracer: core.telemetry.tracer,
    clock: core.clock,
    signal: limit.signal,
  })
  try {
    const count = { 'reload.resource.count': manifest.resources.length }
    await work.stage('load', (span) => shadow.prepare(input(span)), count)
    await warmUp(work, wanted, input)
    work.signal.throwIfAborted()
  } catch (error) {
    // Other checks may still be running: they are told to stop.
    limit.giveUp(error)
    throw error
  } finally {
    limit.done()
  }
}

async function warmUp(
  work: Work,
  { shadow, candidate, checkMayFail }: Build,
  input: (span: Span) => BuildInput,
): Promise<void> {
  try {
    await work.stage('warmup', (span) => shadow.check(input(span), span))
  } catch (error) {
    if (checkMayFail !== true || work.signal.aborted) throw error
    const message = `version ${candidate.version} serves although it did not pass its check`
    say(work.core.telemetry, 'error', message, { error, span: work.span.context })
  }
}

/** Past this point nothing stops the attempt but the store. */
async function persist(attempt: Attempt, { version, digest }: Candidate): Promise<Intent | null> {
  const { core, id, span } = attempt
  return await attempt.stage('persist', async () => {
    verifyMatch(core, attempt.origin)
    attempt.isCommitting = true
    const before = core.recorder.intent
    const attempts = (before?.digest === digest ? before.attempts : 0) + 1
    const { traceId, spanId } = span.context
    await core.recorder.writeIntent({ version, digest, attempts, traceId, spanId, attempt: id })
    return before
  })
}

interface Swap {
  readonly generation: Generation
  readonly span: Span | null
  readonly closeStage: () => void
}

/** Everything that leads up to the commit and could fail, and nothing that waits. */
function readySwap(attempt: Attempt, made: Pick<Build, 'candidate' | 'settings' | 'shadow'>): Swap {
  const { core } = attempt
  const { candidate, settings, shadow } = made
  const closeStage = attempt.stages.begin('swap')
  const previous = core.cell.current
  const span = attempt.enter('swap', {
    'config.version': candidate.version,
    'reload.previous_version': previous?.ref.version,
  })
  span?.set(shadow.describe(previous?.snapshot.parts ?? null))
  const { traceId, spanId } = (span ?? attempt.span).context
  const since = core.clock.now()
  const generation = shadow.become(candidate, { settings, swap: { traceId, spanId }, since })
  core.generations.add(generation)
  return { generation, span, closeStage }
}

function answerApplied(attempt: Attempt, generation: Generation, before: Generation | null): void {
  const { core } = attempt
  const { manifest } = generation.facts
  const underwayMs = core.clock.now() - Date.parse(manifest.issuedAt)
  core.telemetry.meter.record('reload.converge.duration', Math.max(0, underwayMs) / 1000)
  const { settings } = generation.snapshot
  // Once more: the version in force may have been taken back since the settings were compared with it.
  attempt.changes(changedParameters(before?.snapshot.settings ?? null, settings))
  attempt.from = before?.ref.version ?? null
  const { version, digest } = generation.ref
  say(core.telemetry, 'info', `version ${version} serves`, { span: attempt.span.context })
  attempt.answer({
    outcome: 'applied',
    attempt: attempt.id,
    traceId: attempt.traceId,
    version,
    digest,
    previous: before?.ref.version ?? null,
    changedParameters: attempt.changed,
    settled: attempt.settled,
  })
}
