/**
 * Neutral messages as Anthropic's turns.
 *
 * Results of tools are the user's turn there, and all results of one turn must stand in one message: so
 * neighbours of the same role become one, unless they came that way. Empty texts, which Anthropic refuses, are
 * left out; so are thoughts that nothing proves.
 */
import type { FilePart, NeutralMessage, NeutralPart } from '../../contract/neutral.ts'
import { type Fields, isFields, present, unexpected } from '../fields.ts'
import { writeDocumentSource, writeSource } from './source.ts'

interface Turn {
  readonly role: string
  readonly content: Fields[]
  readonly rest: Fields | undefined
}

export interface TurnWriting {
  /** The request came in this format, so that what its parts kept of it is written again. */
  readonly own: boolean
  readonly warnings: string[]
}

export function writeMessages(messages: readonly NeutralMessage[], it: TurnWriting): readonly object[] {
  const turns: Turn[] = []
  const leading = messages.findIndex((message) => message.role !== 'system')
  messages.forEach((message, i) => {
    if (message.role === 'system' && (!it.own || leading === -1 || i < leading)) return
    if (message.name !== undefined) it.warnings.push(`messages[${i}].name: not supported`)
    const role = message.role === 'tool' ? 'user' : message.role
    const content = message.parts.flatMap((part) => writePart(part, `messages[${i}]`, it))
    if (content.length === 0) return
    const last = turns.at(-1)
    if (last?.role === role && !it.own) last.content.push(...content)
    else turns.push({ role, content, rest: it.own ? message.extra : undefined })
  })
  return turns.map(({ role, content, rest }) => ({ role, content: textAlone(content) ?? content, ...rest }))
}

function textAlone(content: readonly Fields[]): unknown {
  const [only] = content
  const isPlain = content.length === 1 && only?.['type'] === 'text' && Object.keys(only).length === 2
  return isPlain ? only['text'] : undefined
}

export function writePart(part: NeutralPart, field: string, it: TurnWriting): Fields[] {
  const rest = restFor(part, it.own)
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...rest }]
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') {
        it.warnings.push(`${field}: image detail "${part.detail}" is not supported`)
      }
      return [{ type: 'image', source: writeSource(part.url), ...rest }]
    case 'file':
      return writeDocument(part, field, it)
    case 'reasoning':
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }]
      if (part.signature !== undefined) {
        return [{ type: 'thinking', thinking: part.text, signature: part.signature, ...rest }]
      }
      it.warnings.push(`${field}: thoughts without a signature are left out`)
      return []
    case 'tool_call': {
      const input = parseArguments(part.arguments, field)
      return [{ type: 'tool_use', id: it.own ? part.id : idOf(part.id), name: part.name, input, ...rest }]
    }
    case 'tool_result': {
      const content = part.parts.flatMap((inner) => writePart(inner, field, it))
      return [
        present({
          type: 'tool_result',
          tool_use_id: it.own ? part.id : idOf(part.id),
          content: content.length === 0 ? undefined : (textAlone(content) ?? content),
          is_error: part.isError,
          ...rest,
        }),
      ]
    }
    case 'audio':
      it.warnings.push(`${field}: a part of type "audio" is not supported`)
      return []
    case 'other':
      // What another format had is warned of where all of that is.
      return it.own ? [part.value] : []
  }
}

/** Callers of every format may mark what is to be cached. */
function restFor(part: NeutralPart, own: boolean): Fields | undefined {
  if (part.type === 'other' || part.extra === undefined) return undefined
  if (own) return part.extra
  const cached = part.extra['cache_control']
  return cached === undefined ? undefined : { cache_control: cached }
}

function writeDocument(part: FilePart, field: string, it: TurnWriting): Fields[] {
  const rest = { ...(part.name === undefined ? null : { title: part.name }), ...restFor(part, it.own) }
  if (part.url !== undefined) {
    const source = writeDocumentSource(part.url)
    if (source !== null) return [{ type: 'document', source, ...rest }]
    it.warnings.push(`${field}: a file of this type is not supported`)
    return []
  }
  if (it.own) return [{ type: 'document', source: { type: 'file', file_id: part.id }, ...rest }]
  it.warnings.push(`${field}: a file that another provider keeps cannot be sent`)
  return []
}

/** Anthropic takes only letters, digits, "_" and "-" there. The call and its result change alike. */
function idOf(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_')
}

/** Some clients send nothing for a tool without arguments. */
function parseArguments(text: string, field: string): Fields {
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = text
  }
  if (isFields(value)) return value
  throw unexpected(`${field}.tool_calls.function.arguments`, value, 'a JSON object')
}
