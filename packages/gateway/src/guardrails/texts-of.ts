/**
 * Which deltas are pieces of a text, and of which: the reply, a refusal, the thoughts, the arguments of each call of a tool.
 *
 * A delta that brings more than text is taken apart: what names the call goes before its arguments, what proves a text
 * comes after it.
 */
import type { NeutralDelta } from '../contract/neutral.ts'

export type TextLike = Extract<NeutralDelta, { type: 'text' | 'refusal' | 'reasoning' | 'tool_call' }>

/** False for what is no text in pieces. */
export function isTextLike(delta: NeutralDelta): delta is TextLike {
  const { type } = delta
  return type === 'text' || type === 'tool_call' || type === 'reasoning' || type === 'refusal'
}

/** Of the text that it is a piece of, within its candidate. */
export function textNameOf(delta: TextLike): string {
  return delta.type === 'tool_call' ? `tool ${delta.index}` : delta.type
}

export function textIn(delta: TextLike): string {
  return delta.type === 'tool_call' ? (delta.arguments ?? '') : delta.text
}

export function beforeText(delta: TextLike): NeutralDelta | null {
  if (delta.type !== 'tool_call') return null
  const { arguments: text = '', ...head } = delta
  const isHead = head.id !== undefined || head.name !== undefined || head.signature !== undefined
  return isHead || text === '' ? head : null
}

export function afterText(delta: TextLike): NeutralDelta | null {
  return delta.type === 'text' && delta.signature !== undefined ? { ...delta, text: '' } : null
}

/** A piece of the same text that says this instead; the same delta where that is all it says. */
export function withText(delta: TextLike, text: string): NeutralDelta {
  if (delta.type === 'tool_call') {
    const { type, index, candidate } = delta
    return { type, index, ...(candidate === undefined ? {} : { candidate }), arguments: text }
  }
  if (delta.type !== 'text') return delta.text === text ? delta : { ...delta, text }
  const { signature, ...rest } = delta
  return signature === undefined && rest.text === text ? delta : { ...rest, text }
}
