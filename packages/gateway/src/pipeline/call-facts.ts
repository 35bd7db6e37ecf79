/** What is known of a call when it is over: the record and the span are two readings of it. */
import type { Snapshot } from '@changeover/reload'
import type { CacheOutcome } from '../contract/answer-cache.ts'
import {
  type CallAttempt,
  type CallRecord,
  RARE_TOKENS,
  type RecordedAsk,
  type SkippedTarget,
} from '../contract/call.ts'
import type { Caller, CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { Finding } from '../contract/guards.ts'
import type { FinishReason, Usage } from '../contract/neutral.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { priceNameOf } from './call-bill.ts'
import type { Placed } from './placed.ts'
import { roundMs } from './round-ms.ts'
import type { Parts } from './tools.ts'

export interface CallFacts {
  readonly id: string
  /** The pattern of its path. */
  readonly endpoint: string
  readonly startedAt: number
  readonly durationMs: number
  readonly firstTokenMs: number | null
  readonly snapshot: Snapshot<Parts> | null
  readonly caller: Caller | null
  /** `null` when the body did not come or could not be read; so with what follows from it. */
  readonly body: RequestBody | null
  readonly route: CompiledRoute | null
  /** Last tried. */
  readonly target: CompiledTarget | null
  readonly attempts: readonly CallAttempt[]
  /** As in the record. */
  readonly rule: string | null
  readonly skipped: readonly SkippedTarget[] | null
  readonly warnings: readonly string[]
  /** The model that the provider named, or empty. */
  readonly seenModel: string
  readonly usage: Usage | null
  /** Of all attempts, at the prices of the call's own version. `null` where tokens or price are not known. */
  readonly costMicroUsd: number | null
  /** Tokens are estimated, and with them the cost. */
  readonly estimated: boolean
  readonly status: number
  /** Stable code, or empty. */
  readonly error: string
  readonly replyBytes: number
  /** As in the record. */
  readonly placed: Placed
  readonly session: string | null
  readonly finish: FinishReason | null
  readonly schemaValid: boolean | null
  readonly asked: RecordedAsk | null
  /** As in the record; `null` for none. */
  readonly cache: CacheOutcome | null
  /** Guardrails have looked at it. */
  readonly guarded: boolean
  /** Of guardrails, as in the record. */
  readonly findings: readonly Finding[]
}

export function recordOf(it: CallFacts, traceId: string): CallRecord {
  const record: Filling = {
    id: it.id,
    startedAt: it.startedAt,
    durationMs: roundMs(it.durationMs),
    firstTokenMs: it.firstTokenMs === null ? null : roundMs(it.firstTokenMs),
    version: it.snapshot?.version ?? '',
    tenant: it.caller?.tenant ?? null,
    key: it.caller?.key ?? null,
    route: it.route?.name ?? null,
    target: it.target?.name ?? null,
    context: it.route?.context?.id ?? null,
    stream: it.body?.stream ?? false,
    status: it.status,
    error: it.error,
    inputTokens: it.usage?.inputTokens ?? null,
    outputTokens: it.usage?.outputTokens ?? null,
    cachedInputTokens: it.usage?.cachedInputTokens ?? null,
    cacheWriteTokens: it.usage?.cacheWriteTokens ?? null,
    reasoningTokens: it.usage?.reasoningTokens ?? null,
    inputAudioTokens: it.usage?.inputAudioTokens ?? null,
    outputAudioTokens: it.usage?.outputAudioTokens ?? null,
    costMicroUsd: it.costMicroUsd,
    pricedBy: it.costMicroUsd === null ? null : (it.target?.facts?.from ?? null),
    price: it.usage === null || it.target === null ? null : priceNameOf(it.target),
    attempts: it.attempts,
    traceId,
    requestBytes: it.body?.bytes.length ?? 0,
    replyBytes: it.replyBytes,
    rollout: it.placed.rollout,
    role: it.placed.role,
    cohort: it.placed.cohort,
    unit: it.placed.unit,
    askedModel: it.body?.model ?? null,
    endpoint: it.endpoint,
    session: it.session,
    finish: it.finish,
    schemaValid: it.schemaValid,
    rule: it.rule,
    choice: it.route?.choice ?? null,
  }
  addRare(record, it)
  return record
}

type Filling = { -readonly [Name in keyof CallRecord]: CallRecord[Name] }

/** What few calls have: a record without them has no such fields. */
function addRare(record: Filling, it: CallFacts): void {
  if (it.usage !== null) addRareUsage(record, it.usage)
  if (it.usage !== null && it.estimated) record.estimated = true
  if (it.cache !== null) record.cache = it.cache
  if (it.warnings.length > 0) record.warnings = it.warnings
  if (it.asked !== null) record.asked = it.asked
  if (it.skipped !== null) record.skipped = it.skipped
  if (it.findings.length > 0) record.guards = it.findings
}

function addRareUsage(record: Filling, usage: Usage): void {
  if (usage.serviceTier !== undefined) record.serviceTier = usage.serviceTier
  if (usage.toolCalls !== undefined) record.toolCalls = usage.toolCalls
  for (const name of RARE_TOKENS) {
    const tokens = usage[name]
    if (tokens !== undefined) record[name] = tokens
  }
}
