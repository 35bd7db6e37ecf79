/**
 * What a change would do: everything up to the swap, beside the running version, and then let go.
 *
 * A plan is not an attempt. It takes no number, writes nothing, counts for nothing and answers nobody else;
 * what it fetched and built is gone when it returns. It says yes only to what would get as far as the swap.
 */
import type { Origin } from '../contract/origin.ts'
import { ENVELOPE_TYPE, type SettingsTree } from '../contract/payload.ts'
import type { Refused, Unchanged } from '../contract/receipt.ts'
import type { Plan } from '../contract/reloader.ts'
import { rules } from '../errors.ts'
import { changes } from '../format/diff.ts'
import { digestOfText } from '../format/digest.ts'
import { resourceKey } from '../format/manifest.ts'
import { placed } from './attempt.ts'
import type { Core } from './core.ts'
import type { Generation } from './live/generation.ts'
import { settledAlready, verify, verifyMatch } from './stages/admit.ts'
import { ArtifactShelf } from './stages/artifacts.ts'
import { build, readSettings } from './stages/build.ts'
import type { Candidate } from './stages/candidate.ts'
import { openSealed, sealOffered } from './stages/open.ts'
import { Shadow } from './stages/shadow.ts'
import { validate } from './stages/validate.ts'
import { changedAttributes } from './telling/telling.ts'
import { asReloadError, Work } from './work.ts'

export interface PlanAsked {
  readonly origin: Origin
  /** What it would come in over. */
  readonly upon: Generation | null
}

export async function plan(core: Core, bytes: Uint8Array, { origin, upon }: PlanAsked): Promise<Plan> {
  const [atMs, sinceMs] = [core.clock.now(), core.clock.monotonic()]
  const parent = origin.child === true ? (origin.trace ?? null) : null
  const links = parent === null && origin.trace !== undefined ? [origin.trace] : []
  const attributes = {
    'reload.trigger': origin.trigger,
    'reload.source': origin.source,
    'reload.scope': core.scope,
  }
  const span = core.telemetry.tracer.start('reload.plan', { parent, links, startTime: atMs, attributes })
  const work = new Work(core, span, sinceMs)
  try {
    return await look(work, { bytes, origin, atMs, upon })
  } finally {
    span.end()
  }
}

interface Asked extends PlanAsked {
  readonly bytes: Uint8Array
  readonly atMs: number
}

async function look(work: Work, asked: Asked): Promise<Plan> {
  const { core, span } = work
  const from = asked.upon?.ref.version ?? null
  const previous = asked.upon?.snapshot.settings ?? null
  let candidate: Candidate | null = null
  let settings: SettingsTree | null = null
  let receipt: Refused | Unchanged | null = null
  try {
    candidate = await open(core, work, asked)
    const reason = settledAlready(core, candidate, { ...asked.origin, manual: true })
    if (reason === null) settings = await tryOut(work, candidate, asked.upon)
    else receipt = { outcome: 'unchanged', ...answered(work), reason, version: from }
  } catch (error) {
    const known = asReloadError(error)
    span.fail(known.code, error)
    receipt = refusedBy(work, known, { from, places: candidate?.places })
  }
  const found = settings === null ? [] : changes(previous, settings)
  span.set(
    changedAttributes(
      'reload.changed_parameters',
      found.map((it) => it.pointer),
    ),
  )
  const removed = settings === null ? [] : (candidate?.manifest.removed ?? []).map(resourceKey)
  const placeOf = candidate?.places ?? (() => undefined)
  const ok = receipt === null || receipt.outcome === 'unchanged'
  const digest = settings === null || candidate === null ? '' : digestOfContent(candidate)
  return { ok, receipt, from, changes: found, removed, settings, previous, digest, placeOf }
}

function digestOfContent({ manifest }: Candidate): string {
  const lines = manifest.resources.map((it) => `${resourceKey(it)} ${it.digest}`)
  return digestOfText(lines.sort().join('\n'))
}

async function open(core: Core, work: Work, { bytes, origin, atMs, upon }: Asked): Promise<Candidate> {
  return await work.stage('verify', async () => {
    const sealed = origin.mediaType === ENVELOPE_TYPE
    const trace = work.span.context
    const candidate = sealed
      ? openSealed(core, bytes)
      : await sealOffered(core, { form: 'written', bytes }, { origin, trace, atMs, upon, isLook: true })
    if (settledAlready(core, candidate, { ...origin, manual: true }) === null) {
      verify(core, candidate, atMs)
      verifyMatch(core, origin, upon?.ref)
    }
    return candidate
  })
}

/** Reads, validates, builds and checks it, and lets it go. */
async function tryOut(work: Work, candidate: Candidate, upon: Generation | null): Promise<SettingsTree> {
  const bytes = new ArtifactShelf(work, candidate, { signal: work.signal })
  const settings = await work.stage('validate', async () => {
    const tree = await readSettings(work, candidate, bytes)
    await validate(work.core, candidate, tree, upon)
    return tree
  })
  await work.stage('fetch', () => bytes.fetchAll())
  const shadow = new Shadow(work.core)
  try {
    await build(work, { candidate, settings, bytes, shadow })
  } finally {
    await shadow.release()
  }
  return settings
}

function answered(work: Work): { attempt: string; traceId: string } {
  return { attempt: 'plan', traceId: work.traceId }
}

function refusedBy(
  work: Work,
  error: ReturnType<typeof asReloadError>,
  { from, places }: { from: string | null; places: Candidate['places'] },
): Refused {
  return {
    outcome: 'refused',
    ...answered(work),
    status: 'rejected',
    code: error.code,
    message: error.message,
    issues: placed(error, places),
    version: from,
    retry: rules[error.code].retry,
    ...(error.cause !== undefined && { cause: error.cause }),
  }
}
