/**
 * The neutral form as a Converse request. Model and streaming stand in the path, not here.
 *
 * What only some families of models know goes into `additionalModelRequestFields`, in the family's own words;
 * for the others it is a warning.
 */
import type { NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'
import { warnOfForeign } from '../foreign.ts'
import { writeMessages, writeSystem } from './write-messages.ts'

type Warn = (text: string) => void

export function writeBedrockRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const warnings = new Set(
    warnOfForeign(request, 'bedrock-converse').filter((it) => !/cache_control/.test(it)),
  )
  const warn = (text: string) => {
    warnings.add(text)
  }
  warnOfUnsaid(request, warn)
  const family = familyOf(model)
  const body = {
    messages: writeMessages(request.messages, warn),
    ...present<Record<string, unknown>>({
      system: writeSystem(request.messages, warn),
      inferenceConfig: writeInference(request),
      toolConfig: writeTools(request, family, warn),
      additionalModelRequestFields: writeFamily(request, family, warn),
      outputConfig: writeFormat(request, warn),
      requestMetadata: request.metadata,
      serviceTier: writeTier(request.serviceTier),
    }),
  }
  return { body, warnings: [...warnings] }
}

/** `anthropic` of `eu.anthropic.claude-…`; empty for a profile or an import, which do not say. */
function familyOf(model: string): string {
  const id = model.slice(model.lastIndexOf('/') + 1)
  return /^(?:(?:us|eu|apac|au|jp|ca|us-gov|global)\.)?([a-z0-9]+)\./.exec(id)?.[1] ?? ''
}

function warnOfUnsaid(request: NeutralRequest, warn: Warn): void {
  const unsaid: readonly (readonly [string, unknown])[] = [
    ['frequency penalty', request.frequencyPenalty || undefined],
    ['presence penalty', request.presencePenalty || undefined],
    ['seed', request.seed],
    ['several candidates', request.candidates === 1 ? undefined : request.candidates],
    ['log probabilities', request.logprobs || undefined],
    ['user', request.user],
    ['verbosity', request.verbosity],
    ['parallel tool calls: cannot be turned off', request.parallelToolCalls === false || undefined],
    ['output beside text', request.modalities?.some((it) => it !== 'text') || undefined],
  ]
  for (const [name, value] of unsaid) {
    if (value !== undefined) warn(name.includes(':') ? name : `${name}: not supported`)
  }
}

function writeInference(request: NeutralRequest): Fields | undefined {
  const { maxTokens, temperature, topP, stop } = request
  const config: Fields = present<Record<string, unknown>>({
    maxTokens,
    temperature,
    topP,
    stopSequences: stop,
  })
  return Object.keys(config).length === 0 ? undefined : config
}

/** A conversation with calls needs their tools declared, even when none is to be called any more. */
function writeTools(request: NeutralRequest, family: string, warn: Warn): Fields | undefined {
  const { toolChoice } = request
  const used = namesOfCalls(request)
  const off = toolChoice === 'none'
  if (off && used.size === 0) return undefined
  if (off) warn('tool choice "none": not supported while the conversation holds calls')
  const asked = request.tools ?? []
  for (const tool of asked) used.delete(tool.name)
  const tools = [...asked.map((tool) => writeTool(tool)), ...Array.from(used, declareUsed)]
  if (tools.length === 0) return undefined
  return present({ tools, toolChoice: writeChoice(toolChoice, family, warn) })
}

function namesOfCalls(request: NeutralRequest): Set<string> {
  const names = new Set<string>()
  for (const { parts } of request.messages) {
    for (const part of parts) if (part.type === 'tool_call') names.add(part.name)
  }
  return names
}

function writeTool({ name, description, parameters, strict }: NeutralTool): Fields {
  const json = parameters['type'] === undefined ? { type: 'object', ...parameters } : parameters
  return { toolSpec: present({ name, description: description || undefined, inputSchema: { json }, strict }) }
}

function declareUsed(name: string): Fields {
  return { toolSpec: { name, inputSchema: { json: { type: 'object' } } } }
}

/** Families that can be made to call a tool. */
const FORCED: ReadonlySet<string> = new Set(['anthropic', 'mistral', 'amazon', ''])

function writeChoice(choice: NeutralRequest['toolChoice'], family: string, warn: Warn): Fields | undefined {
  if (choice === undefined || choice === 'none') return undefined
  if (choice === 'auto') return { auto: {} }
  if (!FORCED.has(family)) {
    warn('tool choice: this model cannot be made to call a tool')
    return undefined
  }
  return choice === 'required' ? { any: {} } : { tool: { name: choice.name } }
}

const LEAST_BUDGET = 1024
/** Tokens for each effort, where a family thinks by budget. */
const BUDGETS = { minimal: LEAST_BUDGET, low: 2048, medium: 8192, high: 24_576, xhigh: 32_768 } as const

function writeFamily(request: NeutralRequest, family: string, warn: Warn): Fields | undefined {
  const { topK, reasoning } = request
  const fields: Record<string, unknown> = {}
  if (topK !== undefined) {
    if (family === 'anthropic') fields['top_k'] = topK
    else if (family === 'amazon') fields['inferenceConfig'] = { topK }
    else warn('top k: not supported')
  }
  const effort = reasoning?.effort
  const budget = budgetOf(reasoning)
  if (budget !== undefined) {
    if (family === 'anthropic') {
      fields['thinking'] = { type: 'enabled', budget_tokens: fitBudget(budget, request, warn) }
    } else if (family === 'openai' && effort !== undefined) fields['reasoning_effort'] = effort
    else warn('reasoning: not supported')
  }
  return Object.keys(fields).length === 0 ? undefined : fields
}

function budgetOf(reasoning: NeutralRequest['reasoning']): number | undefined {
  const { effort, budgetTokens } = reasoning ?? {}
  if (effort === 'none') return undefined
  return budgetTokens ?? (effort === undefined ? undefined : BUDGETS[effort])
}

/** The budget has to leave room for an answer. */
function fitBudget(budget: number, { maxTokens }: NeutralRequest, warn: Warn): number {
  if (maxTokens === undefined || budget < maxTokens) return budget
  const fits = Math.max(LEAST_BUDGET, maxTokens - 1)
  warn(`reasoning: ${budget} tokens do not fit into ${maxTokens}, ${fits} are used`)
  return fits
}

function writeFormat({ responseFormat: format }: NeutralRequest, warn: Warn): Fields | undefined {
  if (format === undefined || format.type === 'text') return undefined
  if (format.type === 'json') {
    warn('response format "json_object": not supported without a schema')
    return undefined
  }
  const { name, description, schema } = format
  const jsonSchema = present({ schema: JSON.stringify(schema), name, description })
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
}

function writeTier(tier: string | undefined): Fields | undefined {
  return tier === undefined || tier === 'auto' ? undefined : { type: tier }
}
