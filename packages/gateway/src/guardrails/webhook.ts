/**
 * Asks somebody else about texts: one POST, signed, with a deadline, and a small answer.
 *
 * What is sent is what the guards before it have left, so that a service of others need not see what was masked. The
 * address stands in the settings and no redirect is followed, so nothing that a caller writes can lead anywhere else.
 */
import { createHmac } from 'node:crypto'
import { PASS, type Span, UNSURE, type Verdict, type WholeAbout, type WholeJudge } from './whole-judge.ts'

export interface WebhookOptions {
  /** `no-pii/webhook` */
  readonly guard: string
  readonly url: string
  readonly timeoutMs: number
  /** The key it is signed with, asked for each time: it may have been rotated. `null` for unsigned. */
  readonly secret: () => string | null
  readonly nowMs: () => number
  readonly fetch: typeof fetch
}

const LONGEST_ANSWER_BYTES = 256 * 1024
const MOST_SPANS = 10_000

export function webhookJudge(options: WebhookOptions): WholeJudge {
  return { reads: 'all', judge: (texts, about) => ask(options, texts, about) }
}

async function ask(options: WebhookOptions, texts: readonly string[], about: WholeAbout): Promise<Verdict> {
  if (texts.every((it) => it === '')) return PASS
  const { guard, url, timeoutMs } = options
  try {
    const body = JSON.stringify({ guard, direction: about.direction, texts })
    const response = await options.fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...signature(options, body) },
      body,
      signal: AbortSignal.any([about.signal, AbortSignal.timeout(timeoutMs)]),
    })
    const answer = await readSmall(response)
    return response.ok ? verdictOf(answer, texts) : UNSURE
  } catch {
    return UNSURE
  }
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA256 over the seconds, a dot and the body, so that an old request proves nothing. */
function signature({ secret, nowMs }: WebhookOptions, body: string): Record<string, string> {
  const key = secret()
  if (key === null) return {}
  const seconds = Math.floor(nowMs() / 1000)
  const hex = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')
  return { 'x-changeover-signature': `t=${seconds},v1=${hex}` }
}

async function readSmall(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > LONGEST_ANSWER_BYTES) throw new RangeError('a webhook answered too much')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** What it does not say as agreed is no answer. */
function verdictOf(answer: unknown, texts: readonly string[]): Verdict {
  if (typeof answer !== 'object' || answer === null) return UNSURE
  const { verdict, spans } = answer as { verdict?: unknown; spans?: unknown }
  if (verdict === 'pass') return PASS
  if (verdict !== 'found') return UNSURE
  if (spans === undefined) return { says: 'found', count: 1, spans: [] }
  if (!Array.isArray(spans) || spans.length > MOST_SPANS) return UNSURE
  const read = spans.map((it) => spanOf(it, texts))
  if (!read.every((it) => it !== null)) return UNSURE
  return { says: 'found', count: Math.max(1, read.length), spans: read }
}

function spanOf(it: unknown, texts: readonly string[]): Span | null {
  const { text, start, end, label = 'MASKED' } = (it ?? {}) as Record<string, unknown>
  if (!isPlace(text) || !isPlace(start) || !isPlace(end) || typeof label !== 'string') return null
  const length = texts[text]?.length ?? -1
  if (start >= end || end > length || !/^[A-Z][A-Z0-9_]{0,31}$/.test(label)) return null
  return { text, start, end, label }
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
