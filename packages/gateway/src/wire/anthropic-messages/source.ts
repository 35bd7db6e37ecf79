/** Where the bytes of an image or a document are: Anthropic's `source`, and the URLs of the neutral form. */
import { type Fields, textOf } from '../fields.ts'

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*?(;base64)?,/

/** `null` for a source that has no address, such as one of further blocks. */
export function parseSource(source: Fields, field: string): { url: string } | { id: string } | null {
  switch (source['type']) {
    case 'url':
      return { url: textOf(source['url'], `${field}.url`) }
    case 'file':
      return { id: textOf(source['file_id'], `${field}.file_id`) }
    case 'base64': {
      const mediaType = textOf(source['media_type'], `${field}.media_type`)
      return { url: `data:${mediaType};base64,${textOf(source['data'], `${field}.data`)}` }
    }
    case 'text': {
      const data = Buffer.from(textOf(source['data'], `${field}.data`)).toString('base64')
      return { url: `data:text/plain;base64,${data}` }
    }
    default:
      return null
  }
}

export function writeSource(url: string): Fields {
  const found = DATA_URL.exec(url)
  if (found === null) return { type: 'url', url }
  const rest = url.slice(found[0].length)
  const mediaType = found[1] || 'text/plain'
  const data = found[2] === undefined ? Buffer.from(decode(rest)).toString('base64') : rest
  return { type: 'base64', media_type: mediaType, data }
}

/** Plain text has a source of its own. `null` for a kind of document that is not taken. */
export function writeDocumentSource(url: string): Fields | null {
  const source = writeSource(url)
  if (source['type'] === 'url') return source
  const { media_type: mediaType, data } = source
  if (mediaType === 'application/pdf') return source
  if (typeof mediaType !== 'string' || !mediaType.startsWith('text/')) return null
  return { type: 'text', media_type: 'text/plain', data: Buffer.from(String(data), 'base64').toString() }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
