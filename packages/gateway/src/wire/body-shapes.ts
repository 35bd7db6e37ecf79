/**
 * What the gateway has to know of each format's request bodies to change them as bytes: where a system prompt
 * stands, where the model does, and which of a default's names have a second spelling.
 *
 * Not here: what a body means (the formats themselves).
 */
import type { WireName } from '../contract/wire.ts'
import { isFields, unexpected } from './fields.ts'

export interface BodyShape {
  /** Names of the field that the prompt goes into; the first is written when none is there. Empty: none can. */
  readonly promptFields: readonly string[]
  /** What goes first into that field, for formats where it is a list that may be long. */
  readonly promptItem: ((prompt: string) => unknown) | null
  /** The field's value with the prompt before all else. */
  withPrompt(value: unknown, prompt: string): unknown
  /** Model and streaming stand in the path, and not in the body. */
  readonly inPath: boolean
  /** Objects whose members are settings of their own, so that a default goes into one that is there. */
  readonly nested: readonly string[]
  /** Another name by which a caller may have set what a default would set. */
  readonly synonyms: Readonly<Record<string, string>>
  /** Names that the format's writer fills in where nothing was asked. */
  readonly filledIn: readonly string[]
  /** Fields in which a caller may ask for answers by a JSON schema. */
  readonly schemaFields: readonly string[]
}

const plain: Omit<BodyShape, 'promptFields' | 'withPrompt'> = {
  promptItem: null,
  inPath: false,
  nested: [],
  synonyms: {},
  filledIn: [],
  schemaFields: [],
}

const systemMessage = (prompt: string) => ({ role: 'system', content: prompt })

export const bodyShapes: Readonly<Record<WireName, BodyShape>> = {
  'openai-chat': {
    ...plain,
    promptFields: ['messages'],
    promptItem: systemMessage,
    withPrompt: (value, prompt) => [systemMessage(prompt), ...listOf(value, 'messages')],
    synonyms: { max_tokens: 'max_completion_tokens', max_completion_tokens: 'max_tokens' },
    schemaFields: ['response_format'],
  },
  'openai-responses': {
    ...plain,
    promptFields: ['instructions'],
    withPrompt: (value, prompt) =>
      isEmpty(value) ? prompt : `${prompt}\n\n${textOf(value, 'instructions')}`,
    schemaFields: ['text'],
  },
  'openai-completions': {
    ...plain,
    promptFields: ['prompt'],
    withPrompt: beforeText,
  },
  'anthropic-messages': {
    ...plain,
    promptFields: ['system'],
    withPrompt(value, prompt) {
      if (isEmpty(value)) return prompt
      if (typeof value === 'string') return `${prompt}\n\n${value}`
      return [{ type: 'text', text: prompt }, ...listOf(value, 'system')]
    },
    filledIn: ['max_tokens'],
    schemaFields: ['output_config', 'output_format'],
  },
  gemini: {
    ...plain,
    promptFields: ['systemInstruction', 'system_instruction'],
    withPrompt: (value, prompt) => {
      if (isEmpty(value)) return { parts: [{ text: prompt }] }
      if (typeof value === 'string') return { parts: [{ text: prompt }, { text: value }] }
      if (!isFields(value)) throw unexpected('systemInstruction', value, 'an object')
      const parts = value['parts'] ?? []
      return {
        ...value,
        parts: [{ text: prompt }, ...(Array.isArray(parts) ? (parts as unknown[]) : [parts])],
      }
    },
    inPath: true,
    nested: ['generationConfig', 'generation_config'],
    synonyms: { generationConfig: 'generation_config' },
    schemaFields: ['generationConfig', 'generation_config'],
  },
  'bedrock-converse': {
    ...plain,
    promptFields: ['system'],
    withPrompt: (value, prompt) => [{ text: prompt }, ...(isEmpty(value) ? [] : listOf(value, 'system'))],
    inPath: true,
    nested: ['inferenceConfig'],
  },
}

/** For bodies that hold nothing that a prompt or a default could change, such as those of embeddings. */
export const inputShape: BodyShape = { ...plain, promptFields: [], withPrompt: (value) => value }
export const inputInPathShape: BodyShape = { ...inputShape, inPath: true }

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw unexpected(field, value, 'an array')
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw unexpected(field, value, 'a string')
}

function beforeText(value: unknown, prompt: string): unknown {
  if (isEmpty(value)) return prompt
  if (typeof value === 'string') return `${prompt}\n\n${value}`
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) {
    return value.map((it) => `${prompt}\n\n${it}`)
  }
  throw unexpected('prompt', value, 'text, since a prompt goes before it')
}
