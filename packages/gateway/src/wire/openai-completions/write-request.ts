/**
 * The neutral form as a request for the completion of a text.
 *
 * One message is the text. A conversation is written down as one, with the roles before what they said, and
 * ends where the assistant would speak; that is a guess about what the model was trained on, and is named.
 */
import type { NeutralMessage, NeutralPart, NeutralRequest } from '../../contract/neutral.ts'
import type { WrittenRequest } from '../../contract/wire.ts'
import { isFields, present } from '../fields.ts'
import { extraFor, warnOfForeign } from '../foreign.ts'

export function writeCompletionsRequest(request: NeutralRequest, model: string): WrittenRequest {
  const warnings = [...warnOfForeign(request, 'openai-completions'), ...unsupported(request)]
  const { $list, stream_options: options, ...extra } = extraFor(request, 'openai-completions')
  const body = present<Record<string, unknown>>({
    model,
    prompt: writePrompt(request.messages, $list === true, warnings),
    stream: request.stream ? true : undefined,
    stream_options: writeStreamOptions(request.streamUsage, options),
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    n: request.candidates,
    stop: request.stop,
    seed: request.seed,
    user: request.user,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    logprobs: request.logprobs === true ? (request.topLogprobs ?? 0) : undefined,
    ...extra,
  })
  return { body, warnings }
}

function unsupported(request: NeutralRequest): readonly string[] {
  const { tools, toolChoice, responseFormat: format, reasoning, modalities } = request
  const asked: readonly (readonly [string, boolean])[] = [
    ['tools', (tools?.length ?? 0) > 0],
    ['tool_choice', toolChoice !== undefined && toolChoice !== 'none' && toolChoice !== 'auto'],
    ['response_format', format !== undefined && format.type !== 'text'],
    ['reasoning', reasoning !== undefined && reasoning.effort !== 'none'],
    ['verbosity', request.verbosity !== undefined],
    ['top_k', request.topK !== undefined],
    ['metadata', request.metadata !== undefined],
    ['service_tier', request.serviceTier !== undefined],
    ['modalities', modalities?.some((it) => it !== 'text') === true],
  ]
  return asked.flatMap(([name, isAsked]) => (isAsked ? [`${name}: not supported`] : []))
}

function writeStreamOptions(usage: boolean | undefined, rest: unknown): unknown {
  const options = present({ include_usage: usage, ...(isFields(rest) ? rest : {}) })
  return Object.keys(options).length > 0 ? options : undefined
}

const SPEAKERS: Readonly<Record<NeutralMessage['role'], string>> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
}

function writePrompt(messages: readonly NeutralMessage[], asList: boolean, warnings: string[]): unknown {
  if (messages.length === 0) return undefined
  const texts = messages.map((it, i) => textOf(it.parts, `messages[${i}]`, warnings))
  const text = isConversation(messages)
    ? [...messages.map((it, i) => `${SPEAKERS[it.role]}: ${texts[i]}`), 'Assistant:'].join('\n\n')
    : texts.join('\n\n')
  if (messages.length > 1) warnings.push('messages: written as one text')
  return asList ? [text] : text
}

function isConversation(messages: readonly NeutralMessage[]): boolean {
  return messages.some((it) => it.role === 'assistant' || it.role === 'tool')
}

function textOf(parts: readonly NeutralPart[], field: string, warnings: string[]): string {
  return parts
    .map((part): string => {
      if (part.type === 'text' || part.type === 'refusal') return part.text
      if (part.type === 'tool_result') return textOf(part.parts, field, warnings)
      if (part.type === 'tool_call') return `${part.name}(${part.arguments})`
      if (part.type !== 'other') warnings.push(`${field}: a part of type "${part.type}" is not supported`)
      return ''
    })
    .join('')
}
