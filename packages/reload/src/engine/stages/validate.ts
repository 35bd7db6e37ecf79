/**
 * Whether a version makes sense: everything that is wrong with it, at once.
 *
 * First what the manifest says about itself: kinds that nobody here reads, things that vanish without being
 * named, a removal of half of everything, changes stated wrongly, needs that this instance cannot meet. Then
 * what the participants say about the settings. Pure: nothing is opened, nothing is written.
 *
 * What a manifest states about changes is held against the version that it builds on, not against the one in
 * force here: they differ where this instance went back to its baseline, or was away.
 */
import type { ValidateInput } from '../../contract/participant.ts'
import type { Manifest, SettingsTree } from '../../contract/payload.ts'
import type { Issue } from '../../contract/receipt.ts'
import { type DetailsOf, type ErrorCode, isReloadError, ReloadError, rules, sayError } from '../../errors.ts'
import { changedParameters } from '../../format/diff.ts'
import { resourceKey } from '../../format/manifest.ts'
import { nearest } from '../../format/nearest.ts'
import { compareKinds, kindsIn, type OfKind } from '../../format/of-kind.ts'
import { pointTo } from '../../format/pointer.ts'
import type { Core } from '../core.ts'
import type { Candidate } from './candidate.ts'
import { satisfies } from './requires.ts'

/** What a version is compared with. */
interface Before {
  readonly tree: SettingsTree
  readonly kinds: readonly OfKind[]
}

/** Throws the one thing that is wrong, or `validate.refused` with all of them. Returns what changes from `upon`. */
export async function validate(
  core: Core,
  candidate: Candidate,
  settings: SettingsTree,
  upon = core.cell.current,
): Promise<readonly string[]> {
  const previous = upon?.snapshot.settings ?? null
  const changed = changedParameters(previous, settings)
  await loadForValidation(core, candidate, settings)
  const issues = [
    ...unknownKinds(core, candidate.manifest),
    ...unmetNeeds(core, candidate.manifest),
    ...(await untrueStatements(core, candidate.manifest, { previous, settings, changed })),
    ...askParticipants(core, candidate, {
      settings,
      previous,
      changedParameters: changed,
      restores: candidate.manifest.restores,
    }),
  ]
  const [first] = issues
  if (first === undefined) return changed
  if (issues.length === 1 && isOurs(first.code)) throw new OneIssue(first)
  const details = { version: candidate.version, count: issues.length }
  throw new ReloadError('validate.refused', details, { issues })
}

function unknownKinds(core: Core, manifest: Manifest): Issue[] {
  const unknown = kindsIn(manifest.resources).filter((it) => !core.kinds.has(it.kind))
  return unknown.map(({ kind }) =>
    issue('validate.unknown_kind', { kind, nearest: nearest(kind, core.kinds) }, pointTo('', kind)),
  )
}

function unmetNeeds(core: Core, manifest: Manifest): Issue[] {
  return Object.entries(manifest.requires ?? {}).flatMap(([name, expected]) => {
    const found = core.provides.get(name)
    if (found !== undefined && satisfies(found, expected)) return []
    const details = { name, found: found ?? 'nothing of that name', expected }
    return [issue('validate.requires', details, pointTo('/requires', name))]
  })
}

/** What changes from the version in force. */
interface Compared {
  readonly previous: SettingsTree | null
  readonly settings: SettingsTree
  readonly changed: readonly string[]
}

async function untrueStatements(core: Core, manifest: Manifest, compared: Compared): Promise<Issue[]> {
  const before = await versionBefore(core, manifest)
  if (before === null) return []
  const named = new Set(manifest.removed.map(resourceKey))
  const { gone } = compareKinds(kindsIn(manifest.resources), before.kinds)
  const count = before.kinds.reduce((sum, it) => sum + it.resources.length, 0)
  const unnamed = gone.filter((it) => !named.has(resourceKey(it)))
  const { previous, settings, changed } = compared
  // Mostly it builds on the version in force.
  const found = before.tree === previous ? changed : changedParameters(before.tree, settings)
  return [
    ...unnamed.map((it) => {
      const pointer = pointTo(pointTo('', it.kind), it.name)
      return issue('validate.unnamed_removal', { resource: resourceKey(it) }, pointer)
    }),
    ...shrinking(manifest, gone.length, count),
    ...wrongParameters(manifest, found),
  ]
}

function shrinking(manifest: Manifest, removed: number, of: number): Issue[] {
  if (manifest.allowShrink || removed === 0 || removed * 2 < of) return []
  return [issue('validate.shrink', { removed, of }, '/removed')]
}

function wrongParameters(manifest: Manifest, changed: readonly string[]): Issue[] {
  if (manifest.changedParameters === null) return []
  const [stated, found] = [new Set(manifest.changedParameters), new Set(changed)]
  return [
    ...changed.filter((it) => !stated.has(it)).map((it) => parameterIssue(it, false)),
    ...manifest.changedParameters.filter((it) => !found.has(it)).map((it) => parameterIssue(it, true)),
  ]
}

function parameterIssue(pointer: string, stated: boolean): Issue {
  return issue('validate.changed_parameters', { pointer, stated }, pointer)
}

/** The version that a manifest builds on; `null` when it is not known here, and keys vouch for the rest. */
async function versionBefore(core: Core, { previous }: Manifest): Promise<Before | null> {
  const { current, baseline, candidate } = core.cell
  if (previous === null) return current === null ? { tree: {}, kinds: [] } : null
  for (const it of [current, baseline, candidate]) {
    if (it?.ref.digest === previous.digest) return { tree: it.snapshot.settings, kinds: it.kinds }
  }
  try {
    const { manifest } = await core.library.read(previous)
    const tree = await core.library.settings(previous)
    return { tree, kinds: kindsIn(manifest.resources) }
  } catch (error) {
    if (isReloadError(error)) return null
    throw new ReloadError('store.failed', { what: `version ${previous.version}` }, { cause: error })
  }
}

async function loadForValidation(core: Core, candidate: Candidate, settings: SettingsTree): Promise<void> {
  for (const { name, participant } of core.participants) {
    if (participant.load === undefined) continue
    try {
      await participant.load(settings)
    } catch (cause) {
      throw new ReloadError('prepare.failed', { participant: name, version: candidate.version }, { cause })
    }
  }
}

function askParticipants(core: Core, candidate: Candidate, input: ValidateInput): Issue[] {
  return core.participants.flatMap(({ name, participant }) => {
    try {
      return participant.validate?.(input) ?? []
    } catch (cause) {
      if (isReloadError(cause) && cause.issues.length > 0) return cause.issues
      throw new ReloadError('prepare.failed', { participant: name, version: candidate.version }, { cause })
    }
  })
}

function issue<Code extends ErrorCode>(code: Code, details: DetailsOf<Code>, pointer: string): Issue {
  return { code, message: sayError(code, details), pointer }
}

function isOurs(code: string): code is ErrorCode {
  return Object.hasOwn(rules, code)
}

/** A single issue, thrown as what it is. Its text was made by whoever found it. */
class OneIssue extends ReloadError {
  constructor(issue: Issue) {
    super(issue.code as ErrorCode, {}, { issues: [issue] })
    this.message = issue.message
  }
}
