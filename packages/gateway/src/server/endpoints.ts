/**
 * Every path of the data plane: one line each. `{model}` stands for a model's name, which may hold slashes;
 * what follows it is compared from the end.
 *
 * Not here: what a call does (`pipeline/`), who may call (`identity/`).
 */
import type { EmbedWireName } from '../contract/embeddings.ts'
import type { WireName } from '../contract/wire.ts'

/** `stream` is `generate` for formats where the path says that the reply is streamed. */
export type Task = 'generate' | 'stream' | 'models' | 'embed' | 'count' | 'media' | 'feedback'

export interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What its callers speak; where that is left open, what they speak unless a header says otherwise. */
  readonly wire: WireName
  readonly task: Task
  /** `media` is passed on as it is. For `embed`: the format of the vectors. */
  readonly embeds?: EmbedWireName
}

const post = (path: string, wire: WireName, task: Task): Endpoint => ({ method: 'POST', path, wire, task })
const get = (path: string, wire: WireName, task: Task): Endpoint => ({ method: 'GET', path, wire, task })

const embed = (path: string, wire: WireName, embeds: EmbedWireName): Endpoint => ({
  ...post(path, wire, 'embed'),
  embeds,
})

export const endpoints: readonly Endpoint[] = [
  post('/v1/chat/completions', 'openai-chat', 'generate'),
  post('/v1/responses', 'openai-responses', 'generate'),
  post('/v1/completions', 'openai-completions', 'generate'),
  post('/v1/messages', 'anthropic-messages', 'generate'),
  post('/v1beta/models/{model}:generateContent', 'gemini', 'generate'),
  post('/v1beta/models/{model}:streamGenerateContent', 'gemini', 'stream'),
  post('/v1/models/{model}:generateContent', 'gemini', 'generate'),
  post('/v1/models/{model}:streamGenerateContent', 'gemini', 'stream'),
  post('/v1/messages/count_tokens', 'anthropic-messages', 'count'),
  post('/v1beta/models/{model}:countTokens', 'gemini', 'count'),
  post('/v1/models/{model}:countTokens', 'gemini', 'count'),
  embed('/v1/embeddings', 'openai-chat', 'openai-embeddings'),
  embed('/v1beta/models/{model}:embedContent', 'gemini', 'gemini-embeddings'),
  embed('/v1beta/models/{model}:batchEmbedContents', 'gemini', 'gemini-batch-embeddings'),
  embed('/v1/models/{model}:embedContent', 'gemini', 'gemini-embeddings'),
  embed('/v1/models/{model}:batchEmbedContents', 'gemini', 'gemini-batch-embeddings'),
  post('/v1/images/generations', 'openai-chat', 'media'),
  post('/v1/images/edits', 'openai-chat', 'media'),
  post('/v1/images/variations', 'openai-chat', 'media'),
  post('/v1/audio/speech', 'openai-chat', 'media'),
  post('/v1/audio/transcriptions', 'openai-chat', 'media'),
  post('/v1/audio/translations', 'openai-chat', 'media'),
  post('/v1/moderations', 'openai-chat', 'media'),
  post('/v1/rerank', 'openai-chat', 'media'),
  post('/v1/feedback', 'openai-chat', 'feedback'),
  get('/v1/models', 'openai-chat', 'models'),
  get('/v1/models/{model}', 'openai-chat', 'models'),
  get('/v1beta/models', 'gemini', 'models'),
  get('/v1beta/models/{model}', 'gemini', 'models'),
]

export interface FoundEndpoint {
  readonly endpoint: Endpoint
  /** As the caller wrote it, decoded; `null` for a path without. */
  readonly model: string | null
}

const PLACE = '{model}'
const exact = new Map<string, Endpoint[]>()
const patterns: { readonly before: string; readonly after: string; readonly endpoint: Endpoint }[] = []

for (const endpoint of endpoints) {
  const at = endpoint.path.indexOf(PLACE)
  if (at === -1) exact.set(endpoint.path, [...(exact.get(endpoint.path) ?? []), endpoint])
  else {
    const after = endpoint.path.slice(at + PLACE.length)
    patterns.push({ before: endpoint.path.slice(0, at), after, endpoint })
  }
}
// `{model}:generateContent` before `{model}`.
patterns.sort((a, b) => b.before.length + b.after.length - a.before.length - a.after.length)

/** The endpoint of a path, or the methods that the path does answer; those are none where nothing is there. */
export function findEndpoint(method: string, path: string): FoundEndpoint | readonly string[] {
  const here = exact.get(path)
  if (here !== undefined) {
    for (const endpoint of here) if (endpoint.method === method) return { endpoint, model: null }
    return here.map((it) => it.method)
  }
  const methods = new Set<string>()
  for (const { before, after, endpoint } of patterns) {
    const end = path.length - after.length
    if (end <= before.length || !path.startsWith(before) || !path.endsWith(after)) continue
    if (endpoint.method === method) return { endpoint, model: decode(path.slice(before.length, end)) }
    methods.add(endpoint.method)
  }
  return [...methods]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
