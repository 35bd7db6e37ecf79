/**
 * What a request asks of thinking, in the words of the model it goes to: a budget for those up to 4.5, an effort
 * for those after. Thinking excludes some other settings; those that are named give way, or thinking does.
 */
import type { NeutralRequest, ReasoningEffort } from '../../contract/neutral.ts'
import type { Fields } from '../fields.ts'
import { isAtLeast } from './claude-version.ts'

/** About what OpenAI's models spend at these efforts. */
const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
}
const LEAST_BUDGET = 1024
const FIRST_THINKER = 307
const FIRST_ADAPTIVE = 406
const FIRST_XHIGH = 407

export interface WrittenThinking {
  readonly thinking?: Fields
  readonly effort?: string
}

export function writeThinking(
  request: NeutralRequest,
  it: { readonly model: string; readonly maxTokens: number; readonly warnings: string[] },
): WrittenThinking {
  const { reasoning } = request
  const { model, warnings } = it
  if (reasoning === undefined || !isAtLeast(model, FIRST_THINKER)) {
    if (reasoning !== undefined && reasoning.effort !== 'none') warnings.push('reasoning: not supported')
    return {}
  }
  if (reasoning.effort === 'none') return { thinking: { type: 'disabled' } }
  const hindrance = hindranceOf(request)
  if (hindrance !== null) {
    warnings.push(`reasoning: not possible ${hindrance}`)
    return {}
  }
  if (isAtLeast(model, FIRST_ADAPTIVE)) return adaptive(reasoning, model)
  return budgeted(reasoning, it)
}

function adaptive(reasoning: NonNullable<NeutralRequest['reasoning']>, model: string): WrittenThinking {
  const { effort, budgetTokens, show } = reasoning
  const thinking =
    show === false ? { type: 'adaptive', display: 'omitted' } : { type: 'adaptive', display: 'summarized' }
  const asked = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  return asked === undefined ? { thinking } : { thinking, effort: effortWord(asked, model) }
}

function effortOf(budgetTokens: number): ReasoningEffort {
  if (budgetTokens < 4096) return 'low'
  return budgetTokens < 16_384 ? 'medium' : 'high'
}

function effortWord(effort: ReasoningEffort, model: string): string {
  if (effort === 'minimal') return 'low'
  return effort === 'xhigh' && !isAtLeast(model, FIRST_XHIGH) ? 'max' : effort
}

/** The budget is part of `max_tokens` and leaves room for an answer. */
function budgeted(
  { effort, budgetTokens }: NonNullable<NeutralRequest['reasoning']>,
  { maxTokens, warnings }: { readonly maxTokens: number; readonly warnings: string[] },
): WrittenThinking {
  const asked = budgetTokens ?? BUDGETS[effort ?? 'medium']
  const budget = Math.min(asked, Math.floor(maxTokens * 0.8))
  if (budget < LEAST_BUDGET) {
    warnings.push(`reasoning: not possible within max_tokens ${maxTokens}`)
    return {}
  }
  return { thinking: { type: 'enabled', budget_tokens: budget } }
}

function hindranceOf({ toolChoice, messages }: NeutralRequest): string | null {
  if (toolChoice === 'required' || typeof toolChoice === 'object') return 'where a tool has to be called'
  const asked = messages.findLast((it) => it.role === 'user' || it.role === 'assistant')
  if (asked?.role !== 'assistant' || !asked.parts.some((it) => it.type === 'tool_call')) return null
  const proved = asked.parts.some(
    (it) => it.type === 'reasoning' && (it.signature ?? it.redacted) !== undefined,
  )
  return proved ? null : 'in a turn whose first thoughts are not given'
}
