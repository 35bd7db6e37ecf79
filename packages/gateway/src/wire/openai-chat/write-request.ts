/** The neutral form as an OpenAI chat request. */
import type { NeutralRequest, NeutralResponseFormat, NeutralTool } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'
import { extraFor, warnOfForeign } from '../foreign.ts'
import { writeOpenAIMessage } from './write-message.ts'

export function writeOpenAIRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const own = request.from === undefined || request.from === 'openai-chat'
  const warnings = warnOfForeign(request, 'openai-chat')
  const {
    tools,
    tool_choice: choice,
    stream_options: streamOptions,
    ...extra
  } = extraFor(request, 'openai-chat')
  // Servers refuse what is said of tools where none of them is left.
  const asksForTools = own || (request.tools?.length ?? 0) > 0
  const body = {
    model,
    messages: request.messages.flatMap((message, i) =>
      writeOpenAIMessage(message, { own, field: `messages[${i}]`, warnings }),
    ),
    ...present<Record<string, unknown>>({
      stream: request.stream ? true : undefined,
      stream_options: writeStreamOptions(request.streamUsage, streamOptions),
      ...writeSampling(request),
      user: request.user,
      metadata: request.metadata,
      service_tier: writeTier(request, own, warnings),
      ...(asksForTools ? writeTools(request, own) : null),
      ...present({ tools, tool_choice: choice }),
      response_format: writeResponseFormat(request.responseFormat),
      reasoning_effort: writeEffort(request.reasoning, warnings),
      verbosity: request.verbosity,
      modalities: request.modalities,
      top_k: own ? request.topK : undefined,
    }),
    ...extra,
  }
  if (!own && request.topK !== undefined) warnings.push('top_k: not supported')
  return { body, warnings }
}

function writeTools({ tools, toolChoice, parallelToolCalls }: NeutralRequest, own: boolean): Fields {
  return present({
    tools: tools?.map((tool) => writeTool(tool, own)),
    tool_choice: writeToolChoice(toolChoice),
    parallel_tool_calls: parallelToolCalls,
  })
}

function writeSampling(request: NeutralRequest): Fields {
  return present({
    max_completion_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: request.stop,
    seed: request.seed,
    n: request.candidates,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
  })
}

/** Tiers have other names elsewhere. */
function writeTier(request: NeutralRequest, own: boolean, warnings: string[]): string | undefined {
  const tier = request.serviceTier
  if (own || tier === undefined || tier === 'auto' || tier === 'default') return tier
  if (request.from === 'openai-responses' || request.from === 'openai-completions') return tier
  warnings.push(`service_tier: "${tier}" is not supported`)
  return undefined
}

function writeStreamOptions(usage: boolean | undefined, rest: unknown): unknown {
  const others = typeof rest === 'object' ? rest : null
  return usage === true || others !== null
    ? { ...(usage === true ? { include_usage: true } : null), ...others }
    : undefined
}

function writeEffort(reasoning: NeutralRequest['reasoning'], warnings: string[]): string | undefined {
  if (reasoning === undefined) return undefined
  const { effort, budgetTokens } = reasoning
  if (effort !== undefined || budgetTokens === undefined) return effort
  const nearest =
    budgetTokens === 0 ? 'minimal' : budgetTokens < 4096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high'
  warnings.push(`reasoning: a budget of ${budgetTokens} tokens is sent as effort "${nearest}"`)
  return nearest
}

function writeTool(tool: NeutralTool, own: boolean): Fields {
  const { $function: inside, ...beside } = own ? { ...tool.extra } : {}
  return {
    type: 'function',
    function: present({
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      strict: tool.strict,
      ...(inside as Fields | undefined),
    }),
    ...beside,
  }
}

function writeToolChoice(choice: NeutralRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

function writeResponseFormat(format: NeutralResponseFormat | undefined): unknown {
  if (format === undefined) return undefined
  if (format.type === 'json') return { type: 'json_object' }
  if (format.type === 'text') return { type: 'text' }
  const { type, ...json_schema } = format
  return { type, json_schema }
}
