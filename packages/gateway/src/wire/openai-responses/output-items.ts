/**
 * The items of a response's `output` while they are being said: each becomes what the format calls for when it
 * is opened, and again when it is done.
 *
 * Not here: the order of events (`output-builder.ts`).
 */
import type { Citation } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'

interface OpenItem {
  readonly id: string
  readonly index: number
}

export interface MessageItem extends OpenItem {
  readonly kind: 'message'
  /** Done and open parts; the last one is open while `isOpen`. */
  readonly parts: MessagePart[]
  isOpen: boolean
}
export interface MessagePart {
  readonly type: 'output_text' | 'refusal'
  text: string
  readonly annotations: Fields[]
  readonly logprobs: Fields[]
}
export interface ReasoningItem extends OpenItem {
  readonly kind: 'reasoning'
  text: string
  signature: string | undefined
}
export interface CallItem extends OpenItem {
  readonly kind: 'call'
  readonly callId: string
  readonly name: string
  arguments: string
}
export interface ImageItem extends OpenItem {
  readonly kind: 'image'
  readonly data: string
  readonly format: string
}

/** Of a kind that only this format has, such as a search that the provider made. */
export interface OwnItem extends OpenItem {
  readonly kind: 'own'
  readonly value: Fields
}

export type OutputItem = MessageItem | ReasoningItem | CallItem | ImageItem | OwnItem
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export function writePart(part: MessagePart): Fields {
  return part.type === 'refusal'
    ? { type: 'refusal', refusal: part.text }
    : { type: 'output_text', text: part.text, annotations: part.annotations, logprobs: part.logprobs }
}

export function writeItem(item: OutputItem, status: ItemStatus): Fields {
  switch (item.kind) {
    case 'message':
      return {
        id: item.id,
        type: 'message',
        status,
        role: 'assistant',
        content: status === 'in_progress' ? [] : item.parts.map(writePart),
      }
    case 'reasoning':
      return present({
        id: item.id,
        type: 'reasoning',
        summary:
          status === 'in_progress' || item.text === '' ? [] : [{ type: 'summary_text', text: item.text }],
        encrypted_content: item.signature,
      })
    case 'call':
      return {
        id: item.id,
        type: 'function_call',
        status,
        arguments: item.arguments,
        call_id: item.callId,
        name: item.name,
      }
    case 'image':
      return {
        id: item.id,
        type: 'image_generation_call',
        status: status === 'in_progress' ? 'in_progress' : 'completed',
        result: status === 'in_progress' ? null : item.data,
        output_format: item.format,
      }
    case 'own':
      return { ...item.value, id: item.id }
  }
}

/** A source on the web, or a document by its name. */
export function writeCitation(citation: Citation, textLength: number): Fields {
  const { url, title, start, end } = citation
  if (url === undefined) {
    const name = title ?? citation.text ?? ''
    return { type: 'file_citation', file_id: name, filename: name, index: start ?? textLength }
  }
  return {
    type: 'url_citation',
    url,
    title: title ?? url,
    start_index: start ?? textLength,
    end_index: end ?? textLength,
  }
}
