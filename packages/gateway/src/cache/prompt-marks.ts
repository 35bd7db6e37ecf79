/**
 * Marks that tell a provider which beginning of a prompt it may keep for the next call, where the caller has set none.
 *
 * Anthropic and Bedrock keep what stands before a mark, at most four of them: one goes behind the tools and one behind the
 * system prompt, which are the same from call to call, and one behind the last message of a conversation that goes on,
 * so that the next turn finds this one. A single question is not marked: what is kept costs more to write than to
 * send, and nobody would read it. OpenAI keeps by itself and only wants to know which calls have the same beginning.
 *
 * A caller who marks anything himself knows better: then nothing is added. So is a body that would not be the same once
 * it is parsed and written again.
 */
import { hash } from 'node:crypto'
import { parsePlain } from './canonical-json.ts'

/** `hour`: kept for an hour where a provider offers that, at its price. */
export type PromptCaching = 'auto' | 'hour'

type Fields = Readonly<Record<string, unknown>>

/** Providers keep nothing below a thousand tokens; a token is rarely less than three bytes. */
const FEWEST_BYTES = 3000
const OWN_MARK = Buffer.from('"cache_control"')
const OWN_POINT = Buffer.from('"cachePoint"')

/** A body for Anthropic's Messages. */
export function markAnthropic(bytes: Buffer, caching: PromptCaching): Buffer {
  if (bytes.length < FEWEST_BYTES || bytes.includes(OWN_MARK)) return bytes
  const mark = { cache_control: { type: 'ephemeral', ...(caching === 'hour' ? { ttl: '1h' } : {}) } }
  return rewritten(bytes, ({ tools, system, messages, ...rest }) => ({
    ...rest,
    ...(tools === undefined ? {} : { tools: markLast(tools, mark, isMarkableTool) }),
    ...(system === undefined ? {} : { system: markLast(asBlocks(system), mark, isMarkableBlock) }),
    messages: withLastMessage(messages, (content) => markLast(asBlocks(content), mark, isMarkableBlock)),
  }))
}

/** A body for Bedrock's Converse. Models other than these refuse marks, and Amazon's own take none behind tools. */
export function markBedrock(bytes: Buffer, model: string, caching: PromptCaching): Buffer {
  const isClaude = model.includes('anthropic.claude')
  if (!isClaude && !model.includes('amazon.nova')) return bytes
  if (bytes.length < FEWEST_BYTES || bytes.includes(OWN_POINT)) return bytes
  const point = { cachePoint: { type: 'default', ...(caching === 'hour' && isClaude ? { ttl: '1h' } : {}) } }
  const behind = (list: unknown): unknown => (isFilled(list) ? [...list, point] : list)
  return rewritten(bytes, ({ toolConfig, system, messages, ...rest }) => ({
    ...rest,
    ...(toolConfig === undefined
      ? {}
      : { toolConfig: isClaude ? behindTools(toolConfig, behind) : toolConfig }),
    ...(system === undefined ? {} : { system: behind(system) }),
    messages: withLastMessage(messages, behind),
  }))
}

/** A body for OpenAI's Chat or Responses, which has no key of its own. Calls of one tenant and prompt go together. */
export function keyOpenAI(bytes: Buffer, parts: readonly (string | null)[]): Buffer {
  const open = bytes.indexOf('{')
  const key = hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 32)
  const member = Buffer.from(`"prompt_cache_key":"${key}",`)
  return Buffer.concat([bytes.subarray(0, open + 1), member, bytes.subarray(open + 1)])
}

function rewritten(bytes: Buffer, write: (body: Fields) => Fields): Buffer {
  const body = parsePlain(bytes.toString())
  return isFields(body) ? Buffer.from(JSON.stringify(write(body))) : bytes
}

function asBlocks(content: unknown): unknown {
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : content
}

/** The last item that can be marked, and only where nothing that cannot comes behind it. */
function markLast(list: unknown, mark: Fields, isMarkable: (it: Fields) => boolean): unknown {
  if (!isFilled(list)) return list
  const last = list.at(-1)
  return isFields(last) && isMarkable(last) ? [...list.slice(0, -1), { ...last, ...mark }] : list
}

/** Thoughts cannot be marked, nor texts without a word. */
function isMarkableBlock({ type, text }: Fields): boolean {
  return type !== 'thinking' && type !== 'redacted_thinking' && !(type === 'text' && text === '')
}

function isMarkableTool(it: Fields): boolean {
  return it['defer_loading'] !== true
}

/** Only of a conversation: one that has an answer in it already will have another. */
function withLastMessage(messages: unknown, change: (content: unknown) => unknown): unknown {
  if (!isFilled(messages)) return messages
  const last = messages.at(-1)
  const goesOn = messages.some((it) => isFields(it) && it['role'] === 'assistant')
  if (!goesOn || !isFields(last) || last['role'] !== 'user') return messages
  return [...messages.slice(0, -1), { ...last, content: change(last['content']) }]
}

function behindTools(toolConfig: unknown, behind: (list: unknown) => unknown): unknown {
  return isFields(toolConfig) ? { ...toolConfig, tools: behind(toolConfig['tools']) } : toolConfig
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
