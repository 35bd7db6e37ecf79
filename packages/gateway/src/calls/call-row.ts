/**
 * A call's record as a row of the call log, and back. The order of `columns` is the order of `toRow`, what most calls have
 * before what few have; statements are made from it, so that a later column is one line here, one in `toRow` and one in `toRecord`.
 *
 * Not here: the file and its migrations (`call-table.ts`).
 */
import type { SQLInputValue } from 'node:sqlite'
import {
  type CallAttempt,
  type CallRecord,
  RARE_TOKENS,
  type RecordedAsk,
  type SkippedTarget,
} from '../contract/call.ts'
import type { Finding } from '../contract/guards.ts'

export const columns = [
  'id',
  'started_at',
  'duration_ms',
  'first_token_ms',
  'version',
  'tenant',
  'key',
  'route',
  'target',
  'stream',
  'status',
  'error',
  'input_tokens',
  'output_tokens',
  'attempts',
  'trace_id',
  'request_bytes',
  'reply_bytes',
  'asked_model',
  'endpoint',
  'finish',
  'cost_micro_usd',
  'priced_by',
  'price',
  'asked',
  'choice',
  'cache',
  'rollout',
  'role',
  'cohort',
  'unit',
  'cached_input_tokens',
  'session',
  'context',
  'rule',
  'schema_valid',
  'reasoning_tokens',
  'cache_write_tokens',
  'estimated',
  'service_tier',
  'warnings',
  'skipped',
  'guards',
  'tool_calls',
  'input_audio_tokens',
  'output_audio_tokens',
  'cache_write_hour_tokens',
  'input_image_tokens',
  'output_image_tokens',
  'cached_audio_tokens',
  'cached_image_tokens',
] as const

export const insertSql = `INSERT INTO calls (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`

export interface Row {
  readonly row: number
  readonly id: string
  readonly started_at: number
  readonly duration_ms: number
  readonly first_token_ms: number | null
  readonly version: string
  readonly tenant: string | null
  readonly key: string | null
  readonly route: string | null
  readonly target: string | null
  readonly context: string | null
  readonly stream: number
  readonly status: number
  readonly error: string
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cached_input_tokens: number | null
  readonly attempts: string
  readonly trace_id: string
  readonly request_bytes: number
  readonly reply_bytes: number
  readonly cache_write_tokens: number | null
  readonly reasoning_tokens: number | null
  readonly input_audio_tokens: number | null
  readonly output_audio_tokens: number | null
  readonly cost_micro_usd: number | null
  readonly priced_by: CallRecord['pricedBy']
  /** As JSON; `null` for none. */
  readonly warnings: string | null
  readonly rollout: string | null
  readonly role: CallRecord['role']
  readonly cohort: number | null
  readonly unit: CallRecord['unit']
  readonly asked_model: string | null
  readonly endpoint: string | null
  readonly session: string | null
  readonly finish: CallRecord['finish']
  readonly schema_valid: number | null
  /** As JSON; `null` for none. */
  readonly asked: string | null
  readonly rule: string | null
  readonly choice: string | null
  readonly cache: NonNullable<CallRecord['cache']> | null
  /** As JSON; `null` for none. */
  readonly skipped: string | null
  /** As JSON; `null` for none. */
  readonly guards: string | null
  readonly price: string | null
  readonly estimated: number | null
  readonly service_tier: string | null
  readonly cache_write_hour_tokens: number | null
  readonly input_image_tokens: number | null
  readonly output_image_tokens: number | null
  readonly cached_audio_tokens: number | null
  readonly cached_image_tokens: number | null
  /** As JSON; `null` for none. */
  readonly tool_calls: string | null
}

/** Without the nothings at its end: what is not said is null, and each value that is said costs its way into the database. */
export function toRow(it: CallRecord): SQLInputValue[] {
  const row = [
    it.id,
    Math.round(it.startedAt),
    it.durationMs,
    it.firstTokenMs,
    it.version,
    it.tenant,
    it.key,
    it.route,
    it.target,
    it.stream ? 1 : 0,
    it.status,
    it.error,
    it.inputTokens,
    it.outputTokens,
    JSON.stringify(it.attempts),
    it.traceId,
    it.requestBytes,
    it.replyBytes,
    it.askedModel,
    it.endpoint,
    it.finish,
    it.costMicroUsd,
    it.pricedBy,
    it.price ?? null,
    it.asked === undefined ? null : JSON.stringify(it.asked),
    it.choice,
    it.cache ?? null,
    it.rollout,
    it.role,
    it.cohort,
    it.unit,
    it.cachedInputTokens,
    it.session,
    it.context,
    it.rule,
    it.schemaValid === null ? null : Number(it.schemaValid),
    it.reasoningTokens,
    it.cacheWriteTokens,
    it.estimated === undefined ? null : 1,
    it.serviceTier ?? null,
    it.warnings === undefined ? null : JSON.stringify(it.warnings),
    it.skipped === undefined ? null : JSON.stringify(it.skipped),
    it.guards === undefined ? null : JSON.stringify(it.guards),
    it.toolCalls === undefined ? null : JSON.stringify(it.toolCalls),
    it.inputAudioTokens,
    it.outputAudioTokens,
    it.cacheWriteHourTokens ?? null,
    it.inputImageTokens ?? null,
    it.outputImageTokens ?? null,
    it.cachedAudioTokens ?? null,
    it.cachedImageTokens ?? null,
  ]
  while (row.at(-1) === null) row.pop()
  return row
}

export function toRecord(row: Row): CallRecord {
  const record: CallRecord = {
    id: row.id,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    firstTokenMs: row.first_token_ms,
    version: row.version,
    tenant: row.tenant,
    key: row.key,
    route: row.route,
    target: row.target,
    context: row.context,
    stream: row.stream === 1,
    status: row.status,
    error: row.error,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cachedInputTokens: row.cached_input_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    reasoningTokens: row.reasoning_tokens,
    inputAudioTokens: row.input_audio_tokens,
    outputAudioTokens: row.output_audio_tokens,
    costMicroUsd: row.cost_micro_usd,
    pricedBy: row.priced_by,
    attempts: JSON.parse(row.attempts) as CallAttempt[],
    traceId: row.trace_id,
    requestBytes: row.request_bytes,
    replyBytes: row.reply_bytes,
    rollout: row.rollout,
    role: row.role,
    cohort: row.cohort,
    unit: row.unit,
    askedModel: row.asked_model,
    endpoint: row.endpoint,
    session: row.session,
    finish: row.finish,
    schemaValid: row.schema_valid === null ? null : row.schema_valid === 1,
    rule: row.rule,
    choice: row.choice,
    price: row.price,
  }
  return {
    ...record,
    ...(row.estimated === null ? {} : { estimated: true }),
    ...(row.service_tier === null ? {} : { serviceTier: row.service_tier }),
    ...rareTokensOf(row),
    ...(row.tool_calls === null ? {} : { toolCalls: JSON.parse(row.tool_calls) as Record<string, number> }),
    ...(row.cache === null ? {} : { cache: row.cache }),
    ...(row.warnings === null ? {} : { warnings: JSON.parse(row.warnings) as string[] }),
    ...(row.asked === null ? {} : { asked: JSON.parse(row.asked) as RecordedAsk }),
    ...(row.guards === null ? {} : { guards: JSON.parse(row.guards) as Finding[] }),
    ...(row.skipped === null ? {} : { skipped: JSON.parse(row.skipped) as SkippedTarget[] }),
  }
}

type RareRow = Pick<
  Row,
  | 'cache_write_hour_tokens'
  | 'input_image_tokens'
  | 'output_image_tokens'
  | 'cached_audio_tokens'
  | 'cached_image_tokens'
>

/** Those that the provider counted. */
export function rareTokensOf(row: RareRow): Pick<CallRecord, (typeof RARE_TOKENS)[number]> {
  const tokens = [
    row.cache_write_hour_tokens,
    row.input_image_tokens,
    row.output_image_tokens,
    row.cached_audio_tokens,
    row.cached_image_tokens,
  ]
  return Object.fromEntries(RARE_TOKENS.flatMap((name, i) => (tokens[i] == null ? [] : [[name, tokens[i]]])))
}
