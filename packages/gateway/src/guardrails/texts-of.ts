/**
 * Which deltas are pieces of a text, and of which: the reply, a refusal, the thoughts, the arguments of each call of a tool,
 * what is said in a recording.
 *
 * A delta that brings more than text is taken apart: what names the call, and sound, go before the text, what proves a
 * text comes after it.
 */
import type { MediaDelta, NeutralDelta } from '../contract/neutral.ts'
import { changeAddress } from './addresses.ts'
import { changeValue } from './body-texts.ts'

type Spoken = MediaDelta & { readonly transcript: string }
export type TextLike =
  | Extract<NeutralDelta, { type: 'text' | 'refusal' | 'reasoning' | 'tool_call' }>
  | Spoken

/** False for what is no text in pieces. */
export function isTextLike(delta: NeutralDelta): delta is TextLike {
  const { type } = delta
  if (type === 'text' || type === 'tool_call' || type === 'reasoning' || type === 'refusal') return true
  return type === 'media' && delta.transcript !== undefined
}

/** Of the text that it is a piece of, within its candidate. */
export function textNameOf(delta: TextLike): string {
  return delta.type === 'tool_call' ? `tool ${delta.index}` : delta.type
}

export function textIn(delta: TextLike): string {
  if (delta.type === 'tool_call') return delta.arguments ?? ''
  return delta.type === 'media' ? delta.transcript : delta.text
}

export function beforeText(delta: TextLike): NeutralDelta | null {
  if (delta.type === 'media') return soundOf(delta)
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
  if (delta.type === 'media') {
    const { type, mediaType, candidate } = delta
    return { type, mediaType, data: '', ...(candidate === undefined ? {} : { candidate }), transcript: text }
  }
  if (delta.type !== 'text') return delta.text === text ? delta : { ...delta, text }
  const { signature, ...rest } = delta
  return signature === undefined && rest.text === text ? delta : { ...rest, text }
}

/** With the texts changed that stand in it as a whole: those of a source, its address included, and of what this form lacks. */
export function withWholeTexts(delta: NeutralDelta, change: (text: string) => string): NeutralDelta {
  if (delta.type === 'other') return { ...delta, value: changeValue(delta.value, change) }
  if (delta.type !== 'citation') return delta
  const { text, title, url } = delta.citation
  const changed = {
    ...(text === undefined ? {} : { text: change(text) }),
    ...(title === undefined ? {} : { title: change(title) }),
    ...(url === undefined ? {} : { url: changeAddress(url, change) }),
  }
  return { ...delta, citation: { ...delta.citation, ...changed } }
}

/** A piece without what is said in it; `null` where that was all. */
function soundOf({ transcript, ...sound }: Spoken): NeutralDelta | null {
  const hasMore = sound.data !== '' || sound.id !== undefined || sound.expiresAt !== undefined
  return hasMore || transcript === '' ? sound : null
}
