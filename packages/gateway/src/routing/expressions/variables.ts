/**
 * What a condition can speak of, with the type of each, and how it is read from a request. Nothing is
 * computed before a condition asks for it.
 */
import type { RouteAsk } from '../../contract/route-ask.ts'

export type Value = string | number | boolean | null | readonly string[]

/** `any`: known only when a request is there, such as an entry of the metadata. */
export type ValueType = 'text' | 'number' | 'truth' | 'list' | 'any'

export interface Variable {
  readonly type: ValueType
  readonly says: string
  read(ask: RouteAsk): Value
}

export const variables: Readonly<Record<string, Variable>> = {
  model: { type: 'text', says: 'what the caller asked for as model', read: (ask) => ask.model },
  tenant: {
    type: 'text',
    says: 'whose key it is; null where no key is asked for',
    read: (ask) => ask.tenant,
  },
  key: {
    type: 'text',
    says: 'the key as tenant/name; null where no key is asked for',
    read: (ask) => ask.key,
  },
  stream: { type: 'truth', says: 'whether the answer is to be streamed', read: (ask) => ask.stream },
  tokens: {
    type: 'number',
    says: 'estimate of the tokens that go in: a quarter of the characters, and 1000 for each image or file',
    read: (ask) => ask.inputTokens(),
  },
  maxTokens: {
    type: 'number',
    says: 'the most tokens that the caller wants out; null when not said',
    read: (ask) => ask.maxOutputTokens(),
  },
  modalities: {
    type: 'list',
    says: 'what goes in: "text", "image", "audio", "file"; and "tools" when tools are offered',
    read: (ask) => ask.modalities(),
  },
  region: {
    type: 'text',
    says: 'region that the caller asked for in x-changeover-region; null when none',
    read: (ask) => ask.region,
  },
  sensitive: {
    type: 'truth',
    says: 'whether the caller said x-changeover-sensitive: true',
    read: (ask) => ask.sensitive,
  },
  session: {
    type: 'text',
    says: 'the session that the caller named; null when none',
    read: (ask) => ask.session(),
  },
}

/** Maps whose entries are read by name. */
export const maps: Readonly<
  Record<string, { readonly says: string; read(ask: RouteAsk, key: string): Value }>
> = {
  headers: {
    says: 'headers of the request, by name in lower case; those that carry a credential are not there',
    read: (ask, key) => ask.header(key) ?? null,
  },
  metadata: {
    says: 'entries of the field metadata in the body',
    read: (ask, key) => ask.metadata(key),
  },
}
