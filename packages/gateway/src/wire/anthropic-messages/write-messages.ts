/**
 * Neutral messages as Anthropic's turns.
 *
 * Results of tools are the user's turn there, and all results of one turn must stand in one message: so
 * neighbours of the same role become one. Empty texts, which Anthropic refuses, are left out.
 */
import type { NeutralMessage, NeutralPart } from '../../contract/neutral.ts'
import { isFields, present, unexpected } from '../fields.ts'

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Record<string, unknown>[]
}

export function writeMessages(messages: readonly NeutralMessage[], warnings: string[]): readonly object[] {
  const turns: Turn[] = []
  messages.forEach((message, i) => {
    if (message.role === 'system') return
    if (message.name !== undefined) warnings.push(`messages[${i}].name: not supported`)
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = message.parts.flatMap((part) => writePart(part, `messages[${i}]`, warnings))
    if (content.length === 0) return
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else turns.push({ role, content })
  })
  return turns.map(({ role, content }) => ({ role, content: textAlone(content) ?? content }))
}

function textAlone(content: readonly Record<string, unknown>[]): unknown {
  return content.length === 1 && content[0]?.['type'] === 'text' ? content[0]['text'] : undefined
}

function writePart(part: NeutralPart, field: string, warnings: string[]): Record<string, unknown>[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') {
        warnings.push(`${field}: image detail "${part.detail}" is not supported`)
      }
      return [{ type: 'image', source: writeImageSource(part.url) }]
    case 'tool_call':
      return [
        { type: 'tool_use', id: part.id, name: part.name, input: parseArguments(part.arguments, field) },
      ]
    case 'tool_result': {
      const results = part.parts.flatMap((it) => writePart(it, field, warnings))
      return [
        present({
          type: 'tool_result',
          tool_use_id: part.id,
          content: textAlone(results) ?? results,
          is_error: part.isError,
        }),
      ]
    }
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'audio':
    case 'file':
    case 'reasoning':
      warnings.push(`${field}: a part of type "${part.type}" is not supported`)
      return []
    case 'other':
      warnings.push(`${field}: a part of type "${part.kind}" is not supported`)
      return []
  }
}

const DATA_URL = /^data:([^;,]+);base64,/

function writeImageSource(url: string): Record<string, unknown> {
  const match = DATA_URL.exec(url)
  if (match === null) return { type: 'url', url }
  return { type: 'base64', media_type: match[1], data: url.slice(match[0].length) }
}

/** Some clients send nothing for a tool without arguments. */
function parseArguments(text: string, field: string): Record<string, unknown> {
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
