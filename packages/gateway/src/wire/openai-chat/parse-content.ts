/** What a message of a chat request holds, part by part. Fields that are not understood stay with their part. */
import type { NeutralPart } from '../../contract/neutral.ts'
import { type Fields, fieldsOf, isFields, present, textOf, textOrNone, unexpected } from '../fields.ts'

export function parseContent(value: unknown, field: string): readonly NeutralPart[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  if (!Array.isArray(value)) throw unexpected(field, value, 'a string or an array of parts')
  return value.map((it, i) => parsePart(it, `${field}[${i}]`))
}

/** The fields of `value` that are not named. `undefined` for none. */
export function restOf(value: Fields, ...named: readonly string[]): Fields | undefined {
  const rest = Object.entries(value).filter(([name, it]) => !named.includes(name) && it !== undefined)
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

function parsePart(value: unknown, field: string): NeutralPart {
  const part = fieldsOf(value, field)
  const type = textOf(part['type'], `${field}.type`)
  switch (type) {
    case 'text':
      return present<Extract<NeutralPart, { type: 'text' }>>({
        type,
        text: textOf(part['text'], `${field}.text`),
        extra: restOf(part, 'type', 'text'),
      })
    case 'refusal':
      return { type, text: textOf(part['refusal'], `${field}.refusal`) }
    case 'image_url':
      return parseImage(part, `${field}.image_url`)
    case 'input_audio':
      return parseAudio(part, `${field}.input_audio`) ?? { type: 'other', kind: type, value: part }
    case 'file':
      return parseFile(part) ?? { type: 'other', kind: type, value: part }
    default:
      return { type: 'other', kind: type, value: part }
  }
}

/** Some servers, and their clients, write the address without an object around it. */
function parseImage(part: Fields, field: string): NeutralPart {
  const given = part['image_url']
  const image = typeof given === 'string' ? { url: given } : fieldsOf(given, field)
  return present<Extract<NeutralPart, { type: 'image' }>>({
    type: 'image',
    url: textOf(image['url'], `${field}.url`),
    detail: textOrNone(image['detail'], `${field}.detail`),
    extra: restOf(part, 'type', 'image_url'),
  })
}

function parseAudio(part: Fields, field: string): NeutralPart | null {
  const audio = part['input_audio']
  if (!isFields(audio) || typeof audio['data'] !== 'string') return null
  return present<Extract<NeutralPart, { type: 'audio' }>>({
    type: 'audio',
    data: audio['data'],
    format: textOf(audio['format'], `${field}.format`),
    extra: restOf(part, 'type', 'input_audio'),
  })
}

/** `file_data` is a data: URL; some callers write bare base64, which is of a PDF. */
function parseFile(part: Fields): NeutralPart | null {
  const file = part['file']
  if (!isFields(file) || restOf(file, 'file_data', 'file_id', 'filename') !== undefined) return null
  const { file_data: data, file_id: id, filename: name } = file
  if (typeof data !== 'string' && typeof id !== 'string') return null
  return present<Extract<NeutralPart, { type: 'file' }>>({
    type: 'file',
    url: typeof data === 'string' ? asUrl(data) : undefined,
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : undefined,
    extra: restOf(part, 'type', 'file'),
  })
}

function asUrl(data: string): string {
  return /^(?:data:|https?:)/.test(data) ? data : `data:application/pdf;base64,${data}`
}
