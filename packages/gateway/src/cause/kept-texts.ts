/**
 * The texts that versions were read from, so that a line of a file can be named for a value long after the file has
 * changed. A version's manifest names its text by digest (`changeover.text` in its lineage); the text itself lies here.
 *
 * Why whole texts and not the lines of each value: a text of a thousand keys is two hundred kilobytes, and what would be
 * worked out from it for each version is not smaller; and nothing need be worked out when a version comes in.
 *
 * Invariant: what is not there is not known. Nothing waits for this, no failure here fails a reload, and what is read is
 * believed only when it has its digest. Settings hold no secrets, so texts do not either; the files are the owner's only
 * all the same.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface SourceText {
  /** As a person would name it. */
  readonly source: string
  /** Where it is not said by the name. */
  readonly mediaType?: string | undefined
  readonly text: string
}

export interface KeptTexts {
  /** Remembers a text that was read, in case a version comes of it. Returns its digest. */
  hold(text: SourceText): string
  /** A version has come of the text with this digest. */
  keep(digest: string): Promise<void>
  /** `null` when it is not there any more. */
  find(digest: string): Promise<SourceText | null>
}

/** Texts that were read and have become no version yet: plans, and what is being offered. */
const MOST_HELD = 4
const MOST_FILES = 128
const MOST_BYTES = 16 * 1024 * 1024

/** `failed` is told of what could not be written. */
export function openKeptTexts(folder: string, failed: (error: unknown) => void): KeptTexts {
  const held = new Map<string, SourceText>()
  const written = new Set<string>()
  const pathOf = (digest: string): string => join(folder, `${digest.replace('sha256:', '')}.json`)

  return {
    hold(text) {
      const digest = [...held].find(([, it]) => isSame(it, text))?.[0] ?? digestOf(text)
      const known = held.get(digest)
      held.delete(digest)
      held.set(digest, known ?? text)
      for (const oldest of held.keys()) {
        if (held.size <= MOST_HELD) break
        held.delete(oldest)
      }
      return digest
    },
    async keep(digest) {
      const text = held.get(digest)
      if (text === undefined || written.has(digest)) return
      written.add(digest)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeFile(pathOf(digest), JSON.stringify(text), { mode: 0o600 })
        for (const gone of await dropOldest(folder)) written.delete(gone)
      } catch (error) {
        written.delete(digest)
        failed(error)
      }
    },
    async find(digest) {
      const text = held.get(digest)
      if (text !== undefined) return text
      return await readKept(pathOf(digest), digest)
    },
  }
}

function isSame(a: SourceText, b: SourceText): boolean {
  return a.source === b.source && a.mediaType === b.mediaType && a.text === b.text
}

/** Names go with it: the same text under another name is another place. */
function digestOf({ source, mediaType = '', text }: SourceText): string {
  // In two goes, so that no second text as long as this one is made.
  const names = createHash('sha256').update(`${source}\0${mediaType}\0`)
  return `sha256:${names.update(text).digest('hex')}`
}

async function readKept(path: string, digest: string): Promise<SourceText | null> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as SourceText
    return digestOf(found) === digest ? found : null
  } catch {
    return null
  }
}

/** The oldest go, as many as are too many or too much. Answers their digests. */
async function dropOldest(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((it) => it.endsWith('.json'))
  const files = await Promise.all(
    names.map(async (name) => ({ name, found: await stat(join(folder, name)).catch(() => null) })),
  )
  const newestFirst = files.toSorted((a, b) => (b.found?.mtimeMs ?? 0) - (a.found?.mtimeMs ?? 0))
  let bytes = 0
  const gone: string[] = []
  for (const [i, { name, found }] of newestFirst.entries()) {
    bytes += found?.size ?? 0
    if (i === 0 || (i < MOST_FILES && bytes <= MOST_BYTES)) continue
    await rm(join(folder, name), { force: true })
    gone.push(`sha256:${name.replace('.json', '')}`)
  }
  return gone
}
