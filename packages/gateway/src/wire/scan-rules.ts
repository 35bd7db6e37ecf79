/** What is searched for in the answers of each format while their bytes pass: usage, and why they ended. */
import type { FinishReason, Usage } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { parseAnthropicStop } from './anthropic-messages/stop-reason.ts'
import { parseAnthropicUsage } from './anthropic-messages/usage.ts'
import type { FinishRules } from './finish-scan.ts'
import { parseGeminiFinish } from './gemini/finish-reason.ts'
import { geminiToolCalls } from './gemini/searches.ts'
import { parseGeminiUsage } from './gemini/usage.ts'
import { parseOpenAIFinish } from './openai-chat/finish-reason.ts'
import { parseOpenAIUsage } from './openai-chat/usage.ts'
import { responsesToolCalls } from './openai-responses/searches.ts'
import { parseResponsesUsage } from './openai-responses/usage.ts'
import type { ToolCallRules } from './tool-calls.ts'

export interface ScanRules {
  /** The key of the counts, with its quotes. */
  readonly usageKey: Buffer
  /** The key of the model, with its quotes. */
  readonly modelKey: Buffer
  /** The key of how the call was served, where that stands beside the counts and not in them. */
  readonly servedKey: Buffer | null
  /** `before`: what the same answer said earlier. Returns `before` for what counts no tokens. */
  read(value: unknown, before: Usage | null, served?: string): Usage | null
  /** Counts come in parts, so that each has to be read and not only the last. */
  readonly inParts: boolean
  /** Keys of what the model says, in events; as `textBytesIn` wants them. */
  readonly textKeys: readonly Buffer[]
  readonly finish: FinishRules
  /** Where its answers tell of tools that the provider charges for; `null` where the counts say it. */
  readonly toolCalls: ToolCallRules | null
  /** The key, with its quotes, of an error that stands in each whole answer, mostly as `null`; `null` where none does. */
  readonly errorKey: Buffer | null
}

const openaiFinish: FinishRules = {
  key: Buffer.from('"finish_reason"'),
  parse: parseOpenAIFinish,
  refusalKey: Buffer.from('"refusal"'),
  blockKey: null,
}

const openai: ScanRules = {
  usageKey: Buffer.from('"usage"'),
  modelKey: Buffer.from('"model"'),
  servedKey: Buffer.from('"service_tier"'),
  read: (value, before, served) => parseOpenAIUsage(value, served) ?? before,
  inParts: false,
  // Each key is a search in every event, so what is rare (a refusal) has none.
  textKeys: keysOf('content', 'reasoning', 'arguments'),
  finish: openaiFinish,
  toolCalls: null,
  errorKey: null,
}

/** A format that is not here passes without being counted. */
export const scanRules: Readonly<Partial<Record<WireName, ScanRules>>> = {
  'openai-chat': openai,
  'openai-completions': { ...openai, textKeys: keysOf('text') },
  'openai-responses': {
    ...openai,
    read: (value, before, served) => parseResponsesUsage(value, served) ?? before,
    textKeys: keysOf('"delta'),
    // Only what is incomplete has a reason; what is complete says so of each of its parts.
    finish: { ...openaiFinish, key: Buffer.from('"reason"'), parse: parseResponsesEnd },
    toolCalls: responsesToolCalls,
    errorKey: Buffer.from('"error"'),
  },
  'anthropic-messages': {
    ...openai,
    servedKey: null,
    read: parseAnthropicUsage,
    inParts: true,
    textKeys: keysOf('"text', '"thinking', '"partial_json'),
    finish: {
      key: Buffer.from('"stop_reason"'),
      parse: parseAnthropicStop,
      refusalKey: null,
      blockKey: null,
    },
  },
  gemini: {
    usageKey: Buffer.from('"usageMetadata"'),
    modelKey: Buffer.from('"modelVersion"'),
    servedKey: null,
    read: (value, before) => parseGeminiUsage(value) ?? before,
    inParts: false,
    textKeys: keysOf('"text'),
    finish: {
      key: Buffer.from('"finishReason"'),
      parse: (word) => parseGeminiFinish(word, false),
      refusalKey: null,
      blockKey: Buffer.from('"blockReason"'),
    },
    toolCalls: geminiToolCalls,
    errorKey: null,
  },
}

function keysOf(...names: readonly string[]): readonly Buffer[] {
  return names.map((it) => Buffer.from(`${it}"`))
}

function parseResponsesEnd(word: string): FinishReason {
  if (word === 'content_filter') return word
  return word === 'max_output_tokens' ? 'length' : 'stop'
}
