/**
 * Google's `usageMetadata`. It counts thoughts beside the answer and what tools brought in beside the prompt;
 * the neutral form counts both in.
 */
import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'
import { tokenCount } from '../token-count.ts'
import { camelFields } from './proto-fields.ts'
import { billedSearches } from './searches.ts'

/** `null` when it does not count tokens: some chunks only say by which tariff they are billed. */
export function parseGeminiUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null
  const it = camelFields(value)
  const prompt = count(it['promptTokenCount'])
  const answer = count(it['candidatesTokenCount']) ?? count(it['responseTokenCount'])
  const thoughts = count(it['thoughtsTokenCount'])
  if (prompt === undefined && answer === undefined && thoughts === undefined) return null
  return present<Usage>({
    inputTokens: (prompt ?? 0) + (count(it['toolUsePromptTokenCount']) ?? 0),
    outputTokens: (answer ?? 0) + (thoughts ?? 0),
    cachedInputTokens: count(it['cachedContentTokenCount']),
    reasoningTokens: thoughts,
    inputAudioTokens: ofInput(it, 'AUDIO'),
    outputAudioTokens: ofModality(it['candidatesTokensDetails'] ?? it['responseTokensDetails'], 'AUDIO'),
    inputImageTokens: ofInput(it, 'IMAGE'),
    outputImageTokens: ofModality(it['candidatesTokensDetails'] ?? it['responseTokensDetails'], 'IMAGE'),
    cachedAudioTokens: ofModality(it['cacheTokensDetails'], 'AUDIO'),
    cachedImageTokens: ofModality(it['cacheTokensDetails'], 'IMAGE'),
    serviceTier: serviceTierOf(it['serviceTier'] ?? it['trafficType']),
    toolCalls: billedSearches(it['billedToolCalls']),
  })
}

/** In the prompt, and in what tools brought in. */
function ofInput(it: Fields, modality: string): number | undefined {
  const prompt = ofModality(it['promptTokensDetails'], modality)
  const brought = ofModality(it['toolUsePromptTokensDetails'], modality)
  return prompt === undefined && brought === undefined ? undefined : (prompt ?? 0) + (brought ?? 0)
}

export function writeGeminiUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens } = usage
  const { inputAudioTokens, inputImageTokens, outputAudioTokens, outputImageTokens } = usage
  return present({
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens - (reasoningTokens ?? 0),
    totalTokenCount: inputTokens + outputTokens,
    cachedContentTokenCount: cachedInputTokens,
    thoughtsTokenCount: reasoningTokens,
    promptTokensDetails: details(inputTokens, { AUDIO: inputAudioTokens, IMAGE: inputImageTokens }),
    candidatesTokensDetails: details(outputTokens - (reasoningTokens ?? 0), {
      AUDIO: outputAudioTokens,
      IMAGE: outputImageTokens,
    }),
  })
}

function details(all: number, counts: Readonly<Record<string, number | undefined>>): unknown[] | undefined {
  const known = Object.entries(counts).filter((it): it is [string, number] => it[1] !== undefined)
  if (known.length === 0) return undefined
  const text = known.reduce((left, [, tokens]) => left - tokens, all)
  return [['TEXT', text] as const, ...known].map(([modality, tokenCount]) => ({ modality, tokenCount }))
}

function ofModality(value: unknown, modality: string): number | undefined {
  if (!Array.isArray(value)) return undefined
  const found = value.filter(isFields).find((it) => it['modality'] === modality)
  return found === undefined ? undefined : count(camelFields(found)['tokenCount'])
}

function count(value: unknown): number | undefined {
  return tokenCount(typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value)
}
