/** Bytes and files in parts: Google writes a type beside each, others a data URL or the name of a format. */
import type { NeutralPart } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'

const DATA_URL = /^data:([^;,]*)(?:;[^;,]+)*;base64,/

export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | null {
  const match = DATA_URL.exec(url)
  if (match === null) return null
  return { mediaType: match[1] ?? '', data: url.slice(match[0].length) }
}

const AUDIO: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  opus: 'audio/opus',
  pcm16: 'audio/pcm',
}
const FORMATS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/x-wav': 'wav',
  'audio/pcm': 'pcm16',
}

export function audioTypeOf(format: string): string {
  return (Object.hasOwn(AUDIO, format) ? AUDIO[format] : undefined) ?? `audio/${format}`
}

function audioFormatOf(mediaType: string): string {
  return (
    (Object.hasOwn(FORMATS, mediaType) ? FORMATS[mediaType] : undefined) ?? mediaType.slice('audio/'.length)
  )
}

type Media = Extract<NeutralPart, { type: 'image' | 'audio' | 'file' }>

/** `extra` keeps what the neutral part has no place for. */
export function mediaFromBytes(mediaType: string, data: string, name: string | undefined): Media {
  if (name === undefined && mediaType.startsWith('image/')) {
    return { type: 'image', url: `data:${mediaType};base64,${data}` }
  }
  if (name === undefined && /^audio\/[\w.-]+$/.test(mediaType)) {
    const format = audioFormatOf(mediaType)
    const extra = audioTypeOf(format) === mediaType ? undefined : { $mimeType: mediaType }
    return present<Media & { type: 'audio' }>({ type: 'audio', data, format, extra })
  }
  return present<Media & { type: 'file' }>({
    type: 'file',
    url: `data:${mediaType};base64,${data}`,
    name,
    mediaType,
  })
}

export function mediaFromUri(uri: string, mediaType: string | undefined, name: string | undefined): Media {
  if (
    name === undefined &&
    mediaType !== undefined &&
    mediaType.startsWith('image/') &&
    /^https?:/.test(uri)
  ) {
    return { type: 'image', url: uri, extra: { $mimeType: mediaType } }
  }
  return present<Media & { type: 'file' }>({ type: 'file', url: uri, name, mediaType })
}

const BY_ENDING: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
}

/** A file that is named must have a type; where nobody says, the name of the file does. */
function guessType(url: string, otherwise: string): string {
  const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''
  return (Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined) ?? otherwise
}

/** `null` when there is nothing that Google could read: another provider's id of a file. */
export function writeMedia(part: Media): Fields | null {
  if (part.type === 'audio') {
    const mimeType = part.extra?.['$mimeType'] ?? audioTypeOf(part.format)
    return { inlineData: { mimeType, data: part.data } }
  }
  const { url } = part
  if (url === undefined) return null
  const bytes = readDataUrl(url)
  const displayName = part.type === 'file' ? part.name : undefined
  if (bytes !== null) {
    const mimeType = bytes.mediaType || (part.type === 'file' ? part.mediaType : undefined)
    return { inlineData: present({ displayName, mimeType, data: bytes.data }) }
  }
  const said = part.type === 'file' ? part.mediaType : part.extra?.['$mimeType']
  const mimeType = said ?? guessType(url, part.type === 'file' ? 'application/pdf' : 'image/jpeg')
  return { fileData: present({ displayName, mimeType, fileUri: url }) }
}
