/**
 * Token probabilities of text completions, as lists beside each other, and those of chat, one object a token.
 * The neutral form has the latter. Offsets are counted anew, because they follow from the tokens.
 */
import { type Fields, isFields } from '../fields.ts'

export function parseLogprobs(value: unknown): readonly Fields[] {
  if (!isFields(value) || !Array.isArray(value['tokens'])) return []
  const said = listOf(value['token_logprobs'])
  const top = listOf(value['top_logprobs'])
  return value['tokens'].map((it: unknown, i) => {
    const token = typeof it === 'string' ? it : ''
    const others = top[i]
    return {
      ...tokenOf(token, said[i]),
      top_logprobs: isFields(others)
        ? Object.entries(others).map(([name, logprob]) => tokenOf(name, logprob))
        : [],
    }
  })
}

/** `offset`: UTF-16 units of the reply before these tokens. */
export function writeLogprobs(content: readonly Fields[], offset: number): Fields {
  const tokens = content.map((it) => (typeof it['token'] === 'string' ? it['token'] : ''))
  let at = offset
  const offsets = tokens.map((token) => {
    const before = at
    at += token.length
    return before
  })
  return {
    tokens,
    token_logprobs: content.map((it) => it['logprob'] ?? null),
    top_logprobs: content.map((it) => topOf(it['top_logprobs'])),
    text_offset: offsets,
  }
}

export function lengthOf(content: readonly Fields[]): number {
  return content.reduce((sum, it) => sum + (typeof it['token'] === 'string' ? it['token'].length : 0), 0)
}

function tokenOf(token: string, logprob: unknown): Fields {
  return { token, logprob: typeof logprob === 'number' ? logprob : null, bytes: [...Buffer.from(token)] }
}

function topOf(value: unknown): Fields {
  const top: Record<string, unknown> = {}
  for (const it of listOf(value)) {
    if (isFields(it) && typeof it['token'] === 'string') top[it['token']] = it['logprob'] ?? null
  }
  return top
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
