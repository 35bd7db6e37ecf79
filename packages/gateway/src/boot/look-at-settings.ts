/**
 * Settings looked at without a gateway: what is wrong with them, and which providers they name. For
 * `changeover doctor` and `changeover sign`.
 */
import { type Draft, type Issue, isReloadError, type SettingsTree } from '@changeover/reload'
import { classesOfAll } from '../access/change-classes.ts'
import { checkAccess } from '../pipeline/check-access.ts'
import { checkGuardrails, loadGuardEngines } from '../pipeline/compile-guardrails.ts'
import { checkReferences } from '../pipeline/compile-references.ts'
import { GATEWAY_KINDS } from '../pipeline/participant.ts'
import type { AssembledSettings } from '../settings/assemble.ts'
import { checkSettings } from '../settings/check.ts'
import { readSettingsText } from '../settings/reader.ts'
import { type ProviderEntry, providersOf } from './providers.ts'
import { createReader } from './settings-reader.ts'

/** What a reload would refuse before it builds anything, but for names in the shipped catalogue, which is not read here. */
export async function checkSettingsText(bytes: Uint8Array, file: string): Promise<readonly Issue[]> {
  const read = readOrIssues(bytes, file)
  if ('issues' in read) return read.issues
  const { tree, placeOf } = read.settings
  const issues = [
    ...checkSettings(tree, [...GATEWAY_KINDS, 'telemetry']),
    ...checkReferences(tree, null),
    ...checkGuardrails(tree, await loadGuardEngines(tree)),
    // Where it will listen is not known here, nor what it follows.
    ...checkAccess({ settings: tree, previous: null, restores: null }, { host: '', isExposed: false }),
  ]
  return issues.map((it) => {
    const place = it.pointer === undefined ? undefined : placeOf(it.pointer)
    return place === undefined || it.place !== undefined ? it : { ...it, place }
  })
}

/** The draft that a gateway would make of these settings. Throws `payload.unreadable` with the place of each error. */
export async function readSettingsDraft(
  bytes: Uint8Array,
  file: string,
  base: SettingsTree | null,
): Promise<Draft> {
  return await createReader()(bytes, { trigger: 'cli', source: file }, base)
}

/** The classes of change by which approvals are asked for: see `access/change-classes.ts`. */
export function changeClassesOf(changedParameters: readonly string[]): readonly string[] {
  return classesOfAll(changedParameters)
}

/** None when the text cannot be read. */
export function listProviders(bytes: Uint8Array, file: string): readonly ProviderEntry[] {
  const read = readOrIssues(bytes, file)
  return 'issues' in read ? [] : providersOf(read.settings.tree)
}

function readOrIssues(
  bytes: Uint8Array,
  file: string,
): { readonly settings: AssembledSettings } | { readonly issues: readonly Issue[] } {
  try {
    return { settings: readSettingsText(new TextDecoder().decode(bytes), file) }
  } catch (error) {
    if (!isReloadError(error)) throw error
    return { issues: error.issues }
  }
}
