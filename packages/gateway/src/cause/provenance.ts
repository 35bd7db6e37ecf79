/**
 * Where the values of a version come from: the version that made each what it is, the line that it stands in, and
 * whether it is written anywhere at all.
 *
 * Nothing is worked out before somebody asks, and nothing that is asked stays in memory but some facts of versions and
 * the last texts that were read. It all comes from what is on disk: manifests, audit log, kept texts; so it is the same
 * after a restart.
 *
 * A value of the version in force is looked up in the operator's file as it is now, where it says the same: that is where
 * somebody would go to change it. Otherwise in the text that the version was read from.
 */
import type { SettingsTree } from '@changeover/reload'
import { findOrigins, isSent } from './find-origins.ts'
import type { History } from './history.ts'
import type { KeptTexts, SourceText } from './kept-texts.ts'
import type { Place, ValueOrigin, VersionStep } from './origin.ts'
import type { ShareSince } from './reload-facts.ts'
import { isSame, valueAt } from './values.ts'

/** A settings text, read: what it says, and where. */
export interface ReadSettings {
  readonly settings: SettingsTree
  placeOf(pointer: string): Place | undefined
}

export interface OwnPlace {
  /** How people call it. */
  readonly place: string
  /** Of its bytes. */
  readonly mediaType: string
  readonly isMany: boolean
}

export interface ProvenanceOptions {
  readonly history: History
  readonly texts: KeptTexts
  /** The operator's own file or directory; `null` where settings are not ours to write. */
  readonly own: OwnPlace | null
  /** What the operator's own file says now; `null` when there is none, or it cannot be read. */
  readOwn(): Promise<SourceText | null>
  /** Throws when the text cannot be read. */
  read(text: SourceText): Promise<ReadSettings>
  inForce(): { readonly version: string; readonly settings: SettingsTree } | null
}

export interface Provenance {
  /** `settings`: those of the version, for what is written in them. */
  originsOf(
    version: string,
    settings: SettingsTree,
    pointers: readonly string[],
  ): Promise<ReadonlyMap<string, ValueOrigin>>
  step(version: string): Promise<VersionStep | null>
  /** As `History.shareAt`. */
  shareAt(rollout: string, atMs: number): Promise<ShareSince | null>
  /** As `History.broughtBetween`. */
  broughtBetween(fromMs: number, toMs: number): Promise<readonly VersionStep[]>
}

/** Texts that stay read, because one question asks for many places of the same. */
const MOST_READ = 2
/** What a text came under when its sender gave it no name. */
const SENT = /^(?:GET|POST|PUT|PATCH) \//

export function createProvenance(options: ProvenanceOptions): Provenance {
  const { history, own } = options
  const reading = createReading(options)
  const isOwn = own !== null

  async function placeIn(step: VersionStep, pointer: string): Promise<Place | null> {
    const text = step.text === null ? null : await options.texts.find(step.text)
    const place = text === null ? null : ((await reading(text))?.placeOf(pointer) ?? null)
    if (text === null || place === null || !isSent(step)) return place
    // Named by whoever sent it, on a machine of his own.
    if (own === null) return SENT.test(place.file) ? null : place
    // What was sent in the form of the file was then written into it: the same lines, under the file's own name.
    if (text.mediaType !== own.mediaType) return null
    return own.isMany ? place : { ...place, file: own.place }
  }

  async function placeNow(settings: SettingsTree, pointer: string): Promise<Place | null> {
    const text = await options.readOwn()
    const now = text === null ? null : await reading(text)
    if (now === null || !isSame(valueAt(now.settings, pointer), valueAt(settings, pointer))) return null
    return now.placeOf(pointer) ?? null
  }

  return {
    step: (version) => history.step(version),
    shareAt: (rollout, atMs) => history.shareAt(rollout, atMs),
    broughtBetween: (fromMs, toMs) => history.broughtBetween(fromMs, toMs),
    async originsOf(version, settings, pointers) {
      const finder = { history, isOwn, placeIn }
      const isInForce = options.inForce()?.version === version
      const found = new Map<string, ValueOrigin>()
      for (const [pointer, it] of await findOrigins(finder, version, pointers)) {
        const isWritten = valueAt(settings, pointer) !== undefined
        const now = isWritten && isInForce ? await placeNow(settings, pointer) : null
        const place = isWritten ? (now ?? it.place) : null
        found.set(pointer, { ...it, kind: isWritten ? it.kind : 'default', place })
      }
      return found
    },
  }
}

/** Reads a text once for several questions; `null` when it cannot be read any more. */
function createReading({ read }: ProvenanceOptions) {
  let recent: readonly { readonly text: SourceText; readonly it: Promise<ReadSettings | null> }[] = []
  return (text: SourceText): Promise<ReadSettings | null> => {
    const known = recent.find(
      (entry) =>
        entry.text.text === text.text &&
        entry.text.source === text.source &&
        entry.text.mediaType === text.mediaType,
    )
    const entry = known ?? { text, it: read(text).catch(() => null) }
    recent = [entry, ...recent.filter((other) => other !== entry)].slice(0, MOST_READ)
    return entry.it
  }
}
