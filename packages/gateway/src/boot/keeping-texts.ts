/**
 * A reader that remembers each text it reads, and has the version that comes of it name that text in its lineage, so
 * that lines can be told of its values later (`cause/`).
 */
import type { Draft, Origin, Reader } from '@changeover/reload'
import { STARTER_LINEAGE, TEXT_LINEAGE } from '../cause/history.ts'
import type { KeptTexts } from '../cause/kept-texts.ts'
import { textOf } from '../settings/text-bytes.ts'

export interface TextKeeping {
  readonly texts: KeptTexts
  /** The settings that a newcomer starts with. */
  readonly starter: string
}

export function keepingTexts(read: Reader, keeping: TextKeeping): Reader {
  return async (bytes, origin, base) => {
    const draft = await read(bytes, origin, base)
    if (!isText(draft, origin)) return draft
    const { source, mediaType } = origin
    const text = textOf(bytes)
    const digest = keeping.texts.hold({ source, mediaType, text })
    const starter = base === null && text === keeping.starter ? { [STARTER_LINEAGE]: 'true' } : {}
    return { ...draft, lineage: { ...draft.lineage, [TEXT_LINEAGE]: digest, ...starter } }
  }
}

/** A patch is no text that a value of the version could be looked up in, and an override stands nowhere. */
function isText(draft: Draft, { mediaType = '' }: Origin): boolean {
  return draft.serveTtlMs == null && !/^application\/(?:merge-patch|json-patch)\+json\b/.test(mediaType)
}
