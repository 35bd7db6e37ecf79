/**
 * Reading the settings of a candidate, and building its parts beside the running version.
 *
 * One deadline covers making and proving: it is mandatory, so that what never ends holds up nobody for long.
 */
import type { SettingsTree } from '../../contract/payload.ts'
import type { Span } from '../../contract/telemetry.ts'
import { ReloadError } from '../../errors.ts'
import { changedParameters } from '../../format/diff.ts'
import { readResources } from '../../format/resources.ts'
import { say } from '../core.ts'
import { deadline } from '../race.ts'
import type { Work } from '../work.ts'
import type { ArtifactShelf } from './artifacts.ts'
import type { Candidate } from './candidate.ts'
import type { BuildInput, Shadow } from './shadow.ts'

/** The settings tree of a candidate. What did not change is the same object as in the version in force. */
export async function readSettings(
  work: Work,
  candidate: Candidate,
  bytes: ArtifactShelf,
): Promise<SettingsTree> {
  const { current } = work.core.cell
  const previous = current === null ? undefined : { tree: current.snapshot.settings, kinds: current.kinds }
  return await readResources(candidate.manifest, {
    previous,
    bytesOf: (resource) => bytes.bytesOf(resource),
    limits: work.core.limits,
  })
}

export interface Build {
  readonly candidate: Candidate
  readonly settings: SettingsTree
  readonly bytes: ArtifactShelf
  readonly shadow: Shadow
  /** What changes from the version in force, where that is known. */
  readonly changed?: readonly string[] | undefined
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
  const changed = wanted.changed ?? changedParameters(previous, settings)
  const input = (span: Span): BuildInput => ({
    settings,
    previous,
    changedParameters: changed,
    restores: manifest.restores,
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
    const message = `version ${candidate.version} is in force although it did not pass its check`
    say(work.core.telemetry, 'error', message, { error, span: work.span.context })
  }
}
