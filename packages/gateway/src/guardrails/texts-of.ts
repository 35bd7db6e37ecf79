/**
 * Which deltas are pieces of a text, and of which: the reply, a refusal, the thoughts, the arguments of each call of a tool.
 *
 * A delta that brings more than text is taken apart: what names the call goes before its arguments, what proves a text
 * comes after it.
 */
import type { NeutralDelta, ToolCallDelta } from '../contract/neutral.ts'
import type { TextKind } from './scan.ts'

export type WriteText = (text: string) => NeutralDelta

export interface TextPiece {
  /** Of the text that it belongs to, within its candidate. */
  readonly name: string
  readonly kind: TextKind
  readonly text: string
  readonly before: NeutralDelta | null
  readonly after: NeutralDelta | null
  readonly write: WriteText
}

/** `null` for what is no text in pieces. */
export function textOf(delta: NeutralDelta): TextPiece | null {
  if (delta.type === 'text') {
    const { text, signature, ...rest } = delta
    const after: NeutralDelta | null = signature === undefined ? null : { ...rest, text: '', signature }
    return { ...PIECE, name: 'text', text, after, write: (it) => ({ ...rest, text: it }) }
  }
  if (delta.type === 'refusal' || delta.type === 'reasoning') {
    return { ...PIECE, name: delta.type, text: delta.text, write: (text) => ({ ...delta, text }) }
  }
  return delta.type === 'tool_call' ? argumentsOf(delta) : null
}

function argumentsOf(delta: ToolCallDelta): TextPiece {
  const { arguments: text = '', ...head } = delta
  const { type, index, candidate } = delta
  const rest = { type, index, ...(candidate === undefined ? {} : { candidate }) }
  const isHead = head.id !== undefined || head.name !== undefined || head.signature !== undefined
  const before = isHead || text === '' ? head : null
  return {
    ...PIECE,
    name: `tool ${index}`,
    kind: 'json',
    text,
    before,
    write: (it) => ({ ...rest, arguments: it }),
  }
}

const PIECE = { kind: 'text', before: null, after: null } as const
