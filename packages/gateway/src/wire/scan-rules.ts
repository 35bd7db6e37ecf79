/** What is searched for in the answers of each format while their bytes pass: usage, and a failure in a stream. */
import type { Usage } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { parseAnthropicUsage } from './anthropic-messages/usage.ts'
import { parseGeminiUsage } from './gemini/usage.ts'
import { parseOpenAIUsage } from './openai-chat/usage.ts'
import { parseResponsesUsage } from './openai-responses/usage.ts'

export interface ScanRules {
  /** The key of the counts, with its quotes. */
  readonly usageKey: Buffer
  /** The key of the model, with its quotes. */
  readonly modelKey: Buffer
  /** `before`: what the same answer said earlier. Returns `before` for what counts no tokens. */
  read(value: unknown, before: Usage | null): Usage | null
  /** Counts come in parts, so that each has to be read and not only the last. */
  readonly inParts: boolean
  /** How a failure is written into a stream that has begun. */
  readonly failures: readonly Buffer[]
}

const openai: ScanRules = {
  usageKey: Buffer.from('"usage"'),
  modelKey: Buffer.from('"model"'),
  read: (value, before) => parseOpenAIUsage(value) ?? before,
  inParts: false,
  failures: [Buffer.from('data: {"error"')],
}

/** A format that is not here passes without being counted. */
export const scanRules: Readonly<Partial<Record<WireName, ScanRules>>> = {
  'openai-chat': openai,
  'openai-completions': openai,
  'openai-responses': {
    ...openai,
    read: (value, before) => parseResponsesUsage(value) ?? before,
    failures: [
      Buffer.from('event: error'),
      Buffer.from('event: response.failed'),
      Buffer.from('data: {"type":"error"'),
      Buffer.from('data: {"type":"response.failed"'),
    ],
  },
  'anthropic-messages': {
    ...openai,
    read: parseAnthropicUsage,
    inParts: true,
    failures: [Buffer.from('event: error')],
  },
  gemini: {
    usageKey: Buffer.from('"usageMetadata"'),
    modelKey: Buffer.from('"modelVersion"'),
    read: (value, before) => parseGeminiUsage(value) ?? before,
    inParts: false,
    failures: [Buffer.from('data: {"error"')],
  },
}
