/**
 * Neutral messages as Google's contents.
 *
 * All answers to the calls of one turn must stand in one content, and where calls have no ids, in the order of
 * the calls: so answers that follow each other are gathered and put in order. Thoughts of other providers are
 * left out, since their signatures prove nothing here.
 */
import type { NeutralMessage, NeutralPart, ToolCallPart, ToolResultPart } from '../../contract/neutral.ts'
import { type Fields, isFields, present, unexpected } from '../fields.ts'
import { isMadeId } from './call-ids.ts'
import { writeMedia } from './media.ts'

export interface WritingContents {
  /** The conversation was written in Google's own format. */
  readonly own: boolean
  /** Newer models refuse calls without the signature that they gave them. */
  readonly signed: boolean
  warn(text: string): void
}

/** Google's word for "this call was another model's". */
const UNSIGNED = 'skip_thought_signature_validator'

export function writeSystem(messages: readonly NeutralMessage[], to: WritingContents): Fields | undefined {
  const parts: Fields[] = []
  let role: unknown
  let leading = true
  for (const message of messages) {
    if (message.role !== 'system') {
      leading = false
      continue
    }
    if (!leading) to.warn('system message between others: moved before them')
    if (to.own) role ??= message.extra?.['$role']
    parts.push(...message.parts.flatMap((part) => writePart(part, { to, names: NO_NAMES })))
  }
  return parts.length === 0 ? undefined : present({ role, parts })
}

export function writeContents(messages: readonly NeutralMessage[], to: WritingContents): readonly Fields[] {
  const calls = callsOf(messages)
  const names = new Map(Array.from(calls.values(), ({ part }) => [part.id, part.name]))
  const written: Fields[] = []
  for (const [i, message] of gather(messages, to).entries()) {
    if (message.role === 'system') continue
    if (message.name !== undefined) to.warn(`messages[${i}].name: not supported`)
    const parts = inOrder(message.parts, calls, to).flatMap((part) => writePart(part, { to, names }))
    if (parts.length === 0) continue
    if (to.signed) sign(parts, message)
    const said = to.own ? message.extra?.['$role'] : undefined
    written.push({ role: said ?? (message.role === 'assistant' ? 'model' : 'user'), parts })
  }
  return written
}

interface Call {
  readonly part: ToolCallPart
  readonly at: number
}

function callsOf(messages: readonly NeutralMessage[]): ReadonlyMap<string, Call> {
  const calls = new Map<string, Call>()
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'tool_call') calls.set(part.id, { part, at: calls.size })
  }
  return calls
}

/** Other formats write each answer as a message of its own. */
function gather(messages: readonly NeutralMessage[], to: WritingContents): readonly NeutralMessage[] {
  if (to.own) return messages
  const gathered: NeutralMessage[] = []
  for (const message of messages) {
    const last = gathered.at(-1)
    if (message.role === 'tool' && last?.role === 'tool') {
      gathered[gathered.length - 1] = { ...last, parts: [...last.parts, ...message.parts] }
    } else gathered.push(message)
  }
  return gathered
}

function inOrder(
  parts: readonly NeutralPart[],
  calls: ReadonlyMap<string, Call>,
  to: WritingContents,
): readonly NeutralPart[] {
  if (to.own) return parts
  const answers = parts.filter((part) => part.type === 'tool_result')
  if (answers.length === 0) return parts
  const at = (part: ToolResultPart) => calls.get(part.id)?.at ?? Number.MAX_SAFE_INTEGER
  answers.sort((a, b) => at(a) - at(b))
  return [...answers, ...parts.filter((part) => part.type !== 'tool_result')]
}

const NO_NAMES: ReadonlyMap<string, string> = new Map()

interface Writing {
  readonly to: WritingContents
  readonly names: ReadonlyMap<string, string>
}

function writePart(part: NeutralPart, it: Writing): readonly Fields[] {
  const written = writeOne(part, it)
  if (written === null) return []
  const extra = it.to.own && part.type !== 'other' ? part.extra : undefined
  if (extra === undefined) return [written]
  const rest = Object.entries(extra).filter(([name]) => !name.startsWith('$'))
  return [rest.length === 0 ? written : { ...written, ...Object.fromEntries(rest) }]
}

function writeOne(part: NeutralPart, it: Writing): Fields | null {
  const { to } = it
  switch (part.type) {
    case 'text':
      if (to.own) return present({ text: part.text, thoughtSignature: part.extra?.['$thoughtSignature'] })
      return part.text === '' ? null : { text: part.text }
    case 'refusal':
      return { text: part.text }
    case 'reasoning':
      if (to.own) return present({ text: part.text, thought: true, thoughtSignature: part.signature })
      to.warn('thoughts of earlier turns: not passed on')
      return null
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') {
        to.warn(`image detail "${part.detail}": not supported`)
      }
      return writeMedia(part)
    case 'audio':
    case 'file':
      return writeMedia(part) ?? leaveFile(to)
    case 'tool_call':
      return writeCall(part, to)
    case 'tool_result':
      return writeAnswer(part, it)
    case 'other':
      return to.own ? part.value : null
  }
}

function leaveFile(to: WritingContents): null {
  to.warn('a file that only its provider knows: not passed on')
  return null
}

function idOf(id: string, to: WritingContents): string | undefined {
  return to.own && !isMadeId(id) ? id : undefined
}

function writeCall(part: ToolCallPart, to: WritingContents): Fields {
  const args = parseArguments(part)
  const functionCall = present({ id: idOf(part.id, to), name: part.name, args })
  return present({ functionCall, thoughtSignature: part.signature })
}

function parseArguments(part: ToolCallPart): Fields {
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

function writeAnswer(part: ToolResultPart, { to, names }: Writing): Fields {
  const name = part.name ?? names.get(part.id) ?? part.id
  const kept = to.own ? part.extra?.['$functionResponse'] : undefined
  const id = idOf(part.id, to)
  if (to.own) return { functionResponse: present({ id, name, ...(isFields(kept) ? kept : {}) }) }
  return {
    functionResponse: present({ name, response: writeResponse(part), parts: writeAnswerMedia(part, to) }),
  }
}

function writeResponse(part: ToolResultPart): Fields {
  const text = part.parts.map((it) => (it.type === 'text' ? it.text : '')).join('')
  if (part.isError === true) return { error: text }
  const value = text.startsWith('{') ? parseJson(text) : null
  return isFields(value) ? value : { output: text }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function writeAnswerMedia(part: ToolResultPart, to: WritingContents): readonly Fields[] | undefined {
  const media = part.parts.flatMap((it) => {
    if (it.type !== 'image' && it.type !== 'audio' && it.type !== 'file') return []
    const written = writeMedia(it) ?? leaveFile(to)
    return written === null ? [] : [written]
  })
  return media.length === 0 ? undefined : media
}

/** One signature stands for all calls of a turn that were made at once. */
function sign(parts: Fields[], message: NeutralMessage): void {
  if (message.role !== 'assistant') return
  const first = parts.findIndex((part) => part['functionCall'] !== undefined)
  const call = parts[first]
  if (call !== undefined && call['thoughtSignature'] === undefined) {
    parts[first] = { ...call, thoughtSignature: UNSIGNED }
  }
}
