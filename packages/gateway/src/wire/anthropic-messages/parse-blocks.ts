/** The blocks that a message holds. Fields that are not understood stay with their block. */
import type { FilePart, NeutralPart, ToolResultPart } from '../../contract/neutral.ts'
import { type Fields, fieldsOf, isFields, listOf, present, textOf } from '../fields.ts'
import { parseSource } from './source.ts'

export function parseContent(value: unknown, field: string): readonly NeutralPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return listOf(value, field).map((it, i) => parseBlock(it, `${field}[${i}]`))
}

/** The fields of `value` that are not named. `undefined` for none. */
export function restOf(value: Fields, ...named: readonly string[]): Fields | undefined {
  const rest = Object.entries(value).filter(([name, it]) => !named.includes(name) && it !== undefined)
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

function parseBlock(value: unknown, field: string): NeutralPart {
  const block = fieldsOf(value, field)
  const type = textOf(block['type'], `${field}.type`)
  switch (type) {
    case 'text':
      return withRest({ type, text: textOf(block['text'], `${field}.text`) }, restOf(block, 'type', 'text'))
    case 'image':
      return parseImage(block, field) ?? { type: 'other', kind: type, value: block }
    case 'document':
      return parseDocument(block, field) ?? { type: 'other', kind: type, value: block }
    case 'thinking':
      return present<Extract<NeutralPart, { type: 'reasoning' }>>({
        type: 'reasoning',
        text: textOf(block['thinking'], `${field}.thinking`),
        signature: typeof block['signature'] === 'string' ? block['signature'] : undefined,
        extra: restOf(block, 'type', 'thinking', 'signature'),
      })
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', redacted: textOf(block['data'], `${field}.data`) }
    case 'tool_use':
      return withRest(
        {
          type: 'tool_call',
          id: textOf(block['id'], `${field}.id`),
          name: textOf(block['name'], `${field}.name`),
          arguments: JSON.stringify(block['input'] ?? {}),
        },
        restOf(block, 'type', 'id', 'name', 'input'),
      )
    case 'tool_result':
      return parseResult(block, field)
    default:
      return { type: 'other', kind: type, value: block }
  }
}

function parseImage(block: Fields, field: string): NeutralPart | null {
  const source = parseSource(fieldsOf(block['source'], `${field}.source`), `${field}.source`)
  if (source === null || 'id' in source) return null
  return withRest({ type: 'image', url: source.url }, restOf(block, 'type', 'source'))
}

function parseDocument(block: Fields, field: string): NeutralPart | null {
  const source = parseSource(fieldsOf(block['source'], `${field}.source`), `${field}.source`)
  if (source === null) return null
  return present<FilePart>({
    type: 'file',
    ...source,
    name: typeof block['title'] === 'string' ? block['title'] : undefined,
    extra: restOf(block, 'type', 'source', ...(typeof block['title'] === 'string' ? ['title'] : [])),
  })
}

function parseResult(block: Fields, field: string): NeutralPart {
  const content = block['content']
  return present<ToolResultPart>({
    type: 'tool_result',
    id: textOf(block['tool_use_id'], `${field}.tool_use_id`),
    parts:
      content === undefined || content === null || content === ''
        ? []
        : parseContent(content, `${field}.content`),
    isError: block['is_error'] === true ? true : undefined,
    extra: restOf(block, 'type', 'tool_use_id', 'content', 'is_error'),
  })
}

function withRest(part: NeutralPart, extra: Fields | undefined): NeutralPart {
  return extra === undefined || !isFields(extra) ? part : ({ ...part, extra } as NeutralPart)
}
