/** Google's contents as neutral messages. What a part says beside its content stays with it, in `extra`. */
import type { NeutralMessage, NeutralPart, TextPart, ToolResultPart } from '../../contract/neutral.ts'
import { type Fields, isFields, listOf, present, textOf, textOrNone, unexpected } from '../fields.ts'
import { ConversationIds } from './call-ids.ts'
import { mediaFromBytes, mediaFromUri } from './media.ts'
import { camelFields, protoFieldsOf, restOf } from './proto-fields.ts'

export function parseContents(value: unknown): readonly NeutralMessage[] {
  const ids = new ConversationIds()
  return listOf(value, 'contents').map((it, i) => parseContent(it, `contents[${i}]`, ids))
}

export function parseSystem(value: unknown): readonly NeutralMessage[] {
  if (value === undefined || value === null) return []
  const content = protoFieldsOf(value, 'systemInstruction')
  const parts = parseParts(content['parts'], 'systemInstruction.parts', new ConversationIds())
  const role = content['role']
  return [
    present<NeutralMessage>({
      role: 'system',
      parts,
      extra: role === undefined ? undefined : { $role: role },
    }),
  ]
}

function parseContent(value: unknown, field: string, ids: ConversationIds): NeutralMessage {
  const content = protoFieldsOf(value, field)
  const said = textOrNone(content['role'], `${field}.role`) ?? 'user'
  const parts = parseParts(content['parts'], `${field}.parts`, ids)
  if (said === 'model') return { role: 'assistant', parts }
  if (said === 'function' || said === 'tool') return { role: 'tool', parts, extra: { $role: said } }
  if (said !== 'user') throw unexpected(`${field}.role`, said, 'user or model')
  const answers = parts.length > 0 && parts.every((part) => part.type === 'tool_result')
  return { role: answers ? 'tool' : 'user', parts }
}

function parseParts(value: unknown, field: string, ids: ConversationIds): readonly NeutralPart[] {
  if (value === undefined || value === null) return []
  return listOf(value, field).map((it, i) => parsePart(it, `${field}[${i}]`, ids))
}

const OF_TEXT: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])
const OF_BYTES: ReadonlySet<string> = new Set(['inlineData', 'thought'])
const OF_FILE: ReadonlySet<string> = new Set(['fileData', 'thought'])
const OF_CALL: ReadonlySet<string> = new Set(['functionCall', 'thoughtSignature', 'thought'])
const OF_ANSWER: ReadonlySet<string> = new Set(['functionResponse', 'thought'])

function parsePart(value: unknown, field: string, ids: ConversationIds): NeutralPart {
  const part = protoFieldsOf(value, field)
  const thought = part['thought'] === true
  if (part['text'] !== undefined) {
    const text = textOf(part['text'], `${field}.text`)
    const signature = textOrNone(part['thoughtSignature'], `${field}.thoughtSignature`)
    if (!thought) {
      const signed = signature === undefined ? undefined : { $thoughtSignature: signature }
      const plain = present<TextPart>({ type: 'text', text, extra: signed })
      return extended<NeutralPart>(plain, restOf(part, OF_TEXT))
    }
    const rest = restOf(part, OF_TEXT)
    return extended(
      present<NeutralPart & { type: 'reasoning' }>({ type: 'reasoning', text, signature }),
      rest,
    )
  }
  if (thought) return { type: 'other', kind: 'thought', value: part }
  if (part['functionCall'] !== undefined) return parseCall(part, `${field}.functionCall`, ids)
  if (part['functionResponse'] !== undefined) return parseAnswer(part, `${field}.functionResponse`, ids)
  if (part['inlineData'] !== undefined) {
    const at = `${field}.inlineData`
    const blob = protoFieldsOf(part['inlineData'], at)
    const name = textOrNone(blob['displayName'], `${at}.displayName`)
    const type = textOf(blob['mimeType'], `${at}.mimeType`)
    return extended(mediaFromBytes(type, textOf(blob['data'], `${at}.data`), name), restOf(part, OF_BYTES))
  }
  if (part['fileData'] !== undefined) {
    const at = `${field}.fileData`
    const file = protoFieldsOf(part['fileData'], at)
    const name = textOrNone(file['displayName'], `${at}.displayName`)
    const type = textOrNone(file['mimeType'], `${at}.mimeType`)
    return extended(mediaFromUri(textOf(file['fileUri'], `${at}.fileUri`), type, name), restOf(part, OF_FILE))
  }
  const kind = Object.keys(part).find((it) => isFields(part[it])) ?? 'part'
  return { type: 'other', kind, value: part }
}

/** Beside what the part has in `extra` already. */
function extended<Part extends NeutralPart>(part: Part, rest: Fields | undefined): Part {
  if (rest === undefined) return part
  const before = part.type === 'other' ? undefined : part.extra
  return { ...part, extra: { ...before, ...rest } }
}

function parseCall(part: Fields, field: string, ids: ConversationIds): NeutralPart {
  const call = protoFieldsOf(part['functionCall'], field)
  const name = textOf(call['name'], `${field}.name`)
  const made = present<NeutralPart & { type: 'tool_call' }>({
    type: 'tool_call',
    id: ids.ofCall(name, textOrNone(call['id'], `${field}.id`)),
    name,
    arguments: JSON.stringify(call['args'] ?? {}),
    signature: textOrNone(part['thoughtSignature'], `${field}.thoughtSignature`),
  })
  return extended(made, restOf(part, OF_CALL))
}

const OF_RESPONSE: ReadonlySet<string> = new Set(['id', 'name'])

/** The answer as it was written stays in `extra`; its text is for formats whose answers are texts. */
function parseAnswer(part: Fields, field: string, ids: ConversationIds): NeutralPart {
  const answer = protoFieldsOf(part['functionResponse'], field)
  const name = textOf(answer['name'], `${field}.name`)
  const response = isFields(answer['response']) ? answer['response'] : {}
  const functionResponse = restOf(answer, OF_RESPONSE)
  const made = present<ToolResultPart>({
    type: 'tool_result',
    id: ids.ofAnswer(name, textOrNone(answer['id'], `${field}.id`)),
    name,
    parts: [{ type: 'text', text: textOfAnswer(response) }, ...parseAnswerMedia(answer['parts'])],
    isError: response['error'] === undefined ? undefined : true,
    extra: functionResponse === undefined ? undefined : { $functionResponse: functionResponse },
  })
  return extended(made, restOf(part, OF_ANSWER))
}

/** Google's own names for the whole of an answer are `output` and `error`; most clients write `result`. */
function textOfAnswer(response: Fields): string {
  const names = Object.keys(response)
  const [only] = names
  if (names.length === 1 && (only === 'output' || only === 'result' || only === 'error')) {
    const value = response[only]
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return JSON.stringify(response)
}

function parseAnswerMedia(value: unknown): readonly NeutralPart[] {
  if (!Array.isArray(value)) return []
  return value.filter(isFields).flatMap((it) => {
    const blob = camelFields(it)['inlineData']
    if (!isFields(blob)) return []
    const { mimeType, data } = camelFields(blob)
    return typeof mimeType === 'string' && typeof data === 'string'
      ? [mediaFromBytes(mimeType, data, undefined)]
      : []
  })
}
