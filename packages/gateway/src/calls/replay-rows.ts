/**
 * The newest records, as replaying them needs them, in the order in which the calls began.
 *
 * Read in pages, each a transaction of its own: a reader that kept one open for seconds would hold up the cutting
 * of the write-ahead log. What comes in meanwhile is newer than the first page and is not asked for. Texts that
 * repeat (names of keys, routes, targets) are kept once, so that a hundred thousand rows take some thirty megabytes.
 *
 * Not here: replaying (`plan/replay/`). Runs in the plan's worker, never on the thread that serves.
 */
import type { RecordedAsk } from '../contract/call.ts'
import type { Usage } from '../contract/neutral.ts'
import { rareTokensOf } from './call-row.ts'
import { connect } from './call-table.ts'

export interface ReplayRow {
  readonly id: string
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly durationMs: number
  readonly firstTokenMs: number | null
  readonly tenant: string | null
  readonly key: string | null
  readonly route: string | null
  readonly target: string | null
  readonly context: string | null
  readonly stream: boolean
  readonly status: number
  readonly error: string
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly inputAudioTokens: number | null
  readonly outputAudioTokens: number | null
  /** What few calls have of their usage: tokens of rare kinds, how they were served, tools for a fee. `null` for nothing. */
  readonly rare: Partial<Usage> | null
  readonly requestBytes: number
  readonly askedModel: string | null
  /** `null` in records from before it was kept, which hold nothing of what routing asks either. */
  readonly endpoint: string | null
  readonly session: string | null
  readonly asked: RecordedAsk | null
}

export interface ReplayRange {
  /** Newest records at most. */
  readonly most: number
  /** Wall milliseconds: calls that began before it are left out; `null` for none. */
  readonly sinceMs: number | null
}

const pageRows = 4_096

const columns = `row, id, started_at, duration_ms, first_token_ms, tenant, key, route, target, context, stream, status,
  error, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, input_audio_tokens,
  output_audio_tokens, request_bytes, asked_model, endpoint, session, asked, service_tier, cache_write_hour_tokens,
  input_image_tokens, output_image_tokens, cached_audio_tokens, cached_image_tokens, tool_calls`

type Raw = Readonly<Record<string, string | number | null>>

/** `onPage` is told how many have been read so far. */
export function readReplayRows(
  path: string,
  { most, sinceMs }: ReplayRange,
  onPage: (rows: number) => void = () => undefined,
): ReplayRow[] {
  const database = connect(path, 'PRAGMA query_only=ON')
  try {
    const select = database.prepare(`SELECT ${columns} FROM calls WHERE row < ? ORDER BY row DESC LIMIT ?`)
    const once = keepOnce()
    const rows: ReplayRow[] = []
    let before = Number.MAX_SAFE_INTEGER
    while (rows.length < most) {
      const page = select.all(before, Math.min(pageRows, most - rows.length)) as unknown as Raw[]
      const wanted = sinceMs === null ? page : page.filter((it) => Number(it['started_at']) >= sinceMs)
      for (const it of wanted) rows.push(toReplayRow(it, once))
      before = Number(page.at(-1)?.['row'] ?? 0)
      onPage(rows.length)
      // Calls are written as they end: a page without any that began in time is far behind the last one that did.
      if (page.length < pageRows || wanted.length === 0) break
    }
    return rows.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
  } finally {
    database.close()
  }
}

type Once = <Text extends string | null>(text: Text) => Text

/** The same text is the same object: names come a hundred thousand times. */
function keepOnce(): Once {
  const known = new Map<string, string>()
  return (text) => {
    if (text === null) return text
    const seen = known.get(text)
    if (seen !== undefined) return seen as typeof text
    known.set(text, text)
    return text
  }
}

function toReplayRow(it: Raw, once: Once): ReplayRow {
  const text = (name: string): string | null => once(it[name] as string | null)
  const number = (name: string): number | null => it[name] as number | null
  const asked = it['asked'] as string | null
  return {
    id: String(it['id']),
    startedAt: Number(it['started_at']),
    durationMs: Number(it['duration_ms']),
    firstTokenMs: number('first_token_ms'),
    tenant: text('tenant'),
    key: text('key'),
    route: text('route'),
    target: text('target'),
    context: text('context'),
    stream: it['stream'] === 1,
    status: Number(it['status']),
    error: text('error') ?? '',
    inputTokens: number('input_tokens'),
    outputTokens: number('output_tokens'),
    cachedInputTokens: number('cached_input_tokens'),
    cacheWriteTokens: number('cache_write_tokens'),
    reasoningTokens: number('reasoning_tokens'),
    inputAudioTokens: number('input_audio_tokens'),
    outputAudioTokens: number('output_audio_tokens'),
    rare: rareOf(it, text('service_tier')),
    requestBytes: Number(it['request_bytes']),
    askedModel: text('asked_model'),
    endpoint: text('endpoint'),
    session: text('session'),
    asked: asked === null ? null : (JSON.parse(asked) as RecordedAsk),
  }
}

function rareOf(it: Raw, serviceTier: string | null): Partial<Usage> | null {
  const toolCalls = it['tool_calls'] as string | null
  const found: Partial<Usage> = {
    ...rareTokensOf(it as unknown as Parameters<typeof rareTokensOf>[0]),
    ...(serviceTier === null ? null : { serviceTier }),
    ...(toolCalls === null ? null : { toolCalls: JSON.parse(toolCalls) as Record<string, number> }),
  }
  return Object.keys(found).length === 0 ? null : found
}
