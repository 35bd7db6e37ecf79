/**
 * Puts together what is needed to say where a value comes from: the line of versions, the audit log, the texts that
 * versions were read from, and the operator's own file as it is now.
 */
import { join } from 'node:path'
import type { Origin, Reloader, Telemetry } from '@changeover/reload'
import { History, TEXT_LINEAGE } from '../cause/history.ts'
import { type KeptTexts, openKeptTexts, type SourceText } from '../cause/kept-texts.ts'
import { createProvenance, type OwnPlace, type Provenance, type ReadSettings } from '../cause/provenance.ts'
import type { AttemptJournal } from '../control/attempt-journal.ts'
import type { SettingsSource } from '../control/settings-source.ts'
import { settingsReader } from '../settings/reader.ts'

export function openTexts(stateFolder: string, telemetry: Telemetry): KeptTexts {
  return openKeptTexts(join(stateFolder, 'texts'), (error) =>
    telemetry.logger.log({
      level: 'warn',
      room: 'cause',
      message: 'the text of a version could not be kept; its lines will not be known',
      error,
    }),
  )
}

export interface ProvenanceParts {
  readonly reloader: Reloader<unknown>
  readonly journal: AttemptJournal
  readonly texts: KeptTexts
  readonly source: SettingsSource
}

/** `stop` ends what follows the reloader. */
export function openProvenance(parts: ProvenanceParts): { provenance: Provenance; stop: () => void } {
  const { reloader, journal, texts, source } = parts
  const history = new History({
    line: () => reloader.line(),
    manifest: (version) => reloader.manifest(version),
    settings: (version) => reloader.settings(version),
    audit: (options) => reloader.audit(options),
    subscribe: (listener) => reloader.subscribe(listener),
    reports: () => journal.reports(),
  })
  const provenance = createProvenance({
    history,
    texts,
    own: ownPlace(source),
    readOwn: () => readOwn(source),
    read: readSettings,
    inForce: () => reloader.current(),
  })
  const stops = [history.follow(), keepTexts(reloader, texts)]
  return {
    provenance,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

/** Versions that may still be told of. */
const MOST_HEARD = 8

/** Keeps the text of each version that has a number for good, once. Returns how to stop. */
function keepTexts(reloader: Reloader<unknown>, texts: KeptTexts): () => void {
  /** The newest last. Events tell of a version many times, and of the one before it once more when its place is taken. */
  let heard: readonly string[] = []
  const keep = async (version: string): Promise<void> => {
    const lineage = await reloader.lineage(version)
    // One that is only offered has come to nothing yet, and what it was read from may hold what must be kept nowhere.
    if (lineage === null) return
    if (!heard.includes(version)) heard = [...heard, version].slice(-MOST_HEARD)
    const digest = lineage[TEXT_LINEAGE]
    if (digest !== undefined) await texts.keep(digest)
  }
  const hear = (version: string | null): void => {
    if (version === null || heard.includes(version)) return
    // What cannot be read now is not known later: no more than that.
    keep(version).catch(() => undefined)
  }
  hear(reloader.current()?.version ?? null)
  return reloader.subscribe((event) => hear(event.version))
}

function ownPlace({ own, place }: SettingsSource): OwnPlace | null {
  return own === null ? null : { place, mediaType: own.mediaType, isMany: own.isMany }
}

async function readOwn({ own, place }: SettingsSource): Promise<SourceText | null> {
  const bytes = (await own?.read().catch(() => null)) ?? null
  if (own === null || bytes === null) return null
  return { source: place, mediaType: own.mediaType, text: new TextDecoder().decode(bytes) }
}

const read = settingsReader()

async function readSettings({ source, mediaType, text }: SourceText): Promise<ReadSettings> {
  const origin: Origin = { trigger: 'file', source, ...(mediaType === undefined ? {} : { mediaType }) }
  const { settings, places } = await read(new TextEncoder().encode(text), origin, null)
  return { settings, placeOf: (pointer) => places?.(pointer) }
}
