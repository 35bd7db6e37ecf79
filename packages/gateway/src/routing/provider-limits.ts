/**
 * How much of its limits a provider says is left, in the headers of its answers: OpenAI's `x-ratelimit-*` (also
 * Azure, Groq, Mistral, xAI and others), Anthropic's `anthropic-ratelimit-*`, and the names that Together,
 * OpenRouter and Fireworks have of their own.
 *
 * What cannot be read is as if it were not there: a guess about headroom must not be worse than none.
 */
import type { UpstreamHeaders } from '../contract/upstream.ts'

export interface LimitLeft {
  readonly kind: 'requests' | 'tokens'
  readonly limit: number
  readonly left: number
  /** Monotonic. Afterwards the limit is full again. */
  readonly resetAtMs: number
}

/** For providers that do not say when. */
const USUAL_RESET_MS = 60_000

interface Family {
  readonly kind: LimitLeft['kind']
  readonly limit: string
  readonly left: string
  readonly reset: string
}

const FAMILIES: readonly Family[] = [
  openai('requests', '-requests'),
  openai('tokens', '-tokens'),
  // Together and OpenRouter say nothing of what they count, which is requests; Together's tokens have a name.
  openai('requests', ''),
  {
    kind: 'tokens',
    limit: 'x-tokenlimit-limit',
    left: 'x-tokenlimit-remaining',
    reset: 'x-tokenlimit-reset',
  },
  openai('tokens', '-tokens-prompt'),
  openai('tokens', '-tokens-generated'),
  anthropic('requests', 'requests'),
  anthropic('tokens', 'tokens'),
  anthropic('tokens', 'input-tokens'),
  anthropic('tokens', 'output-tokens'),
]

export function readLimits(headers: UpstreamHeaders, nowMs: number, wallMs: number): readonly LimitLeft[] {
  const found: LimitLeft[] = []
  for (const it of FAMILIES) {
    const left = toCount(headers.find(it.left))
    const limit = toCount(headers.find(it.limit))
    if (left === null || limit === null || limit === 0) continue
    const resetMs = readReset(headers.find(it.reset), wallMs)
    found.push({ kind: it.kind, limit, left, resetAtMs: nowMs + resetMs })
  }
  return found
}

function openai(kind: LimitLeft['kind'], of: string): Family {
  return {
    kind,
    limit: `x-ratelimit-limit${of}`,
    left: `x-ratelimit-remaining${of}`,
    reset: `x-ratelimit-reset${of}`,
  }
}

function anthropic(kind: LimitLeft['kind'], what: string): Family {
  const name = `anthropic-ratelimit-${what}`
  return { kind, limit: `${name}-limit`, left: `${name}-remaining`, reset: `${name}-reset` }
}

function toCount(text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  const count = Number(text)
  return Number.isFinite(count) && count >= 0 ? count : null
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A wait is shorter than this; a larger number is a moment since the epoch, and a still larger one in milliseconds. */
const LONGEST_WAIT_SECONDS = 1_000_000_000
const LATEST_SECONDS = 100_000_000_000

/** `1s`, `6m0s`, `20ms`, a date, seconds, or a moment in seconds or milliseconds since the epoch. */
function readReset(text: string | undefined, wallMs: number): number {
  if (text === undefined) return USUAL_RESET_MS
  const seconds = Number(text)
  if (text !== '' && Number.isFinite(seconds)) {
    if (seconds < LONGEST_WAIT_SECONDS) return Math.max(0, seconds * 1000)
    return Math.max(0, (seconds < LATEST_SECONDS ? seconds * 1000 : seconds) - wallMs)
  }
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) {
    let sumMs = 0
    for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
      sumMs += Number(count) * (UNIT_MS[unit] ?? 0)
    }
    return sumMs
  }
  const date = Date.parse(text)
  return Number.isNaN(date) ? USUAL_RESET_MS : Math.max(0, date - wallMs)
}
