/**
 * Recorded calls as bills are made of them: tokens of each kind, what they cost and under which prices, attempt by attempt.
 * For a worker: it reads with a connection of its own, page by page, oldest last.
 *
 * Not here: adding up and pricing anew (`bills/`).
 */
import type { StatementSync } from 'node:sqlite'
import type { AttemptBill, CallAttempt, CallRecord } from '../contract/call.ts'
import type { Usage } from '../contract/neutral.ts'
import { rareTokensOf } from './call-row.ts'
import { connect } from './call-table.ts'

/** Wall milliseconds; `toMs` is not in it any more. */
export interface MoneySpan {
  readonly fromMs: number
  readonly toMs: number
}

/** What one provider bills for. */
export interface BilledPart {
  /** `null` in a record that names none. */
  readonly target: string | null
  /** `openai/gpt-5.4@3f2a9c1d0b7e`; `null` in records from before it was kept. */
  readonly price: string | null
  readonly tokens: Usage
  /** `null` where nobody had said a price. */
  readonly costMicroUsd: number | null
  readonly estimated: boolean
}

export interface MoneyRow {
  /** Of a copy, its own id. */
  readonly call: string
  /** It went out as a copy, and is nobody's but the gateway's. */
  readonly copy: boolean
  readonly startedAt: number
  readonly tenant: string | null
  readonly key: string | null
  /** Of all parts; `null` where none had a price. */
  readonly costMicroUsd: number | null
  /** Attempts that failed or lost and were billed, then the one that answered. Empty where nothing was counted. */
  readonly parts: readonly BilledPart[]
}

interface Raw {
  readonly row: number
  readonly id: string
  readonly started_at: number
  readonly tenant: string | null
  readonly key: string | null
  readonly target: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cached_input_tokens: number | null
  readonly cache_write_tokens: number | null
  readonly reasoning_tokens: number | null
  readonly input_audio_tokens: number | null
  readonly output_audio_tokens: number | null
  readonly cost_micro_usd: number | null
  readonly price: string | null
  readonly estimated: number | null
  readonly service_tier: string | null
  readonly cache_write_hour_tokens: number | null
  readonly input_image_tokens: number | null
  readonly output_image_tokens: number | null
  readonly cached_audio_tokens: number | null
  readonly cached_image_tokens: number | null
  readonly tool_calls: string | null
  /** `null` unless one of them was billed. */
  readonly attempts: string | null
}

const PAGE_ROWS = 5_000
/** With the digest of prices. */
const PRICED = /@[0-9a-f]{12}$/

const SELECT = `SELECT row, id, started_at, tenant, key, target, input_tokens, output_tokens, cached_input_tokens,
  cache_write_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, cost_micro_usd, price, estimated,
  service_tier, cache_write_hour_tokens, input_image_tokens, output_image_tokens, cached_audio_tokens,
  cached_image_tokens, tool_calls, CASE WHEN instr(attempts, '"bill"') > 0 THEN attempts END AS attempts
  FROM calls WHERE row < ? AND started_at >= ? AND started_at < ? ORDER BY row DESC LIMIT ${PAGE_ROWS}`

interface RawCopy {
  readonly row: number
  readonly id: string
  readonly started_at: number
  readonly target: string
  readonly bill: string
}

const SELECT_COPIES = `SELECT row, id, started_at, target, bill FROM copies
  WHERE row < ? AND started_at >= ? AND started_at < ? ORDER BY row DESC LIMIT ${PAGE_ROWS}`

/** Those that began in the span and were billed for anything, or would be at another price; copies of them come last. */
export function* readMoneyRows(path: string, span: MoneySpan): Generator<MoneyRow> {
  const database = connect(path, 'PRAGMA query_only=ON')
  try {
    for (const it of readPages<Raw>(database.prepare(SELECT), span)) {
      const row = toMoneyRow(it)
      if (row.parts.length > 0) yield row
    }
    yield* copyRows(readPages<RawCopy>(database.prepare(SELECT_COPIES), span))
  } finally {
    database.close()
  }
}

function* readPages<It extends { readonly row: number }>(
  select: StatementSync,
  { fromMs, toMs }: MoneySpan,
): Generator<It> {
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = select.all(before, fromMs, toMs) as unknown as It[]
    yield* page
    before = page.at(-1)?.row ?? 0
    if (page.length < PAGE_ROWS) return
  }
}

/** When the oldest of the records that are kept began, as far as their order tells; `null` for none. */
export function oldestCallMs(path: string): number | null {
  const database = connect(path, 'PRAGMA query_only=ON')
  try {
    const first = database.prepare('SELECT started_at AS at FROM calls ORDER BY row LIMIT 1').get()
    return (first as { at: number } | undefined)?.at ?? null
  } finally {
    database.close()
  }
}

function toMoneyRow(it: Raw): MoneyRow {
  const failed = it.attempts === null ? [] : billedAttempts(JSON.parse(it.attempts) as readonly CallAttempt[])
  const usage = usageOf(it)
  const parts =
    usage === null
      ? failed
      : [
          ...failed,
          {
            target: it.target,
            price: it.price,
            tokens: usage,
            costMicroUsd: restOf(it, failed),
            estimated: it.estimated !== null,
          },
        ]
  return {
    call: it.id,
    copy: false,
    startedAt: it.started_at,
    tenant: it.tenant,
    key: it.key,
    costMicroUsd: it.cost_micro_usd,
    parts,
  }
}

/** A copy has a row for each of its attempts that was billed, one behind the other; a repricing knows it as one. */
function* copyRows(rows: Iterable<RawCopy>): Generator<MoneyRow> {
  let same: RawCopy[] = []
  for (const it of rows) {
    const [first] = same
    if (first !== undefined && first.id !== it.id) {
      yield copyRow(first, same)
      same = []
    }
    same.push(it)
  }
  const [last] = same
  if (last !== undefined) yield copyRow(last, same)
}

/** `newestFirst`: those of one copy. */
function copyRow({ id, started_at: startedAt }: RawCopy, newestFirst: readonly RawCopy[]): MoneyRow {
  const parts = newestFirst
    .toReversed()
    .map((it) => billedPart(it.target, JSON.parse(it.bill) as AttemptBill))
  const known = parts.flatMap((it) => it.costMicroUsd ?? [])
  const costMicroUsd = known.length === 0 ? null : known.reduce((sum, it) => sum + it, 0)
  return { call: id, copy: true, startedAt, tenant: null, key: null, costMicroUsd, parts }
}

function billedAttempts(attempts: readonly CallAttempt[]): BilledPart[] {
  return attempts.flatMap(({ target, bill }) => (bill === undefined ? [] : [billedPart(target, bill)]))
}

function billedPart(target: string, { price, tokens, costMicroUsd, estimated }: AttemptBill): BilledPart {
  return { target, price, tokens, costMicroUsd, estimated: estimated === true }
}

/** Of the whole, what is left for the one that answered. */
function restOf(it: Raw, failed: readonly BilledPart[]): number | null {
  const known = failed.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), 0)
  const isPriced = it.price === null || PRICED.test(it.price)
  return it.cost_micro_usd === null || !isPriced ? null : it.cost_micro_usd - known
}

function usageOf(it: Raw): Usage | null {
  if (it.input_tokens === null || it.output_tokens === null) return null
  const some: Partial<Record<keyof CallRecord & keyof Usage, number | null>> = {
    cachedInputTokens: it.cached_input_tokens,
    cacheWriteTokens: it.cache_write_tokens,
    reasoningTokens: it.reasoning_tokens,
    inputAudioTokens: it.input_audio_tokens,
    outputAudioTokens: it.output_audio_tokens,
  }
  return {
    inputTokens: it.input_tokens,
    outputTokens: it.output_tokens,
    ...Object.fromEntries(Object.entries(some).filter(([, tokens]) => tokens !== null)),
    ...rareTokensOf(it),
    ...(it.service_tier === null ? null : { serviceTier: it.service_tier }),
    ...(it.tool_calls === null ? null : { toolCalls: JSON.parse(it.tool_calls) as Record<string, number> }),
  }
}
