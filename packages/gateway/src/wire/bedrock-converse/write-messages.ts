/**
 * Neutral messages as Converse's turns.
 *
 * User and assistant take turns there, and all results of one turn's tools stand in one message: so neighbours
 * of the same role become one. Images and documents are bytes: an address is not fetched for anybody.
 */
import type { FilePart, NeutralMessage, NeutralPart, ToolResultPart } from '../../contract/neutral.ts'
import { type Fields, isFields, unexpected } from '../fields.ts'
import { readDataUrl } from '../gemini/media.ts'

type Warn = (text: string) => void

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Fields[]
}

export function writeSystem(messages: readonly NeutralMessage[], warn: Warn): readonly Fields[] | undefined {
  const blocks: Fields[] = []
  let leading = true
  for (const message of messages) {
    if (message.role !== 'system') {
      leading = false
      continue
    }
    if (!leading) warn('system message between others: moved before them')
    for (const part of message.parts) {
      if (part.type !== 'text') warn(`${part.type} in a system message: not supported`)
      else if (part.text !== '') blocks.push({ text: part.text }, ...cachePoint(part))
    }
  }
  return blocks.length === 0 ? undefined : blocks
}

export function writeMessages(messages: readonly NeutralMessage[], warn: Warn): readonly Turn[] {
  const turns: Turn[] = []
  const documents = { count: 0 }
  for (const [i, message] of messages.entries()) {
    if (message.role === 'system') continue
    if (message.name !== undefined) warn(`messages[${i}].name: not supported`)
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = message.parts.flatMap((part) => writePart(part, { warn, documents }))
    if (content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else turns.push({ role, content })
  }
  return turns
}

interface Writing {
  readonly warn: Warn
  /** Documents need names of their own. */
  readonly documents: { count: number }
}

function writePart(part: NeutralPart, it: Writing): readonly Fields[] {
  const block = writeBlock(part, it)
  return block === null ? [] : [block, ...(part.type === 'other' ? [] : cachePoint(part))]
}

/** What Anthropic's callers mark as worth keeping in the cache ends at a point here. */
function cachePoint(part: Exclude<NeutralPart, { type: 'other' }>): readonly Fields[] {
  return isFields(part.extra?.['cache_control']) ? [{ cachePoint: { type: 'default' } }] : []
}

function writeBlock(part: NeutralPart, it: Writing): Fields | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? null : { text: part.text }
    case 'reasoning':
      return writeReasoning(part, it.warn)
    case 'image':
      return writeImage(part.url, it.warn)
    case 'audio':
      it.warn('audio: not supported')
      return null
    case 'file':
      return writeFile(part, it)
    case 'tool_call':
      return { toolUse: { toolUseId: part.id, name: part.name, input: parseArguments(part) } }
    case 'tool_result':
      return { toolResult: writeResult(part, it) }
    case 'other':
      return null
  }
}

/** Without a signature a thought proves nothing, and is refused. */
function writeReasoning(part: Extract<NeutralPart, { type: 'reasoning' }>, warn: Warn): Fields | null {
  const { text, signature, redacted } = part
  if (redacted !== undefined) return { reasoningContent: { redactedContent: redacted } }
  if (signature !== undefined) return { reasoningContent: { reasoningText: { text, signature } } }
  warn('thoughts of earlier turns: not passed on')
  return null
}

const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

function writeImage(url: string, warn: Warn): Fields | null {
  const bytes = readDataUrl(url)
  const format = bytes === null ? undefined : IMAGES[bytes.mediaType]
  if (bytes !== null && format !== undefined) return { image: { format, source: { bytes: bytes.data } } }
  if (url.startsWith('s3://')) {
    return { image: { format: endingOf(url, 'png'), source: { s3Location: { uri: url } } } }
  }
  warn(
    bytes === null
      ? 'an image by its address: not supported, send its bytes'
      : `an image of type "${bytes.mediaType}": not supported`,
  )
  return null
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}
const VIDEO = /^video\/(mp4|webm|quicktime|x-matroska|mpeg)$/

function writeFile(part: FilePart, { warn, documents }: Writing): Fields | null {
  const bytes = part.url === undefined ? null : readDataUrl(part.url)
  const type = bytes?.mediaType || part.mediaType || ''
  if (bytes !== null && IMAGES[type] !== undefined) return writeImage(part.url ?? '', warn)
  const source = bytes === null ? s3Of(part.url) : { bytes: bytes.data }
  const video = VIDEO.exec(type)
  if (source !== null && video !== null) {
    const named = { quicktime: 'mov', 'x-matroska': 'mkv' }[video[1] ?? ''] ?? video[1]
    return { video: { format: named, source } }
  }
  const format = DOCUMENTS[type]
  if (source === null || format === undefined) {
    warn(
      source === null
        ? 'a file that is not sent as bytes: not supported'
        : `a file of type "${type}": not supported`,
    )
    return null
  }
  documents.count += 1
  return { document: { format, name: documentName(part.name, documents.count), source } }
}

function s3Of(url: string | undefined): Fields | null {
  return url?.startsWith('s3://') === true ? { s3Location: { uri: url } } : null
}

/** Letters, digits, single spaces, hyphens and brackets; a number keeps two names apart. */
function documentName(name: string | undefined, count: number): string {
  const plain = (name ?? '')
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replace(/[^A-Za-z0-9()[\] -]+/g, '-')
    .replace(/ {2,}/g, ' ')
  return plain.trim() === '' ? `document-${count}` : `${plain.slice(0, 180)}-${count}`
}

function endingOf(url: string, otherwise: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(url)?.[1]?.toLowerCase()
  return ending === 'jpg' ? 'jpeg' : (ending ?? otherwise)
}

function writeResult(part: ToolResultPart, it: Writing): Fields {
  const content = part.parts.flatMap((one): readonly Fields[] => {
    if (one.type === 'tool_result' || one.type === 'tool_call' || one.type === 'reasoning') return []
    const block = writeBlock(one, it)
    return block === null ? [] : [block]
  })
  const written = { toolUseId: part.id, content: content.length === 0 ? [{ text: ' ' }] : content }
  return part.isError === true ? { ...written, status: 'error' } : written
}

function parseArguments(part: Extract<NeutralPart, { type: 'tool_call' }>): Fields {
  if (part.arguments.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(part.arguments)
  } catch {
    value = part.arguments
  }
  if (isFields(value)) return value
  throw unexpected(`arguments of tool call "${part.name.slice(0, 64)}"`, value, 'a JSON object')
}
