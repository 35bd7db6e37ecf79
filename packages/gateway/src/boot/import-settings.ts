/**
 * Another gateway's file as settings of ours, with a report of what was not carried over. For `changeover import`.
 *
 * What comes out has been checked like any settings: a file that was written by an import is one that a gateway takes.
 */
import type { Issue } from '@changeover/reload'
import { importLiteLlm } from '../imports/litellm.ts'
import { importPortkey, type PortkeyOptions } from '../imports/portkey.ts'
import type { Imported, ImportNote } from '../imports/settings-draft.ts'
import { writeSettings } from '../settings/edit.ts'
import { formatOf, readText } from '../settings/text-format.ts'
import { checkSettingsText } from './look-at-settings.ts'

/** Whose files can be read. */
export const IMPORT_SOURCES = ['litellm', 'portkey'] as const
export type ImportSource = (typeof IMPORT_SOURCES)[number]

export interface ImportedSettings {
  /** In the form that the name asks for: YAML, JSON or TOML. */
  readonly text: string
  readonly notes: readonly ImportNote[]
  readonly counts: Readonly<Record<'providers' | 'models' | 'routes', number>>
  /** What the gateway would refuse about it; then it is ours to mend, or the operator's. */
  readonly issues: readonly Issue[]
}

export interface ImportRequest extends PortkeyOptions {
  readonly source: ImportSource
  readonly text: string
  /** For messages, and to tell the form. */
  readonly file: string
  /** Name of the file that will hold the settings. */
  readonly output: string
}

/** The text cannot be read at all, or it is no file of that kind. */
export interface NotImported {
  readonly unreadable: readonly Issue[]
}

export async function importSettings(request: ImportRequest): Promise<ImportedSettings | NotImported> {
  const { source, text, file, output } = request
  const read = readText(formatOf(undefined, file, text), text, file)
  if (!read.ok) return { unreadable: read.issues }
  const imported: Imported | null =
    source === 'litellm' ? importLiteLlm(read.document.value) : importPortkey(read.document.value, request)
  if (imported === null) return { unreadable: [] }
  const { settings, notes } = imported
  const tree = JSON.parse(JSON.stringify(settings)) as Parameters<typeof writeSettings>[0]
  const written = writeSettings(tree, output)
  return {
    text: written,
    notes,
    counts: {
      providers: Object.keys(settings.providers ?? {}).length,
      models: Object.keys(settings.models ?? {}).length,
      routes: Object.keys(settings.routes ?? {}).length,
    },
    issues: await checkSettingsText(Buffer.from(written), output),
  }
}
