/**
 * Where an answer comes from: `groundingMetadata` (searches and the passages they support) and
 * `citationMetadata` (recited texts). Google counts the bytes of a text in UTF-8, the neutral form its UTF-16
 * units.
 */
import type { Citation } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { camelFields } from './proto-fields.ts'

/** `text` is the answer so far, which the positions are of. */
export function parseGrounding(value: unknown, text: string): readonly Citation[] {
  if (!isFields(value)) return []
  const { groundingChunks, groundingSupports } = camelFields(value)
  const sources = fieldsIn(groundingChunks).map(sourceOf)
  const used = new Set<number>()
  const citations: Citation[] = []
  for (const support of fieldsIn(groundingSupports)) {
    const segment = isFields(support['segment']) ? camelFields(support['segment']) : {}
    const place = { text: textOf(segment['text']), ...placeOf(segment, text) }
    const indices = Array.isArray(support['groundingChunkIndices']) ? support['groundingChunkIndices'] : []
    for (const index of indices as unknown[]) {
      const source = typeof index === 'number' ? sources[index] : undefined
      if (source === undefined) continue
      used.add(index as number)
      citations.push(present<Citation>({ ...source, ...place }))
    }
  }
  const unused = sources.filter((_, i) => !used.has(i))
  return [...citations, ...unused.map((it) => present<Citation>(it))]
}

interface Source {
  readonly url: string | undefined
  readonly title: string | undefined
}

function sourceOf(chunk: Fields): Source {
  const place = [chunk['web'], chunk['retrievedContext'], chunk['maps'], chunk['image']].find(isFields) ?? {}
  const { uri, sourceUri, title } = camelFields(place)
  return { url: textOf(uri) ?? textOf(sourceUri), title: textOf(title) }
}

export function parseRecited(value: unknown, text: string): readonly Citation[] {
  if (!isFields(value)) return []
  const { citationSources, citations } = camelFields(value)
  return [...fieldsIn(citationSources), ...fieldsIn(citations)].map((it) =>
    present<Citation>({
      url: textOf(it['uri']),
      title: textOf(it['title']),
      ...placeOf(it, text),
      text: undefined,
    }),
  )
}

function placeOf(it: Fields, text: string): { start: number | undefined; end: number | undefined } {
  const { startIndex, endIndex } = it
  if (typeof endIndex !== 'number') return { start: undefined, end: undefined }
  return {
    start: unitsOf(text, typeof startIndex === 'number' ? startIndex : 0),
    end: unitsOf(text, endIndex),
  }
}

function unitsOf(text: string, bytes: number): number {
  return Buffer.from(text).subarray(0, bytes).toString().length
}

function bytesOf(text: string, units: number): number {
  return Buffer.byteLength(text.slice(0, units))
}

function fieldsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields).map(camelFields) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Citations of any format as `groundingMetadata`: a chunk for each source, a support for each passage. */
export function writeGrounding(citations: readonly Citation[], text: string): Fields {
  const keys = new Map<string, number>()
  const groundingChunks: Fields[] = []
  const groundingSupports: Fields[] = []
  for (const it of citations) {
    const key = JSON.stringify([it.url, it.title])
    let index = keys.get(key)
    if (index === undefined) {
      index = groundingChunks.length
      keys.set(key, index)
      groundingChunks.push({ web: present({ uri: it.url, title: it.title }) })
    }
    if (it.end === undefined && it.text === undefined) continue
    const segment = present({
      startIndex: it.start === undefined || it.start === 0 ? undefined : bytesOf(text, it.start),
      endIndex: it.end === undefined ? undefined : bytesOf(text, it.end),
      text: it.text ?? (it.end === undefined ? undefined : text.slice(it.start ?? 0, it.end)),
    })
    groundingSupports.push({ segment, groundingChunkIndices: [index] })
  }
  return present({
    groundingChunks,
    groundingSupports: groundingSupports.length === 0 ? undefined : groundingSupports,
  })
}
