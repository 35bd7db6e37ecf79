/** Neutral messages as the flat items of `input`. */
import type {
  NeutralMessage,
  NeutralPart,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { unmarked, writeContent } from './content.ts'

export interface WrittenInput {
  readonly instructions: string | undefined
  readonly items: readonly Fields[]
}

/** `keep`: what is in `extra` is of this format, and goes back to where it stood. */
export function writeInput(
  messages: readonly NeutralMessage[],
  keep: boolean,
  warnings: string[],
): WrittenInput {
  let instructions: string | undefined
  const items: Fields[] = []
  messages.forEach((message, i) => {
    if (message.name !== undefined) warnings.push(`messages[${i}].name: not supported`)
    if (message.extra?.['$instructions'] === true) instructions = textOf(message.parts)
    else items.push(...writeMessage(message, { keep, warnings, field: `messages[${i}]` }))
  })
  return { instructions, items }
}

interface Writing {
  readonly keep: boolean
  readonly warnings: string[]
  readonly field: string
}

function writeMessage(message: NeutralMessage, it: Writing): readonly Fields[] {
  if (message.role === 'assistant') return writeTurn(message.parts, it)
  const items = message.parts.flatMap((part) => writeAnswer(part, message.role, it))
  const parts = message.parts.filter((part) => part.type !== 'tool_result')
  if (message.role === 'tool' || (parts.length === 0 && items.length > 0)) return items
  const { $id: id, $status: status, $role: role } = (it.keep ? message.extra : undefined) ?? {}
  items.push(
    present({
      type: id === undefined ? undefined : 'message',
      id,
      status,
      role: role ?? message.role,
      content: writeContent(parts, it.keep),
      ...(it.keep ? unmarked(message.extra) : {}),
    }),
  )
  return items
}

/** Results are items of their own, in whichever message they stand; so is all that only this format answers. */
function writeAnswer(part: NeutralPart, role: NeutralMessage['role'], it: Writing): readonly Fields[] {
  if (part.type === 'tool_result') return [writeResult(part, it)]
  return role === 'tool' && part.type === 'other' && it.keep ? [part.value] : []
}

/** What an assistant thought, said and called: said parts beside each other are one item. */
function writeTurn(parts: readonly NeutralPart[], it: Writing): readonly Fields[] {
  const items: Fields[] = []
  let said: (TextPart | RefusalPart)[] = []
  const close = () => {
    if (said.length > 0) items.push(writeSaid(said, it.keep))
    said = []
  }
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'refusal') {
      if (it.keep && part.extra?.['$item'] !== undefined) close()
      said.push(part)
      continue
    }
    close()
    const item = writeItem(part, it)
    if (item !== null) items.push(item)
  }
  close()
  return items
}

function writeSaid(parts: readonly (TextPart | RefusalPart)[], keep: boolean): Fields {
  const [only] = parts
  const item = keep ? parts[0]?.extra?.['$item'] : undefined
  const named: Fields = isFields(item) ? item : {}
  // An item that came with an id is handed back as the provider wrote it.
  const isWhole = named['id'] !== undefined
  const isPlain = parts.length === 1 && only?.type === 'text' && !isWhole && !hasContent(only, keep)
  const content = isPlain ? only.text : parts.map((part) => writeSaidPart(part, { keep, isWhole }))
  return present({ type: isWhole ? 'message' : undefined, role: 'assistant', ...named, content })
}

function hasContent(part: TextPart, keep: boolean): boolean {
  return keep && Object.keys(part.extra ?? {}).some((name) => name !== '$item')
}

function writeSaidPart(part: TextPart | RefusalPart, it: { keep: boolean; isWhole: boolean }): Fields {
  const extra = it.keep ? (part.extra ?? {}) : {}
  const rest = unmarked(extra)
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.text, ...rest }
  return present({
    type: 'output_text',
    text: part.text,
    annotations: extra['$annotations'] ?? (it.isWhole ? [] : undefined),
    logprobs: extra['$logprobs'],
    ...rest,
  })
}

function writeItem(part: NeutralPart, it: Writing): Fields | null {
  switch (part.type) {
    case 'reasoning':
      return writeReasoning(part, it)
    case 'tool_call':
      return writeCall(part, it.keep)
    case 'other':
      return it.keep ? part.value : null
    case 'image':
    case 'audio':
    case 'file':
      it.warnings.push(`${it.field}: a part of type "${part.type}" of the assistant is not supported`)
      return null
    case 'tool_result':
      return writeResult(part, it)
    case 'text':
    case 'refusal':
      return null
  }
}

/**
 * A thought goes back only to those who thought it: other providers' thoughts have no proof that this one
 * would accept, and it would refuse the request for them.
 */
function writeReasoning(part: ReasoningPart, it: Writing): Fields | null {
  if (!it.keep || part.redacted !== undefined) {
    it.warnings.push(`${it.field}: a part of type "reasoning" is not supported`)
    return null
  }
  const extra = part.extra ?? {}
  const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
  return present({
    type: 'reasoning',
    id: part.id,
    summary: extra['$content'] === undefined ? (extra['$summary'] ?? summary) : (extra['$summary'] ?? []),
    content: extra['$content'],
    encrypted_content: part.signature,
    status: extra['$status'],
    ...unmarked(extra),
  })
}

function writeCall(part: ToolCallPart, keep: boolean): Fields {
  const extra = keep ? (part.extra ?? {}) : {}
  return present({
    type: 'function_call',
    id: extra['$id'],
    call_id: part.id,
    name: part.name,
    arguments: part.arguments === '' ? '{}' : part.arguments,
    status: extra['$status'],
    ...unmarked(extra),
  })
}

function writeResult(part: ToolResultPart, it: Writing): Fields {
  const extra = it.keep ? (part.extra ?? {}) : {}
  return present({
    type: 'function_call_output',
    id: extra['$id'],
    call_id: part.id,
    output: part.parts.length === 0 ? '' : writeContent(part.parts, it.keep),
    name: it.keep ? part.name : undefined,
    status: extra['$status'],
    ...unmarked(extra),
  })
}

function textOf(parts: readonly NeutralPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
