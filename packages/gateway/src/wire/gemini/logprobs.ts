/** Google's `logprobsResult` as OpenAI writes log probabilities, which is the neutral way, and back. */
import { type Fields, isFields, present } from '../fields.ts'
import { camelFields } from './proto-fields.ts'

export function parseGeminiLogprobs(value: unknown): readonly Fields[] {
  if (!isFields(value)) return []
  const { chosenCandidates, topCandidates } = camelFields(value)
  const tops = Array.isArray(topCandidates) ? topCandidates : []
  if (!Array.isArray(chosenCandidates)) return []
  return chosenCandidates.filter(isFields).map((it, i) => {
    const top: unknown = tops[i]
    const candidates = isFields(top) && Array.isArray(top['candidates']) ? top['candidates'] : []
    return { ...parseToken(it), top_logprobs: candidates.filter(isFields).map(parseToken) }
  })
}

function parseToken(value: Fields): Fields {
  const it = camelFields(value)
  const token = typeof it['token'] === 'string' ? it['token'] : ''
  return { token, logprob: it['logProbability'] ?? 0, bytes: [...Buffer.from(token)] }
}

export function writeGeminiLogprobs(content: readonly Fields[]): Fields {
  return {
    topCandidates: content.map((it) => ({
      candidates: Array.isArray(it['top_logprobs'])
        ? it['top_logprobs'].filter(isFields).map(writeToken)
        : [],
    })),
    chosenCandidates: content.map(writeToken),
  }
}

function writeToken(it: Fields): Fields {
  return present({ token: it['token'], logProbability: it['logprob'] })
}
