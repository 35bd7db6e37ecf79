/** Neutral messages as those of a chat request. */
import type { NeutralMessage, NeutralPart, ToolResultPart } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'
import { callExtra, writeThoughtDetail } from './write-parts.ts'

/** `own`: the message came in this format, so that what it kept of it is written again. */
export interface MessageWriting {
  readonly own: boolean
  readonly field: string
  readonly warnings: string[]
}

/** Results of several tools are one neutral message and several of OpenAI's; images in them are the user's. */
export function writeOpenAIMessage(message: NeutralMessage, it: MessageWriting): Fields[] {
  const results = message.parts.filter((part) => part.type === 'tool_result')
  const written = results.map((part) => writeResult(part, message, it))
  const shown = results.flatMap((part) => (it.own ? [] : part.parts.filter((inner) => !isText(inner))))
  const parts = [...shown, ...message.parts.filter((part) => part.type !== 'tool_result')]
  if (parts.length === 0 && written.length > 0) return written
  written.push(writeMain(message, parts, it))
  return written
}

function writeMain(message: NeutralMessage, parts: readonly NeutralPart[], it: MessageWriting): Fields {
  const { $role: spelled, ...rest } = it.own ? { ...message.extra } : {}
  const calls = parts.filter(isCall)
  const thoughts = parts.filter((part) => part.type === 'reasoning')
  const refusal = parts.find((part) => part.type === 'refusal')
  const isAnswer = message.role === 'assistant'
  const content = parts.filter(
    (part) => !isCall(part) && part.type !== 'reasoning' && !(isAnswer && part === refusal),
  )
  const [call] = calls
  const older = it.own && call?.type === 'tool_call' && call.extra?.['$older'] === true
  return present<Record<string, unknown>>({
    role: spelled ?? (message.role === 'tool' ? 'user' : message.role),
    content: writeContent(content, it),
    refusal: isAnswer ? refusal?.text : undefined,
    name: message.name,
    ...writeThoughts(thoughts),
    tool_calls: calls.length > 0 && !older ? calls.map((part) => writeCall(part, it.own)) : undefined,
    function_call: older ? { name: call.name, arguments: call.arguments } : undefined,
    ...rest,
  })
}

function writeResult(part: ToolResultPart, message: NeutralMessage, it: MessageWriting): Fields {
  const spelled = it.own ? message.extra?.['$role'] : undefined
  const texts = it.own ? part.parts : part.parts.filter(isText)
  const content = writeContent(texts, it) ?? ''
  if (spelled === 'function') return { role: spelled, name: part.name, content }
  return {
    role: 'tool',
    tool_call_id: part.id,
    content,
    ...(it.own ? present({ name: part.name, ...part.extra }) : null),
  }
}

function isText(part: NeutralPart): boolean {
  return part.type === 'text'
}

function isCall(part: NeutralPart): boolean {
  return part.type === 'tool_call' || (part.type === 'other' && part.value['id'] !== undefined)
}

function writeContent(parts: readonly NeutralPart[], it: MessageWriting): unknown {
  const [only] = parts
  if (only === undefined) return null
  if (parts.length === 1 && only.type === 'text' && only.extra === undefined) return only.text
  const written = parts.map((part) => writePart(part, it)).filter((part) => part !== null)
  return written.length === 0 ? null : written
}

function writePart(part: NeutralPart, it: MessageWriting): unknown {
  const rest = it.own && 'extra' in part ? part.extra : undefined
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...rest }
    case 'refusal':
      return { type: 'refusal', refusal: part.text }
    case 'image':
      return { type: 'image_url', image_url: present({ url: part.url, detail: part.detail }), ...rest }
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format }, ...rest }
    case 'file':
      if (part.url !== undefined && !part.url.startsWith('data:') && !it.own) {
        it.warnings.push(`${it.field}: a file by its address is not supported`)
        return null
      }
      return {
        type: 'file',
        file: present({ file_data: part.url, file_id: part.id, filename: part.name ?? nameOf(part) }),
        ...rest,
      }
    case 'other':
      return it.own ? part.value : null
    case 'reasoning':
    case 'tool_call':
    case 'tool_result':
      return null
  }
}

/** OpenAI refuses data without a name. */
function nameOf(part: { readonly url?: string; readonly mediaType?: string }): string | undefined {
  if (part.url === undefined) return undefined
  const type = part.mediaType ?? /^data:([^;,]+)/.exec(part.url)?.[1] ?? ''
  return type.startsWith('text/') ? 'document.txt' : 'document.pdf'
}

function writeThoughts(parts: readonly NeutralPart[]): Fields {
  const thoughts = parts.filter((part) => part.type === 'reasoning')
  if (thoughts.length === 0) return {}
  const text = thoughts.map((it) => it.text).join('')
  const detailed = thoughts.some((it) => it.signature !== undefined || it.redacted !== undefined)
  return present({
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: detailed ? thoughts.map(writeThoughtDetail) : undefined,
  })
}

function writeCall(part: NeutralPart, own: boolean): unknown {
  if (part.type !== 'tool_call') return part.type === 'other' ? part.value : part
  const { id, name, arguments: text, signature, extra } = part
  const call = { id, type: 'function', function: { name, arguments: text }, ...callExtra(signature) }
  return own ? { ...call, ...extra } : call
}
