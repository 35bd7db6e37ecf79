/** What a replay reads: the newest records, all of them once, in the order in which the calls began. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { openCallTable } from './call-table.ts'
import { readReplayRows } from './replay-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** Calls that began at these times, written in this order. */
function recorded(times: readonly number[], more: Partial<CallRecord> = {}): string {
  const path = join(folder, `calls-${files++}.db`)
  const table = openCallTable(path)
  table.add(
    times.map((startedAt, i) => {
      const call = {
        id: `call_${i}`,
        startedAt,
        durationMs: 1,
        stream: true,
        status: 200,
        error: '',
        ...more,
      }
      // Columns that a replay does not read.
      const rest = { version: '1.1', attempts: [], traceId: '', requestBytes: 7, replyBytes: 1 }
      const none = { firstTokenMs: null, tenant: null, key: null, route: 'chat', target: null, context: null }
      const tokens = { inputTokens: 3, outputTokens: null, cachedInputTokens: null, cacheWriteTokens: null }
      const kinds = {
        reasoningTokens: null,
        inputAudioTokens: null,
        outputAudioTokens: null,
        costMicroUsd: null,
      }
      const late = {
        pricedBy: null,
        rollout: null,
        role: null,
        cohort: null,
        unit: null,
        rule: null,
        choice: null,
      }
      const asked = {
        askedModel: 'chat',
        endpoint: '/v1/messages',
        session: null,
        finish: null,
        schemaValid: null,
      }
      return { ...rest, ...none, ...tokens, ...kinds, ...late, ...asked, ...call }
    }),
  )
  table.commit()
  table.close()
  return path
}

describe('the rows of a replay', () => {
  it('are in the order in which the calls began, over all pages', () => {
    const path = recorded(Array.from({ length: 10_000 }, (_, i) => 1_000_000 + ((i * 7919) % 10_000)))
    const pages: number[] = []
    const rows = readReplayRows(path, { most: 100_000, sinceMs: null }, (read) => pages.push(read))
    expect(pages).toEqual([4096, 8192, 10_000])
    expect(rows.map((it) => it.startedAt)).toEqual(Array.from({ length: 10_000 }, (_, i) => 1_000_000 + i))
    expect(new Set(rows.map((it) => it.id)).size).toBe(10_000)
  })

  it('are the newest that were written, as many as were asked for', () => {
    const path = recorded(Array.from({ length: 5_000 }, (_, i) => 1_000 + i))
    const rows = readReplayRows(path, { most: 4_500, sinceMs: null })
    expect([rows.length, rows[0]?.startedAt, rows.at(-1)?.startedAt]).toEqual([4_500, 1_500, 5_999])
  })

  it('are those that began in time, also when an older call ended later', () => {
    const path = recorded([1_000, 5_000, 2_000, 6_000, 3_000])
    const rows = readReplayRows(path, { most: 10, sinceMs: 3_000 })
    expect(rows.map((it) => it.startedAt)).toEqual([3_000, 5_000, 6_000])
  })

  it('hold what routing asks', () => {
    const asked = { headers: { 'x-tier': null }, inputTokens: 5 }
    const [row] = readReplayRows(recorded([1_000], { asked, session: '0badcafe', key: 'acme/ci' }), {
      most: 1,
      sinceMs: null,
    })
    expect(row).toMatchObject({
      id: 'call_0',
      stream: true,
      route: 'chat',
      askedModel: 'chat',
      inputTokens: 3,
      requestBytes: 7,
      session: '0badcafe',
      key: 'acme/ci',
      asked,
    })
  })

  it('hold what few calls have of their usage, and nothing for all others', () => {
    const rare = { serviceTier: 'flex', cacheWriteHourTokens: 4, toolCalls: { web_search: 2 } }
    const read = (more: Partial<CallRecord>) =>
      readReplayRows(recorded([1_000], more), { most: 1, sinceMs: null })[0]?.rare
    expect(read(rare)).toEqual(rare)
    expect(read({})).toBeNull()
  })

  it('are none where nothing is recorded', () => {
    expect(readReplayRows(recorded([]), { most: 10, sinceMs: null })).toEqual([])
  })
})
