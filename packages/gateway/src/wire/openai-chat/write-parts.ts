/** The parts of a reply that whole messages and streamed deltas write the same way. */
import type { Citation, MediaDelta, OtherDelta } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'

/** Chat has no place for what proves a thought; this is where OpenRouter puts it, and where we read it again. */
export function writeThoughtDetail(
  thought: {
    readonly text: string
    readonly id?: string | undefined
    readonly signature?: string | undefined
    readonly redacted?: string | undefined
  },
  index: number,
): Fields {
  const { text, id, signature, redacted } = thought
  if (redacted !== undefined) return present({ type: 'reasoning.encrypted', data: redacted, id, index })
  return present({ type: 'reasoning.text', text, signature, id, index })
}

/** `null` for what cites no address. */
export function writeCitation(citation: Citation): Fields | null {
  const { url, title, text, start, end } = citation
  if (url === undefined) return null
  const cited = { url, title: title ?? url, start_index: start ?? 0, end_index: end ?? 0 }
  return { type: 'url_citation', url_citation: text === undefined ? cited : { ...cited, content: text } }
}

/** As a field of a message. */
export function writeMedia(media: MediaDelta): Fields {
  const { mediaType, data, id, transcript, expiresAt } = media
  if (mediaType.startsWith('audio/')) {
    return { audio: { id: id ?? '', data, transcript: transcript ?? '', expires_at: expiresAt ?? 0 } }
  }
  return { images: [{ type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }] }
}

/** As a field of a delta: clients put the pieces of a recording together, field by field. */
export function writeMediaPiece(media: MediaDelta): Fields {
  const { mediaType, id, transcript, expiresAt } = media
  if (!mediaType.startsWith('audio/')) return writeMedia(media)
  const data = media.data === '' ? undefined : media.data
  return { audio: present({ id, data, transcript, expires_at: expiresAt }) }
}

/** A call of a tool that takes a text in place of arguments. */
export function isCustomCall(it: OtherDelta): boolean {
  return it.from === 'openai-chat' && it.kind === 'custom'
}

/** `signature`: what proves the call, where Google's servers of this format have it. */
export function callExtra(signature: string | undefined): Fields {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }
}
