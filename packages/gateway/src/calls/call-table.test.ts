import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { type CallReader, type CallTable, openCallReader, openCallTable } from './call-table.ts'
import type { CallFilter } from './questions.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-calls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newPath = (): string => join(folder, `calls-${files++}.db`)

/** A writer and a reader of one new file. */
function openBoth(path = newPath()) {
  const table = openCallTable(path)
  const reader = openCallReader(path)
  const close = (): void => {
    reader.close()
    table.close()
  }
  return { table, reader, close }
}

const asked: NonNullable<CallRecord['asked']> = {
  sensitive: true,
  inputTokens: 12,
  modalities: ['text'],
  prompt: [256, 77],
  headers: { 'x-tier': 'gold', 'x-team': null },
  variables: ['name'],
}

const record = fc.record<CallRecord>({
  id: fc.uuid().map((it) => `call_${it}`),
  startedAt: fc.integer({ min: 1_000, max: 2_000 }),
  durationMs: fc.integer({ min: 0, max: 5_000 }),
  firstTokenMs: fc.option(fc.integer({ min: 0, max: 900 })),
  version: fc.constantFrom('1.1', '1.2', '2.1'),
  tenant: fc.option(fc.constantFrom('acme', 'globex')),
  key: fc.option(fc.constant('acme/ci')),
  route: fc.option(fc.constantFrom('chat', 'support')),
  target: fc.option(fc.constant('simulated/small')),
  context: fc.option(fc.constant('support@2.1.0')),
  stream: fc.boolean(),
  status: fc.constantFrom(200, 200, 404, 429, 502),
  error: fc.constantFrom('', '', 'upstream.failed'),
  inputTokens: fc.option(fc.nat(9)),
  outputTokens: fc.option(fc.nat(9)),
  cachedInputTokens: fc.option(fc.nat(9)),
  cacheWriteTokens: fc.option(fc.nat(9)),
  reasoningTokens: fc.option(fc.nat(9)),
  inputAudioTokens: fc.option(fc.nat(9)),
  outputAudioTokens: fc.option(fc.nat(9)),
  costMicroUsd: fc.option(fc.nat(9_000_000)),
  pricedBy: fc.option(fc.constantFrom('settings' as const, 'shipped' as const)),
  price: fc.option(fc.constant('openai/gpt-4o@0123456789ab')),
  attempts: fc.array(
    fc.record({
      target: fc.constant('simulated/small'),
      status: fc.option(fc.constant(502)),
      error: fc.constant('upstream.failed'),
      durationMs: fc.nat(50),
    }),
    { maxLength: 2 },
  ),
  traceId: fc.constant('0af7651916cd43dd8448eb211c80319c'),
  requestBytes: fc.nat(9_000),
  replyBytes: fc.nat(9_000),
  rollout: fc.option(fc.constant('ro_1')),
  role: fc.option(fc.constantFrom('candidate' as const, 'current' as const)),
  cohort: fc.option(fc.nat(9_999)),
  unit: fc.option(fc.constantFrom('tenant' as const, 'request' as const)),
  askedModel: fc.option(fc.constant('chat')),
  endpoint: fc.option(fc.constant('/v1/chat/completions')),
  session: fc.option(fc.constant('0badcafe')),
  finish: fc.option(fc.constantFrom('stop' as const, 'refusal' as const)),
  schemaValid: fc.option(fc.boolean()),
  rule: fc.option(fc.constant('/routes/chat/rules/0')),
  choice: fc.option(fc.constant('small=90%, large=10%')),
})

const money = fc.record(
  {
    estimated: fc.constant(true as const),
    serviceTier: fc.constant('flex'),
    toolCalls: fc.constant({ web_search: 2 }),
    cacheWriteHourTokens: fc.nat(9),
    inputImageTokens: fc.nat(9),
    outputImageTokens: fc.nat(9),
    cachedAudioTokens: fc.nat(9),
    cachedImageTokens: fc.nat(9),
  },
  { requiredKeys: [] },
)

/** With what only some records have. */
const fullRecord = fc
  .tuple(record, fc.option(fc.constant(asked)), money)
  .map(([it, asked, money]): CallRecord => ({ ...it, ...(asked === null ? {} : { asked }), ...money }))

const filter = fc.record<CallFilter>(
  {
    version: fc.constantFrom('1.1', '1.2', '2.1'),
    tenant: fc.constantFrom('acme', 'globex'),
    route: fc.constantFrom('chat', 'support'),
    status: fc.constantFrom('200', '404', '4xx', '5xx'),
    since: fc.integer({ min: 1_000, max: 2_000 }),
    limit: fc.integer({ min: 1, max: 7 }),
  },
  { requiredKeys: [] },
)

describe('the call table', () => {
  it('lists exactly the calls that fit the filter, newest first, page by page', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fullRecord, { maxLength: 6 }), { maxLength: 5 }),
        filter,
        (batches, filter) => {
          const { table, reader, close } = openBoth()
          for (const batch of batches) write(table, batch)

          const expected = batches
            .flat()
            .toReversed()
            .filter((it) => fits(it, filter))
          expect(readAll(reader, filter)).toEqual(expected)
          close()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives back each record by its id, also after the file was closed and opened again', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(record, { selector: (it) => it.id, minLength: 1, maxLength: 5 }),
        (records) => {
          const path = newPath()
          const first = openCallTable(path)
          write(first, records)
          first.close()

          const { reader, close } = openBoth(path)
          for (const it of records) expect(reader.find(it.id)).toEqual(it)
          expect(reader.find('call_none')).toBeNull()
          close()
        },
      ),
      { numRuns: 30 },
    )
  })

  it('writes a batch whole or not at all', () => {
    const { table, reader, close } = openBoth()
    const [good] = fc.sample(record, 1) as [CallRecord]
    const bad = { ...good, id: 'call_bad', status: 'not a number' as unknown as number }
    expect(() => write(table, [good, bad])).toThrow()
    expect(reader.list({}).calls).toEqual([])
    write(table, [good])
    expect(reader.list({}).calls).toEqual([good])
    close()
  })

  it('sums up a version by nearest rank', () => {
    const { table, reader, close } = openBoth()
    const [base] = fc.sample(record, 1) as [CallRecord]
    const calls = Array.from({ length: 100 }, (_, i) => ({
      ...base,
      id: `call_${i}`,
      version: '1.1',
      durationMs: i + 1,
      startedAt: 1_000 + i,
      error: i < 3 ? 'upstream.failed' : '',
    }))
    write(table, calls)
    const [seen, unseen] = reader.summarise(['1.1', '9.9'])
    expect(seen).toEqual({
      version: '1.1',
      calls: 100,
      sampled: 100,
      errors: 3,
      p50Ms: 50,
      p99Ms: 99,
      firstAt: 1_000,
      lastAt: 1_099,
    })
    expect(unseen).toMatchObject({ calls: 0, p50Ms: null, p99Ms: null, firstAt: null })
    close()
  })

  it('frees the oldest rows in steps until count and age are within bounds', () => {
    const { table, reader, close } = openBoth()
    const [base] = fc.sample(record, 1) as [CallRecord]
    const dayMs = 86_400_000
    const calls = Array.from({ length: 3_500 }, (_, i) => ({
      ...base,
      id: `call_${i}`,
      startedAt: i < 500 ? 0 : 10 * dayMs,
    }))
    write(table, calls)

    let steps = 1
    while (table.trim({ keepDays: 5, maxRows: 1_200 }, 10 * dayMs, 1_000)) steps++
    expect(steps).toBe(3)
    expect(readAll(reader, { limit: 500 }).map((it) => it.id)).toEqual(
      calls
        .slice(-1_200)
        .toReversed()
        .map((it) => it.id),
    )

    expect(table.trim({ keepDays: 1, maxRows: 1_200 }, 20 * dayMs, 1_000)).toBe(true)
    table.trim({ keepDays: 1, maxRows: 1_200 }, 20 * dayMs, 1_000)
    expect(reader.list({}).calls).toEqual([])
    expect(table.trim({ keepDays: 1, maxRows: 1_200 }, 20 * dayMs, 1_000)).toBe(false)
    close()
  })

  it('is brought into the main file by a reader, between the batches of a writer', () => {
    const path = newPath()
    const { table, reader, close } = openBoth(path)
    const records = fc.sample(record, 500)
    for (let i = 0; i < 20; i++) {
      write(table, records)
      expect(reader.checkpoint()).toBe(true)
    }
    // The log begins anew after each: it does not grow with what is written.
    expect(statSync(`${path}-wal`).size).toBeLessThan(1_000_000)
    expect(reader.summarise(['1.1'])[0]?.calls).toBe(records.filter((it) => it.version === '1.1').length * 20)
    close()
  })

  it('cuts the log when it begins anew, so that its size tells what has gathered', () => {
    const path = newPath()
    const { table, reader, close } = openBoth(path)
    const records = fc.sample(record, 500)
    for (let i = 0; i < 40; i++) write(table, records)
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(6_000_000)
    expect(reader.checkpoint()).toBe(true)
    write(table, records)
    expect(statSync(`${path}-wal`).size).toBeLessThan(4_500_000)
    close()
  })

  it('keeps the warnings of a call', () => {
    const { table, reader, close } = openBoth()
    const warned = { ...fc.sample(record, { seed: 1, numRuns: 1 })[0], warnings: ['seed: not supported'] }
    write(table, [warned as CallRecord])
    expect(reader.find(warned.id ?? '')).toEqual(warned)
    close()
  })

  it('brings a file of the first schema up to its own, and keeps its rows', () => {
    const path = newPath()
    const { table, reader, close } = openBoth(path)
    const [old] = fc.sample(record, { seed: 2, numRuns: 1 })
    if (old === undefined) throw new Error('no record')
    write(table, [old])
    expect(reader.find(old.id)).toEqual(old)
    close()
    const database = new DatabaseSync(path)
    const added = database.prepare("SELECT name FROM pragma_table_info('calls') WHERE cid > 20").all()
    for (const { name } of added) database.exec(`ALTER TABLE calls DROP COLUMN ${String(name)}`)
    database.exec('DROP TABLE feedback; DROP TABLE copies; PRAGMA user_version = 1')
    database.close()

    const again = openBoth(path)
    const lost = { cacheWriteTokens: null, reasoningTokens: null, costMicroUsd: null, pricedBy: null }
    const unheard = { inputAudioTokens: null, outputAudioTokens: null }
    const unsplit = { rollout: null, role: null, cohort: null, unit: null, askedModel: null, endpoint: null }
    const unread = { session: null, finish: null, schemaValid: null, rule: null, choice: null, price: null }
    expect(again.reader.find(old.id)).toEqual({ ...old, ...lost, ...unheard, ...unsplit, ...unread })
    again.close()
  })

  it('keeps copies apart from calls, and forgets them by age and number like calls', () => {
    const { table, reader, close } = openBoth()
    const bill = { price: 'p/a', costMicroUsd: 7, tokens: { inputTokens: 1, outputTokens: 2 } }
    const copy = (i: number) => ({
      id: `call_${i}+mirror`,
      of: 'mirror' as const,
      startedAt: i,
      version: '1.1',
      target: 'p/a',
      bill,
    })
    for (let i = 1; i <= 20; i += 1) table.copied(copy(i), { keepDays: 30, maxRows: 5 })
    table.commit()
    expect(reader.findCopy('call_20+mirror')).toEqual(copy(20))
    expect([15, 16].map((i) => reader.findCopy(`call_${i}+mirror`) !== null)).toEqual([false, true])
    expect(reader.list({}).calls).toEqual([])
    table.copied(copy(31 * 86_400_000), { keepDays: 30, maxRows: 100 })
    table.commit()
    expect(reader.findCopy('call_16+mirror')).toBeNull()
    close()
  })

  it('does not touch a file of a newer schema', () => {
    const path = newPath()
    openCallTable(path).close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => openCallTable(path)).toThrow(/^the call log has schema 99, this build knows up to \d+$/)
  })
})

function write(table: CallTable, records: readonly CallRecord[]): void {
  table.add(records)
  table.commit()
}

function readAll(reader: CallReader, filter: CallFilter): CallRecord[] {
  const found: CallRecord[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = reader.list(cursor === undefined ? filter : { ...filter, cursor })
    found.push(...page.calls)
    cursor = page.next
  }
  return found
}

function fits(it: CallRecord, filter: CallFilter): boolean {
  const status = filter.status
  return (
    (filter.version === undefined || it.version === filter.version) &&
    (filter.tenant === undefined || it.tenant === filter.tenant) &&
    (filter.route === undefined || it.route === filter.route) &&
    (filter.since === undefined || it.startedAt >= filter.since) &&
    (status === undefined ||
      String(it.status).startsWith(status.endsWith('xx') ? status.slice(0, 1) : status))
  )
}
