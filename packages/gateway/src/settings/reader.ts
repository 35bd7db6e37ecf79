/**
 * Reads what a person wrote, and makes a draft of it for the engine to seal.
 *
 * YAML, JSON, TOML, a directory of them in one bundle, and patches of what is in force. Everything that
 * is wrong with the form is told at once, each with file, line and column; what the settings mean is
 * checked later, and `places` leads from there back to the line.
 *
 * Not here: what settings there are (`settings/schema.ts`), and whether they agree (`pipeline/`).
 */
import {
  type Draft,
  type Issue,
  type Json,
  type Origin,
  type Reader,
  ReloadError,
  SETTINGS_DIRECTORY_TYPE,
  type SettingsTree,
} from '@changeover/reload'
import { isGatewayError, sayError } from '../errors.ts'
import { type AssembledSettings, assemble } from './assemble.ts'
import { type SettingsDocument, syntaxIssue } from './document.ts'
import { applyJsonPatch, applyMergePatch } from './json-patch.ts'
import { refuseTooMany } from './refuse-too-many.ts'
import { ROLLOUT_DEFAULTS } from './rollout-spec.ts'
import { strictTextOf } from './text-bytes.ts'
import { formatOf, JSON_PATCH_TYPE, MERGE_PATCH_TYPE, readText, readTextInTurns } from './text-format.ts'

export interface SettingsReaderOptions {
  /** How long a version is observed when its settings do not say. */
  readonly bakeMs?: number
}

/** Throws `payload.unreadable` with all issues. */
export function settingsReader(options: SettingsReaderOptions = {}): Reader {
  const bakeMs = options.bakeMs ?? ROLLOUT_DEFAULTS.bakeMs
  return async (bytes, origin, base) => {
    const source = fileOf(origin)
    const type = mediaTypeOf(origin)
    if (type === MERGE_PATCH_TYPE || type === JSON_PATCH_TYPE) {
      return patchDraft({ text: decode(bytes, source), type, source, base: base ?? {}, bakeMs })
    }
    const settings = await readSettings(bytes, source, type)
    // A word that much may go is not meant for a file that was commented out to the end.
    if (settings.saysNothing && Object.keys(base ?? {}).length > 0)
      throw unreadable(source, [nothing(settings)])
    return draftOf(settings, bakeMs)
  }
}

/** A file, or a directory in one bundle. Throws `payload.unreadable` with all issues, and `payload.too_many`. */
export async function readSettings(
  bytes: Uint8Array,
  source: string,
  mediaType: string | undefined,
): Promise<AssembledSettings> {
  const text = decode(bytes, source)
  const documents =
    mediaType === SETTINGS_DIRECTORY_TYPE
      ? await readBundle(text, source)
      : [await readFileInTurns(text, source, mediaType)]
  return assembleOrThrow(source, documents)
}

/** One settings text, outside of a reload: for tools and tests. Throws `payload.unreadable`. */
export function readSettingsText(text: string, file: string, mediaType?: string): AssembledSettings {
  return assembleOrThrow(file, [readFile(text, file, mediaType)])
}

function nothing({ placeOf }: AssembledSettings): Issue {
  const expected = 'a map of sections such as routes, or {} to remove everything'
  const message = sayError('settings.syntax', { found: 'nothing but comments', expected })
  const place = placeOf('')
  return { code: 'settings.syntax', message, ...(place === undefined ? {} : { place }) }
}

interface Patch {
  readonly text: string
  readonly type: string
  readonly source: string
  readonly base: SettingsTree
  readonly bakeMs: number
}

/** A patch removes exactly what it names, so it needs no further word to remove much. */
function patchDraft(it: Patch): Draft {
  const patch = readFile(it.text, it.source, 'application/json')
  if ('issues' in patch) throw unreadable(it.source, patch.issues)
  const apply = it.type === MERGE_PATCH_TYPE ? applyMergePatch : applyJsonPatch
  let value: Json
  try {
    value = apply(it.base, patch.value)
  } catch (error) {
    if (!isGatewayError(error)) throw error
    const issue = { code: error.code, message: error.message, place: patch.placeOf([]) }
    throw unreadable(it.source, [issue])
  }
  const whole: SettingsDocument = { file: it.source, value, placeOf: (steps) => patch.placeOf(steps) }
  return draftOf(assembleOrThrow(it.source, [whole]), it.bakeMs)
}

function draftOf(settings: AssembledSettings, defaultBakeMs: number): Draft {
  const observe = settings.tree.rollout?.observe
  const asked =
    typeof observe === 'object' && observe !== null && 'bakeMs' in observe ? observe.bakeMs : undefined
  const bakeMs = typeof asked === 'number' ? asked : defaultBakeMs
  const places = (pointer: string) => settings.placeOf(pointer)
  return { settings: settings.tree, bakeMs, places }
}

type ReadFile = SettingsDocument | { readonly issues: readonly Issue[] }

function readFile(text: string, file: string, mediaType: string | undefined): ReadFile {
  const read = readText(formatOf(mediaType, file, text), text, file)
  return read.ok ? read.document : { issues: read.issues }
}

async function readFileInTurns(text: string, file: string, mediaType: string | undefined): Promise<ReadFile> {
  const read = await readTextInTurns(formatOf(mediaType, file, text), text, file)
  return read.ok ? read.document : { issues: read.issues }
}

/** Every file is read, so that the errors of all of them are told. */
async function readBundle(text: string, source: string): Promise<readonly ReadFile[]> {
  const bundle = readFile(text, source, 'application/json')
  if ('issues' in bundle) return [bundle]
  const files = filesOf(bundle.value)
  if (files === null) {
    const issue = syntaxIssue(bundle.placeOf([]), 'no bundle', 'files, a list of path and text')
    return [{ issues: [issue] }]
  }
  const read: ReadFile[] = []
  for (const it of files) read.push(await readFileInTurns(it.text, it.path, undefined))
  return read
}

export interface SettingsFile {
  readonly path: string
  readonly text: string
}

function filesOf(value: Json): readonly SettingsFile[] | null {
  const files = typeof value === 'object' && value !== null && 'files' in value ? value.files : null
  if (!Array.isArray(files)) return null
  const list = files as readonly Json[]
  return list.every(isSettingsFile) ? list : null
}

function isSettingsFile(it: Json): it is { readonly path: string; readonly text: string } {
  if (typeof it !== 'object' || it === null || Array.isArray(it)) return false
  return 'path' in it && typeof it.path === 'string' && 'text' in it && typeof it.text === 'string'
}

/** Of one document alone: a change reads the same text when it compares, edits, compares again and offers. */
const assembled = new WeakMap<SettingsDocument, AssembledSettings>()

function assembleOrThrow(source: string, files: readonly ReadFile[]): AssembledSettings {
  const broken = files.flatMap((it) => ('issues' in it ? it.issues : []))
  if (broken.length > 0) throw unreadable(source, broken)
  const documents = files.filter((it): it is SettingsDocument => !('issues' in it))
  for (const it of documents) refuseTooMany(it.value, (steps) => it.placeOf(steps))
  const [only] = documents
  const known = documents.length === 1 && only !== undefined ? assembled.get(only) : undefined
  const settings = known ?? assemble(documents)
  if (settings.issues.length > 0) throw unreadable(source, settings.issues)
  if (documents.length === 1 && only !== undefined) assembled.set(only, settings)
  return settings
}

function unreadable(source: string, issues: readonly Issue[]): ReloadError {
  return new ReloadError('payload.unreadable', { source, count: issues.length }, { issues })
}

function mediaTypeOf(origin: Origin): string | undefined {
  return origin.mediaType?.split(';', 1)[0]?.trim().toLowerCase()
}

/** The file as a person would name it. */
function fileOf(origin: Origin): string {
  return origin.source.replace(/^file:(?:\/\/)?/, '')
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return strictTextOf(bytes)
  } catch (error) {
    throw new ReloadError('payload.not_utf8', { what: `"${what}"` }, { cause: error })
  }
}
