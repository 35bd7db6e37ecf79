/**
 * The neutral form as a Messages request.
 *
 * `max_tokens` is mandatory there and optional elsewhere, so a default is filled in, and said. System messages
 * have one place, before all others.
 */
import type { NeutralMessage, NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
import { present } from '../fields.ts'
import { writeMessages } from './write-messages.ts'

const DEFAULT_MAX_TOKENS = 4096

/** Fields of Anthropic's own that a caller of another format may still name. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['top_k', 'thinking', 'output_config', 'context_management'])
/** What a caller loses nothing by: settings of OpenAI's that mean nothing elsewhere. */
const SILENT: ReadonlySet<string> = new Set(['store', 'prompt_cache_key', 'safety_identifier'])

export function writeAnthropicRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  if (request.maxTokens === undefined) warnings.push(`max_tokens: not given, ${DEFAULT_MAX_TOKENS} is used`)
  if (request.seed !== undefined) warnings.push('seed: not supported')
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(request.extra)) {
    if (OWN_FIELDS.has(name)) extra[name] = value
    else if (!SILENT.has(name) && !meansNothing(name, value)) warnings.push(`${name}: not supported`)
  }
  const system = writeSystem(request.messages, warnings)
  const body = {
    model,
    max_tokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...present<Record<string, unknown>>({
      system: system === '' ? undefined : system,
      messages: writeMessages(request.messages, warnings),
      stream: request.stream ? true : undefined,
      temperature: clampTemperature(request.temperature, warnings),
      top_p: request.topP,
      stop_sequences: request.stop,
      metadata: request.user === undefined ? undefined : { user_id: request.user },
      ...writeTools(request),
    }),
    ...extra,
  }
  return { body, warnings }
}

/** Values that ask for what happens anyway. */
function meansNothing(name: string, value: unknown): boolean {
  if (value === null) return true
  if (name === 'n') return value === 1
  return (name === 'frequency_penalty' || name === 'presence_penalty') && value === 0
}

function writeSystem(messages: readonly NeutralMessage[], warnings: string[]): string {
  const texts: string[] = []
  let leading = true
  for (const message of messages) {
    if (message.role !== 'system') {
      leading = false
      continue
    }
    if (!leading) warnings.push('system message between others: moved before them')
    for (const part of message.parts) if (part.type === 'text') texts.push(part.text)
  }
  return texts.join('\n\n')
}

/** OpenAI's range is 0 to 2, Anthropic's 0 to 1. */
function clampTemperature(value: number | undefined, warnings: string[]): number | undefined {
  if (value === undefined || value <= 1) return value
  warnings.push(`temperature: ${value} is above the highest, 1 is used`)
  return 1
}

function writeTools(request: NeutralRequest): Record<string, unknown> {
  const { tools, toolChoice, parallelToolCalls } = request
  if (tools === undefined || tools.length === 0) return {}
  const choice = writeToolChoice(toolChoice)
  // `none` takes no further options.
  const serial = parallelToolCalls === false && toolChoice !== 'none'
  return {
    tools: tools.map(writeTool),
    tool_choice: serial ? { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } : choice,
  }
}

function writeTool(tool: NeutralTool): Record<string, unknown> {
  const { name, description, parameters, strict } = tool
  return present({ name, description, input_schema: parameters, strict })
}

function writeToolChoice(choice: NeutralRequest['toolChoice']): Record<string, unknown> | undefined {
  if (choice === undefined) return undefined
  if (choice === 'required') return { type: 'any' }
  return typeof choice === 'object' ? { type: 'tool', name: choice.name } : { type: choice }
}
