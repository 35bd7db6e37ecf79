/**
 * Blocks of a reply as deltas, whole or piece by piece: a whole block is one that is opened and closed.
 *
 * Of the tools only those that the caller must answer are calls; blocks of tools that Anthropic runs itself are
 * kept as they are. A tool's input is empty at its start and comes in pieces; when no piece comes, the input at
 * the start was all of it.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { parseAnthropicCitation } from './citations.ts'

interface OpenBlock {
  readonly type: string
  readonly block: Fields
  /** Of a call: which one. */
  readonly call: number
  /** Where its text begins in the text of the reply. */
  readonly from: number
  /** Pieces of a tool's input. */
  said: string
  signature: string
  readonly citations: Fields[]
}

const NONE: readonly NeutralDelta[] = []

export class BlockReader {
  readonly #open = new Map<unknown, OpenBlock>()
  #calls = 0
  #textLength = 0

  readWhole(block: Fields): readonly NeutralDelta[] {
    return [...this.open(null, block), ...this.close(null)]
  }

  open(at: unknown, value: unknown): readonly NeutralDelta[] {
    if (!isFields(value)) return NONE
    const type = stringOr(value['type'], '')
    const call = type === 'tool_use' ? this.#calls++ : -1
    const citations = Array.isArray(value['citations']) ? value['citations'].filter(isFields) : []
    const block = { type, block: value, call, from: this.#textLength, said: '', citations }
    this.#open.set(at, { ...block, signature: stringOr(value['signature'], '') })
    switch (type) {
      case 'text':
        return this.#text(value['text'])
      case 'thinking':
        return thought(value['thinking'])
      case 'tool_use':
        return [
          {
            type: 'tool_call',
            index: call,
            id: stringOr(value['id'], ''),
            name: stringOr(value['name'], ''),
            arguments: '',
          },
        ]
      default:
        return NONE
    }
  }

  piece(at: unknown, delta: unknown): readonly NeutralDelta[] {
    const block = this.#open.get(at)
    if (!isFields(delta)) return NONE
    switch (delta['type']) {
      case 'text_delta':
        return this.#text(delta['text'])
      case 'thinking_delta':
        return thought(delta['thinking'])
      case 'signature_delta':
        if (block !== undefined) block.signature += stringOr(delta['signature'], '')
        return NONE
      case 'citations_delta':
        if (block !== undefined && isFields(delta['citation'])) block.citations.push(delta['citation'])
        return NONE
      case 'input_json_delta':
        return block === undefined ? NONE : inputPiece(block, delta['partial_json'])
      default:
        return NONE
    }
  }

  close(at: unknown): readonly NeutralDelta[] {
    const block = this.#open.get(at)
    this.#open.delete(at)
    if (block === undefined) return NONE
    switch (block.type) {
      case 'text': {
        const range = { start: block.from, end: this.#textLength }
        return block.citations.map((it) => ({
          type: 'citation',
          citation: parseAnthropicCitation(it, range),
        }))
      }
      case 'thinking':
        return [
          block.signature === ''
            ? { type: 'reasoning_end' }
            : { type: 'reasoning_end', signature: block.signature },
        ]
      case 'redacted_thinking':
        return [{ type: 'reasoning_end', redacted: stringOr(block.block['data'], '') }]
      case 'tool_use':
        if (block.said !== '') return NONE
        return [
          { type: 'tool_call', index: block.call, arguments: JSON.stringify(block.block['input'] ?? {}) },
        ]
      default:
        return [{ type: 'other', from: 'anthropic-messages', kind: block.type, value: wholeOf(block) }]
    }
  }

  #text(text: unknown): readonly NeutralDelta[] {
    if (typeof text !== 'string' || text === '') return NONE
    this.#textLength += text.length
    return [{ type: 'text', text }]
  }
}

function thought(text: unknown): readonly NeutralDelta[] {
  return typeof text === 'string' && text !== '' ? [{ type: 'reasoning', text }] : NONE
}

function inputPiece(block: OpenBlock, text: unknown): readonly NeutralDelta[] {
  if (typeof text !== 'string' || text === '') return NONE
  block.said += text
  return block.call === -1 ? NONE : [{ type: 'tool_call', index: block.call, arguments: text }]
}

/** A block of the provider's own tools with the input that came in pieces. */
function wholeOf({ block, said }: OpenBlock): Fields {
  if (said === '') return block
  try {
    return { ...block, input: JSON.parse(said) as unknown }
  } catch {
    return block
  }
}
