/**
 * Content parts of input messages and of tool outputs, both ways.
 *
 * What a part has beside its meaning stays in its `extra`; a part of a kind that the neutral form lacks, such
 * as an image named by the provider's id, is kept whole.
 */
import type { AudioPart, FilePart, ImagePart, NeutralPart } from '../../contract/neutral.ts'
import { type Fields, fieldsOf, isFields, present, textOf, textOrNone, unexpected } from '../fields.ts'

export function parseContent(value: unknown, field: string): readonly NeutralPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  if (!Array.isArray(value)) throw unexpected(field, value, 'a string or an array of parts')
  return value.map((it, i) => parsePart(it, `${field}[${i}]`))
}

function parsePart(value: unknown, field: string): NeutralPart {
  const part = fieldsOf(value, field)
  const type = textOf(part['type'], `${field}.type`)
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return parseText(part, field)
    case 'refusal':
      return { type, text: textOf(part['refusal'], `${field}.refusal`) }
    case 'input_image':
      return typeof part['image_url'] === 'string' ? parseImage(part, field) : other(type, part)
    case 'input_file':
      return parseFile(part, field)
    case 'input_audio':
      return parseAudio(part, field)
    default:
      return other(type, part)
  }
}

function parseText(part: Fields, field: string): NeutralPart {
  const { type: _type, text, annotations, logprobs, ...rest } = part
  const extra = restOf(rest, { $annotations: filled(annotations), $logprobs: filled(logprobs) })
  return present<Extract<NeutralPart, { type: 'text' }>>({
    type: 'text',
    text: textOf(text, `${field}.text`),
    extra,
  })
}

function parseImage(part: Fields, field: string): NeutralPart {
  const { type: _type, image_url: url, detail, file_id: _none, ...rest } = part
  return present<ImagePart>({
    type: 'image',
    url: textOf(url, `${field}.image_url`),
    detail: textOrNone(detail, `${field}.detail`),
    extra: restOf(rest),
  })
}

function parseFile(part: Fields, field: string): NeutralPart {
  const { type: _type, file_id: id, file_url: url, file_data: data, filename, ...rest } = part
  const bytes = textOrNone(data, `${field}.file_data`)
  return present<FilePart>({
    type: 'file',
    id: textOrNone(id, `${field}.file_id`),
    url: bytes ?? textOrNone(url, `${field}.file_url`),
    name: textOrNone(filename, `${field}.filename`),
    mediaType: bytes === undefined ? undefined : /^data:([^;,]+)/.exec(bytes)?.[1],
    extra: restOf(rest),
  })
}

function parseAudio(part: Fields, field: string): NeutralPart {
  const { type: _type, input_audio: value, ...rest } = part
  const audio = fieldsOf(value, `${field}.input_audio`)
  return present<AudioPart>({
    type: 'audio',
    data: textOf(audio['data'], `${field}.input_audio.data`),
    format: textOf(audio['format'], `${field}.input_audio.format`),
    extra: restOf(rest),
  })
}

function other(kind: string, value: Fields): NeutralPart {
  return { type: 'other', kind, value }
}

/** What else stood there, and marks of how it was spelled; `undefined` when there is nothing. */
export function restOf(rest: Fields, marks: Fields = {}): Fields | undefined {
  const extra = present<Record<string, unknown>>({ ...rest, ...marks })
  return Object.keys(extra).length === 0 ? undefined : extra
}

/** Without the marks: what belongs into the part as it stands. */
export function unmarked(extra: Fields | undefined): Fields {
  if (extra === undefined) return {}
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('$')))
}

function filled(value: unknown): unknown {
  return Array.isArray(value) && value.length > 0 ? value : undefined
}

/** A string where that says all, else parts; `keep` says whether `extra` is of this format. */
export function writeContent(parts: readonly NeutralPart[], keep: boolean): string | Fields[] {
  const [only] = parts
  if (parts.length === 1 && only?.type === 'text' && (!keep || only.extra === undefined)) return only.text
  return parts.map((part) => writePart(part, keep)).filter((it) => it !== null)
}

/** `null` for what this format has no part for. */
function writePart(part: NeutralPart, keep: boolean): Fields | null {
  const rest = keep && part.type !== 'other' ? unmarked(part.extra) : {}
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text, ...rest }
    case 'image':
      return present({ type: 'input_image', image_url: part.url, detail: part.detail, ...rest })
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format }, ...rest }
    case 'file':
      return { type: 'input_file', ...writeFile(part, keep), ...rest }
    case 'other':
      return keep ? part.value : null
    case 'reasoning':
    case 'tool_call':
    case 'tool_result':
      return null
  }
}

/** Bytes need a name, by which the provider knows their kind; who wrote in this format gave one. */
function writeFile(part: FilePart, keep: boolean): Fields {
  const isData = part.url?.startsWith('data:') === true
  return present<Record<string, unknown>>({
    file_id: part.id,
    file_data: isData ? part.url : undefined,
    file_url: isData ? undefined : part.url,
    filename: part.name ?? (isData && !keep ? `file.${endingOf(part.url)}` : undefined),
  })
}

function endingOf(url: string | undefined): string {
  const subtype = /^data:[^/;,]+\/([a-z0-9]+)/.exec(url ?? '')?.[1]
  return subtype === undefined || subtype === 'plain' ? 'txt' : subtype
}

export function textOfSummary(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.filter(isFields).flatMap((it) => (typeof it['text'] === 'string' ? [it['text']] : []))
}
