/**
 * Settings looked at without a gateway: what is wrong with them, and which providers they name. For
 * `changeover doctor` and `changeover sign`.
 */
import { stat } from 'node:fs/promises'
import {
  type Draft,
  directorySource,
  ENVELOPE_TYPE,
  fileSource,
  type Issue,
  isReloadError,
  type SettingsTree,
} from '@changeover/reload'
import { classesOfAll } from '../access/change-classes.ts'
import { treeOfEnvelope } from '../control/envelope-tree.ts'
import { checkAccess } from '../pipeline/check-access.ts'
import { checkGuardrails, loadGuardEngines } from '../pipeline/compile-guardrails.ts'
import { checkReferences } from '../pipeline/compile-references.ts'
import { GATEWAY_KINDS } from '../pipeline/participant.ts'
import type { AssembledSettings } from '../settings/assemble.ts'
import { checkSettings } from '../settings/check.ts'
import { readSettings, readSettingsText } from '../settings/reader.ts'
import { type ProviderEntry, providersOf } from './providers.ts'
import { createReader } from './settings-reader.ts'

/** What a reload would refuse before it builds anything, but for names in the shipped catalogue, which is not read here. */
export async function checkSettingsText(bytes: Uint8Array, file: string): Promise<readonly Issue[]> {
  const read = await readOrIssues(() => readSettingsText(new TextDecoder().decode(bytes), file))
  return 'issues' in read ? read.issues : await issuesOf(read.settings)
}

export interface SettingsLook {
  readonly issues: readonly Issue[]
  /** None when the settings cannot be read. */
  readonly providers: readonly ProviderEntry[]
}

/**
 * The same of a file or a directory, read as a gateway reads it. An envelope is looked into; who has signed it is not asked.
 * Rejects when it cannot be read at all.
 */
export async function lookAtSettings(path: string): Promise<SettingsLook> {
  const isDirectory = (await stat(path)).isDirectory()
  const source = isDirectory ? directorySource(path) : fileSource(path)
  const read = await readOrIssues(async () => {
    const { bytes, mediaType } = (await source.read()) ?? (await source.read()) ?? NOTHING
    const sealed = mediaType === ENVELOPE_TYPE ? treeOfEnvelope(bytes) : null
    return sealed === null
      ? await readSettings(bytes, path, mediaType)
      : { tree: sealed, placeOf: () => undefined }
  })
  if ('issues' in read) return { issues: read.issues, providers: [] }
  return { issues: await issuesOf(read.settings), providers: providersOf(read.settings.tree) }
}

/** What somebody is writing all the time. */
const NOTHING = { bytes: new Uint8Array(), mediaType: undefined }

type Readable = Pick<AssembledSettings, 'tree' | 'placeOf'>

async function issuesOf({ tree, placeOf }: Readable): Promise<readonly Issue[]> {
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

async function readOrIssues(
  read: () => Readable | Promise<Readable>,
): Promise<{ readonly settings: Readable } | { readonly issues: readonly Issue[] }> {
  try {
    return { settings: await read() }
  } catch (error) {
    if (!isReloadError(error)) throw error
    const { code, message, issues } = error
    return { issues: issues.length > 0 ? issues : [{ code, message }] }
  }
}
