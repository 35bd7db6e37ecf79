/**
 * The response object around the output: identity, status, usage, and the settings of the request, which this
 * format repeats. What was not asked for has the format's default. Nothing is stored, and it says so.
 */
import type { NeutralRequest, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, present } from '../fields.ts'
import { writeResponsesUsage } from './usage.ts'
import { isOwn, writeResponsesChoice, writeResponsesFormat, writeResponsesTools } from './write-request.ts'

export interface ResponseState {
  readonly model: string
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly Fields[]
  readonly usage: Usage | null
  readonly error?: { readonly code: string; readonly message: string }
  /** Why it is incomplete: `max_output_tokens` or `content_filter`. */
  readonly reason?: string
}

export function writeResponseObject(about: ReplyAbout, state: ResponseState): Record<string, unknown> {
  const { model, status, output, usage, error, reason } = state
  return {
    id: about.id,
    object: 'response',
    created_at: about.created,
    status,
    background: false,
    error: error ?? null,
    incomplete_details: reason === undefined ? null : { reason },
    model: model === '' ? about.model : model,
    output,
    previous_response_id: null,
    store: false,
    truncation: 'disabled',
    ...settingsOf(about.request),
    ...(status === 'completed' || status === 'incomplete'
      ? { usage: writeResponsesUsage(usage ?? UNCOUNTED) }
      : {}),
  }
}

/** Clients read the counts of a finished response without asking whether there are any. */
const UNCOUNTED: Usage = { inputTokens: 0, outputTokens: 0 }

function settingsOf(request: NeutralRequest | undefined): Fields {
  const { effort = null, show } = request?.reasoning ?? {}
  const extra = request === undefined || !isOwn(request) ? {} : request.extra
  return present<Record<string, unknown>>({
    instructions: instructionsOf(request),
    max_output_tokens: request?.maxTokens ?? null,
    max_tool_calls: extra['max_tool_calls'] ?? null,
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    prompt_cache_key: extra['prompt_cache_key'] ?? null,
    reasoning: { effort, summary: typeof show === 'string' ? show : null },
    safety_identifier: extra['safety_identifier'] ?? null,
    service_tier: request?.serviceTier ?? 'default',
    temperature: request?.temperature ?? 1,
    text: {
      format: writeResponsesFormat(request?.responseFormat) ?? { type: 'text' },
      verbosity: request?.verbosity ?? 'medium',
    },
    tool_choice: writeResponsesChoice(request?.toolChoice) ?? extra['tool_choice'] ?? 'auto',
    tools: request === undefined ? [] : (writeResponsesTools(request) ?? []),
    top_logprobs: request?.topLogprobs ?? 0,
    top_p: request?.topP ?? 1,
    user: request?.user,
    metadata: request?.metadata ?? {},
  })
}

function instructionsOf(request: NeutralRequest | undefined): string | null {
  const [first] = request?.messages ?? []
  if (first?.extra?.['$instructions'] !== true) return null
  return first.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
