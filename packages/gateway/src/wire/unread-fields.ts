/**
 * What a whole answer says in fields that the reader of its format does not read: what a server has found
 * (`search_results`), what it ran on the way, what it proposes to ask next.
 *
 * Fields of a format that say nothing in words (ids, counts, what was asked for) are listed beside those that are read, so
 * that nearly every answer has none that is unread, and finding so costs a look at each name and makes nothing.
 */
import type { NeutralDelta, OtherDelta } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { type Fields, isFields } from './fields.ts'

/** Names of fields that need no look; what is mapped to names has fields of its own, or items that have. */
type Known = ReadonlyMap<string, Known | null>

/** The kind of delta that such fields are to guards. */
const KIND = 'unread fields'

function known(names: string, within: Readonly<Record<string, Known>> = {}): Known {
  return new Map([...names.split(' ').map((it) => [it, null] as const), ...Object.entries(within)])
}

const OPENAI =
  'id object created model usage system_fingerprint service_tier provider citations error prompt_filter_results'
const CHOICE =
  'index finish_reason native_finish_reason stop_reason logprobs usage content_filter_results error'

const knownFields: Readonly<Partial<Record<WireName, Known>>> = {
  'openai-chat': known(OPENAI, {
    choices: known(CHOICE, {
      message: known(
        'role content refusal reasoning reasoning_content reasoning_details tool_calls function_call annotations audio images',
      ),
    }),
    x_groq: known('id usage seed'),
  }),
  'openai-completions': known(OPENAI, { choices: known(`text ${CHOICE}`) }),
  // Most of a response repeats the request.
  'openai-responses': known(
    'id object created_at completed_at status background billing error incomplete_details instructions max_output_tokens max_tool_calls model output parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store temperature text tool_choice tools top_logprobs top_p truncation usage user metadata conversation frequency_penalty presence_penalty',
  ),
  'anthropic-messages': known(
    'id type role model content stop_reason stop_sequence usage container context_management',
  ),
  gemini: known('usageMetadata modelVersion responseId createTime', {
    candidates: known(
      'content finishReason index safetyRatings avgLogprobs logprobsResult tokenCount citationMetadata',
    ),
    promptFeedback: known('blockReason safetyRatings'),
  }),
}

/** As one more delta, which guards look into; `null` where everything was read. */
export function unreadIn(body: Fields, wire: WireName): OtherDelta | null {
  const names = knownFields[wire]
  const value = names === undefined ? null : unreadOf(body, names)
  return isFields(value) ? { type: 'other', from: wire, kind: KIND, value } : null
}

export function isUnread(delta: NeutralDelta): delta is OtherDelta {
  return delta.type === 'other' && delta.kind === KIND
}

/** An answer that was written anew, with what its writer does not know. What both have is the writer's. */
export function withUnread(reply: Fields, { value }: OtherDelta): Fields {
  return merged(reply, value) as Fields
}

/** In the shape of `value`: objects with the unread fields alone, lists with `null` for what has none; `null` for nothing. */
function unreadOf(value: unknown, names: Known): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value.map((it) => unreadOf(it, names))
    return items.some((it) => it !== null) ? items : null
  }
  if (!isFields(value)) return null
  let unread: [string, unknown][] | null = null
  for (const name of Object.keys(value)) {
    const within = names.get(name)
    const it = within === undefined ? value[name] : within === null ? null : unreadOf(value[name], within)
    if (within === undefined ? !saysSomething(it) : it === null) continue
    unread ??= []
    unread.push([name, it])
  }
  return unread === null ? null : Object.fromEntries(unread)
}

/** In words, or may. */
function saysSomething(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null
}

function merged(reply: unknown, unread: unknown): unknown {
  if (Array.isArray(reply) && Array.isArray(unread)) {
    return reply.map((it: unknown, i) => merged(it, unread[i]))
  }
  if (!isFields(reply) || !isFields(unread)) return reply
  const both = Object.entries(reply).map(([name, it]) => [name, merged(it, unread[name])] as const)
  const more = Object.entries(unread).filter(([name]) => !Object.hasOwn(reply, name))
  return Object.fromEntries([...both, ...more])
}
