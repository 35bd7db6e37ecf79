/** The neutral form as an OpenAI chat request. */
import type { NeutralMessage, NeutralPart, NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
import { present } from '../fields.ts'

export function writeOpenAIRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const { tools: otherTools, tool_choice: otherChoice, ...extra } = request.extra
  const body = {
    model,
    messages: request.messages.flatMap(writeMessage),
    ...present<Record<string, unknown>>({
      stream: request.stream ? true : undefined,
      stream_options: request.streamUsage ? { include_usage: true } : undefined,
      max_completion_tokens: request.maxTokens,
      temperature: request.temperature,
      top_p: request.topP,
      stop: request.stop,
      seed: request.seed,
      user: request.user,
      tools: writeTools(request.tools, otherTools),
      tool_choice: writeToolChoice(request.toolChoice) ?? otherChoice,
      parallel_tool_calls: request.parallelToolCalls,
    }),
    ...extra,
  }
  return { body, warnings: [] }
}

function writeTools(tools: readonly NeutralTool[] | undefined, others: unknown): unknown[] | undefined {
  if (tools === undefined) return undefined
  const functions = tools.map((tool) => ({
    type: 'function',
    function: present({
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      strict: tool.strict,
    }),
  }))
  return Array.isArray(others) ? [...functions, ...(others as unknown[])] : functions
}

function writeToolChoice(choice: NeutralRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

/** Results of several tools are one neutral message and several of OpenAI's. */
function writeMessage(message: NeutralMessage): Record<string, unknown>[] {
  const written: Record<string, unknown>[] = []
  for (const part of message.parts) {
    if (part.type !== 'tool_result') continue
    written.push({ role: 'tool', tool_call_id: part.id, content: writeContent(part.parts) ?? '' })
  }
  const parts = message.parts.filter((part) => part.type !== 'tool_result')
  if (parts.length === 0 && written.length > 0) return written
  const role = message.role === 'tool' ? 'user' : message.role
  const calls = parts.filter(isCall)
  const content = writeContent(parts.filter((part) => !isCall(part)))
  written.push(
    present({
      role,
      content,
      name: message.name,
      tool_calls: calls.length > 0 ? calls.map(writeCall) : undefined,
    }),
  )
  return written
}

function isCall(part: NeutralPart): boolean {
  return part.type === 'tool_call' || (part.type === 'other' && part.value['id'] !== undefined)
}

function writeContent(parts: readonly NeutralPart[]): unknown {
  const [only] = parts
  if (only === undefined) return null
  if (parts.length === 1 && only.type === 'text') return only.text
  return parts.map(writePart)
}

function writePart(part: NeutralPart): unknown {
  if (part.type === 'image') {
    return { type: 'image_url', image_url: present({ url: part.url, detail: part.detail }) }
  }
  return part.type === 'other' ? part.value : part
}

function writeCall(part: NeutralPart): unknown {
  if (part.type !== 'tool_call') return part.type === 'other' ? part.value : part
  return { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } }
}
