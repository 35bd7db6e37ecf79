import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@changeover/reload'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openCallReader, openCallTable } from '../calls/call-table.ts'
import type { BilledPart, MoneyRow } from '../calls/money-rows.ts'
import { readMoneyRows } from '../calls/money-rows.ts'
import { openRepricings, type RepricedCall } from '../calls/repricings.ts'
import { compilePrice } from '../catalogue/price.ts'
import { testCall } from '../contract/test-call.ts'
import { createBillDesk } from './bill-desk.ts'
import type { BillAsk, RepriceAsk } from './bill-task.ts'
import { makeBill } from './make-bill.ts'
import { openPriceBook } from './price-book.ts'
import { repriceSpan } from './reprice-span.ts'
import type { BillLine } from './totals.ts'

const span = { fromMs: 0, toMs: 1_000_000_000_000_000 }
const look: RepriceAsk = { ...span, prices: 'test', settings: {}, withShipped: false, write: null }
const ask: BillAsk = { ...span, by: 'tenant', repricing: null }

const ENTRIES = ['openai/a', 'openai/b', 'other/c']
const micro = fc.integer({ min: 0, max: 40_000_000 }).map((it) => it / 1_000_000)
const catalogue = fc.dictionary(
  fc.constantFrom(...ENTRIES),
  fc.record({ prices: fc.tuple(fc.record({ input: micro, output: micro, cachedInput: micro })) }),
)
const part: fc.Arbitrary<BilledPart> = fc.record({
  target: fc.constantFrom('p/a', 'p/b', null),
  price: fc.constantFrom('openai/a@0123456789ab', 'openai/b', 'other/c@aaaaaaaaaaaa', 'unknown/x', null),
  tokens: fc.record({
    inputTokens: fc.nat(1_000_000),
    outputTokens: fc.nat(100_000),
    cachedInputTokens: fc.nat(9999),
  }),
  costMicroUsd: fc.option(fc.nat(9_000_000)),
  estimated: fc.boolean(),
})
const row: fc.Arbitrary<MoneyRow> = fc
  .record({
    call: fc.uuid(),
    startedAt: fc.nat(1_800_000_000_000),
    tenant: fc.option(fc.constantFrom('acme', 'globex')),
    key: fc.option(fc.constantFrom('acme/ci', 'globex/app')),
    copy: fc.boolean(),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
  })
  .map((it) => ({ ...it, costMicroUsd: sumOf(it.parts.map((one) => one.costMicroUsd)) }))
const rows = fc.uniqueArray(row, { maxLength: 30, selector: (it) => it.call })

/** `null` where none is known. */
function sumOf(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((it) => it !== null)
  return known.length === 0 ? null : known.reduce((sum, it) => sum + it, 0)
}
const plus = (sum: number, it: number | null): number => sum + (it ?? 0)

describe('calls by other prices', () => {
  it('add up: call by call, model by model and tenant by tenant to what is printed', () => {
    fc.assert(
      fc.property(rows, catalogue, (all, prices) => {
        const kept = new Map<string, number>()
        const keep = ({ call, costMicroUsd }: { call: string; costMicroUsd: number }) =>
          void kept.set(call, costMicroUsd)
        const found = repriceSpan(all, look, { book: openPriceBook({ catalogue: prices }, {}), keep })
        const before = all.map((it) => it.costMicroUsd).reduce<number>(plus, 0)
        const after = all.map((it) => kept.get(it.call) ?? it.costMicroUsd).reduce<number>(plus, 0)
        expect([found.beforeMicroUsd, found.afterMicroUsd]).toEqual([before, after])
        for (const lines of [found.byModel, found.byTenant]) {
          expect(lines.reduce((sum, it) => sum + it.beforeMicroUsd, 0)).toBe(before)
          expect(lines.reduce((sum, it) => sum + it.afterMicroUsd, 0)).toBe(after)
        }
        expect([found.calls, found.repriced]).toEqual([all.length, kept.size])
        const sumOfTenants = (name: 'kept' | 'unpriced') =>
          found.byTenant.reduce((sum, it) => sum + it[name], 0)
        expect(sumOfTenants('kept')).toBe(all.length - kept.size)
        expect(sumOfTenants('unpriced')).toBe(found.unpriced)
      }),
    )
  })

  it('cost what the price says, part by part, and what is not priced stays as it was', () => {
    fc.assert(
      fc.property(row, catalogue, (one, prices) => {
        const kept: number[] = []
        const keep = (it: { costMicroUsd: number }) => void kept.push(it.costMicroUsd)
        const found = repriceSpan([one], look, { book: openPriceBook({ catalogue: prices }, {}), keep })
        const expected = one.parts.map((it) => {
          const entry = prices[it.price?.split('@')[0] ?? '']
          const price = entry === undefined ? null : compilePrice(entry.prices)
          return price === null ? it.costMicroUsd : price.costMicroUsd(it.tokens, one.startedAt)
        })
        expect(found.afterMicroUsd).toBe(sumOf(expected) ?? 0)
        const isPriced = one.parts.some((it) => (it.price?.split('@')[0] ?? '') in prices)
        expect(kept).toEqual(isPriced ? [found.afterMicroUsd] : [])
      }),
    )
  })

  it('cost the same by the prices that they had', () => {
    fc.assert(
      fc.property(rows, catalogue, (all, prices) => {
        const book = openPriceBook({ catalogue: prices }, {})
        const priced = all.map((it) => {
          const parts = it.parts.map((one): BilledPart => {
            const found = book.find(one)
            const costMicroUsd = found?.price.costMicroUsd(one.tokens, it.startedAt) ?? one.costMicroUsd
            return { ...one, costMicroUsd }
          })
          return { ...it, parts, costMicroUsd: sumOf(parts.map((one) => one.costMicroUsd)) }
        })
        const found = repriceSpan(priced, look, { book, keep: () => undefined })
        expect(found.afterMicroUsd).toBe(found.beforeMicroUsd)
        expect(found.byModel.every((it) => it.beforeMicroUsd === it.afterMicroUsd)).toBe(true)
      }),
    )
  })

  it('go by the entry that the version says its target is, and else by that of the record', () => {
    const settings = {
      providers: { p: { kind: 'openai' } },
      models: { a: { provider: 'p', model: 'gpt', catalogue: 'other/c' }, b: { provider: 'p' } },
      catalogue: { 'other/c': { prices: [{ input: 1 }] }, 'openai/a': { prices: [{ input: 2 }] } },
    }
    const book = openPriceBook(settings, {})
    const of = (target: string | null, price: string | null) =>
      book.find({
        target,
        price,
        tokens: { inputTokens: 0, outputTokens: 0 },
        costMicroUsd: null,
        estimated: false,
      })?.name
    expect(of('p/a', 'openai/a@0123456789ab')).toBe('other/c')
    expect(of('p/b', 'openai/a')).toBeUndefined()
    expect(of('gone/a', 'openai/a@0123456789ab')).toBe('openai/a')
    expect(of('gone/a', null)).toBeUndefined()
  })
})

describe('a call of which something has no price', () => {
  const tokens = { inputTokens: 10, outputTokens: 0 }
  const part = (target: string, costMicroUsd: number | null): BilledPart => {
    return { target, price: `openai/${target}`, tokens, costMicroUsd, estimated: false }
  }
  const row: MoneyRow = {
    call: 'call_p',
    copy: false,
    startedAt: 5,
    tenant: 'acme',
    key: null,
    costMicroUsd: 7,
    parts: [part('a', null), part('b', 7)],
  }

  it('is said on a bill, whatever its lines are by', () => {
    for (const by of ['tenant', 'key', 'model'] as const)
      expect(makeBill([row], { ...ask, by }, () => null).total).toMatchObject({
        unpriced: 1,
        costMicroUsd: 7,
      })
  })

  it('is said of a repricing that has no price for it either', () => {
    const priced = (name: string) =>
      repriceSpan([row], look, {
        book: openPriceBook({ catalogue: { [name]: { prices: [{ input: 1 }] } } }, {}),
        keep: () => undefined,
      })
    expect(priced('openai/b')).toMatchObject({ repriced: 1, unpriced: 1, afterMicroUsd: 10 })
    expect(priced('openai/a')).toMatchObject({ repriced: 1, unpriced: 0, afterMicroUsd: 17 })
  })

  it.each([
    ['openai/b', { unpriced: 1, costMicroUsd: 10 }, { a: [0, 1], b: [10, 0] }],
    ['openai/a', { unpriced: 0, costMicroUsd: 17 }, { a: [10, 0], b: [7, 0] }],
  ])('is said on a bill by a repricing that has a price for %s alone', (name, total, models) => {
    const kept: RepricedCall[] = []
    const book = openPriceBook({ catalogue: { [name]: { prices: [{ input: 1 }] } } }, {})
    repriceSpan([row], look, { book, keep: (it) => void kept.push(it) })
    for (const by of ['tenant', 'key', 'model'] as const) {
      const bill = makeBill([row], { ...ask, by }, () => kept[0] ?? null)
      expect(bill.total).toMatchObject(total)
      if (by !== 'model') continue
      expect(Object.fromEntries(bill.lines.map((it) => [it.name, [it.costMicroUsd, it.unpriced]]))).toEqual(
        models,
      )
    }
  })
})

describe('a bill', () => {
  it('adds up, whatever its lines are by, with a repricing and without', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('tenant', 'key', 'model'), fc.boolean(), (all, by, isAgain) => {
        const again = (call: string) =>
          isAgain && call < '8' ? { costMicroUsd: 7, price: 'new/x', costs: null } : null
        const bill = makeBill(all, { ...ask, by }, again)
        const cost = all.map((it) => again(it.call)?.costMicroUsd ?? it.costMicroUsd).reduce<number>(plus, 0)
        expect(bill.total.costMicroUsd).toBe(cost)
        expect(bill.total.calls).toBe(all.length)
        for (const name of [
          'costMicroUsd',
          'calls',
          'inputTokens',
          'estimatedMicroUsd',
          'unpriced',
        ] as const) {
          expect(bill.lines.reduce((sum, it) => sum + it[name], 0)).toBe(bill.total[name])
        }
      }),
    )
  })
})

const folder = mkdtempSync(join(tmpdir(), 'changeover-bills-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a past month', () => {
  const path = join(folder, 'calls.db')
  const november = { fromMs: Date.parse('2026-11-01'), toMs: Date.parse('2026-12-01') }
  const counted = {
    inputTokens: 1000,
    outputTokens: 100,
    price: 'openai/a@0123456789ab',
    pricedBy: 'settings',
  } as const
  const calls = [
    testCall({
      ...counted,
      id: 'call_1',
      tenant: 'acme',
      target: 'p/a',
      costMicroUsd: 3000,
      startedAt: november.fromMs,
    }),
    testCall({
      ...counted,
      id: 'call_2',
      tenant: 'globex',
      target: 'p/b',
      cachedInputTokens: 400,
      serviceTier: 'flex',
      estimated: true,
      costMicroUsd: 5000,
      startedAt: november.toMs - 1,
      attempts: [
        {
          target: 'p/c',
          status: 200,
          error: 'upstream.reset',
          durationMs: 1,
          bill: {
            price: 'other/c@aaaaaaaaaaaa',
            costMicroUsd: 4000,
            tokens: { inputTokens: 10, outputTokens: 1 },
          },
        },
      ],
    }),
    testCall({ ...counted, id: 'call_3', costMicroUsd: 9, startedAt: november.fromMs - 1 }),
    testCall({ ...counted, id: 'call_4', costMicroUsd: 9, startedAt: november.toMs }),
    testCall({ id: 'call_5', inputTokens: null, outputTokens: null, startedAt: november.fromMs }),
  ]
  const desk = createBillDesk({ clock: systemClock, readable: () => Promise.resolve(path) })
  const settings = {
    catalogue: {
      'openai/a': { prices: [{ input: 1, output: 10, cachedInput: 0.5, services: { flex: 0.5 } }] },
    },
  }
  const monthly = { ...november, prices: 'prices.yaml', settings, withShipped: false }

  it('is read with all that was counted of it, and of no other', () => {
    const table = openCallTable(path)
    table.add(calls)
    table.commit()
    table.close()
    const found = [...readMoneyRows(path, november)]
    expect(found.map((it) => it.call)).toEqual(['call_2', 'call_1'])
    expect(found[0]?.parts).toEqual([
      {
        target: 'p/c',
        price: 'other/c@aaaaaaaaaaaa',
        costMicroUsd: 4000,
        tokens: { inputTokens: 10, outputTokens: 1 },
        estimated: false,
      },
      {
        target: 'p/b',
        price: counted.price,
        costMicroUsd: 1000,
        estimated: true,
        tokens: { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400, serviceTier: 'flex' },
      },
    ])
  })

  it('is priced anew without a trace, and kept beside what it was when that is asked for', async () => {
    // call_1: 1000 + 1000. call_2: 4000 as it was, and half of 600 + 200 + 1000.
    const expected = {
      calls: 2,
      repriced: 2,
      beforeMicroUsd: 8000,
      afterMicroUsd: 2000 + 4900,
      byModel: [
        { name: 'p/a', copies: false, beforeMicroUsd: 3000, afterMicroUsd: 2000 },
        { name: 'p/b', copies: false, beforeMicroUsd: 1000, afterMicroUsd: 900 },
        { name: 'p/c', copies: false, beforeMicroUsd: 4000, afterMicroUsd: 4000 },
      ],
      byTenant: [
        { name: 'acme', copies: false, beforeMicroUsd: 3000, afterMicroUsd: 2000 },
        { name: 'globex', copies: false, beforeMicroUsd: 5000, afterMicroUsd: 4900 },
      ],
    }
    expect(await desk.reprice({ ...monthly, write: null })).toMatchObject({ id: null, ...expected })
    expect(await desk.list()).toEqual([])
    const write = { id: 'rp_1', by: 'ann', at: november.toMs }
    expect(await desk.reprice({ ...monthly, write })).toMatchObject({ id: 'rp_1', ...expected })
    expect(await desk.list()).toEqual([
      expect.objectContaining({
        id: 'rp_1',
        by: 'ann',
        prices: 'prices.yaml',
        beforeMicroUsd: 8000,
        afterMicroUsd: 6900,
      }),
    ])
    const reader = openCallReader(path)
    expect(reader.find('call_2')).toMatchObject({ costMicroUsd: 5000, price: counted.price })
    reader.close()
  })

  it('never loses an older repricing to a newer one, nor one to another of its name', async () => {
    const dearer = { catalogue: { 'openai/a': { prices: [{ input: 100 }] } } }
    const again = { ...monthly, settings: dearer, prices: 'dearer.yaml' }
    await desk.reprice({ ...again, write: { id: 'rp_2', by: 'bob', at: november.toMs + 1 } })
    await expect(desk.reprice({ ...again, write: { id: 'rp_1', by: 'bob', at: 1 } })).rejects.toThrow(
      'UNIQUE',
    )
    const costOf = async (repricing: string | null) =>
      (await desk.bill({ ...november, by: 'tenant', repricing }))?.total.costMicroUsd
    expect([await costOf(null), await costOf('rp_1'), await costOf('rp_2')]).toEqual([8000, 6900, 204_000])
    expect(await desk.bill({ ...november, by: 'tenant', repricing: 'rp_none' })).toBeNull()
  })

  it('says of each line what has no price, and since when there are records', async () => {
    const none = { ...monthly, settings: { catalogue: { 'other/c': { prices: [{ input: 1 }] } } } }
    const found = await desk.reprice({ ...none, write: null })
    // call_1 and the last attempt of call_2 are as they were; all of it had a price.
    expect(found.byModel.map((it) => [it.name, it.kept, it.unpriced])).toEqual([
      ['p/c', 0, 0],
      ['p/a', 1, 0],
      ['p/b', 1, 0],
    ])
    expect(found).toMatchObject({ calls: 2, repriced: 1, unpriced: 0, recordsFromMs: november.fromMs })
    const bill = await desk.bill({ ...november, by: 'tenant', repricing: null })
    expect(bill?.recordsFromMs).toBe(november.fromMs)
  })

  it('is billed by model with each attempt in the line of its own', async () => {
    const bill = await desk.bill({ ...november, by: 'model', repricing: null })
    expect(bill?.lines.map((it) => [it.name, it.calls, it.costMicroUsd, it.estimatedMicroUsd])).toEqual([
      ['p/c', 0, 4000, 0],
      ['p/a', 1, 3000, 0],
      ['p/b', 1, 1000, 1000],
    ])
    const again = await desk.bill({ ...november, by: 'model', repricing: 'rp_1' })
    expect(again?.lines.map((it) => [it.name, it.costMicroUsd])).toEqual([
      ['p/c', 4000],
      ['p/a', 2000],
      ['p/b', 900],
    ])
  })

  it('is billed by a repricing of which an older build kept only sums', async () => {
    const old = new DatabaseSync(`${folder}/old.db`)
    old.exec(`CREATE TABLE repricings (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, prices TEXT NOT NULL, from_ms INTEGER NOT NULL,
        to_ms INTEGER NOT NULL, calls INTEGER NOT NULL, repriced INTEGER NOT NULL,
        before_micro_usd INTEGER NOT NULL, after_micro_usd INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE repriced (
        repricing TEXT NOT NULL, call TEXT NOT NULL, cost_micro_usd INTEGER NOT NULL, price TEXT NOT NULL,
        PRIMARY KEY (repricing, call)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO repricings VALUES ('rp_o', 1, 'ann', 'prices.yaml', 0, 9, 1, 1, 7, 10);
      INSERT INTO repriced VALUES ('rp_o', 'call_o', 10, 'openai/a openai/b@0123456789ab')`)
    old.close()
    const book = openRepricings(`${folder}/old.db`)
    const tokens = { inputTokens: 1, outputTokens: 0 }
    const part = { tokens, estimated: false }
    const parts = [
      { ...part, target: 'p/a', price: 'openai/a', costMicroUsd: null },
      { ...part, target: 'p/b', price: 'openai/b@ffffffffffff', costMicroUsd: 7 },
    ]
    const row = {
      call: 'call_o',
      copy: false,
      startedAt: 5,
      tenant: 'acme',
      key: null,
      costMicroUsd: 7,
      parts,
    }
    const said = (by: 'tenant' | 'model') =>
      makeBill([row], { ...ask, by }, (call) => book.costOf('rp_o', call)).lines.map((it) => [
        it.name,
        it.costMicroUsd,
        it.unpriced,
      ])
    expect(said('tenant')).toEqual([['acme', 10, 1]])
    expect(said('model')).toEqual([
      ['p/b', 10, 0],
      ['p/a', 0, 1],
    ])
    const write = { call: 'call_n', costMicroUsd: 3, price: 'openai/a@0123456789ab', costs: [3] }
    const entry = book.find('rp_o')
    if (entry === null) throw new Error('the old entry is gone')
    book.write('rp_n', (add) => (add(write), { ...entry, id: 'rp_n' }), 0)
    expect(book.costOf('rp_n', 'call_n')).toEqual({ costMicroUsd: 3, price: write.price, costs: [3] })
    book.close()
  })

  it('has copies in lines of their own, which a repricing prices too', async () => {
    const table = openCallTable(path)
    const copy = { of: 'mirror' as const, version: '1.1', target: 'p/a', startedAt: november.fromMs + 1 }
    const tokens = { inputTokens: 100, outputTokens: 10, toolCalls: { web_search: 3 } }
    const bill = { price: 'openai/a@0123456789ab', costMicroUsd: 700, tokens, estimated: true as const }
    table.copied({ ...copy, id: 'call_1+mirror', bill }, { keepDays: 30, maxRows: 1000 })
    table.copied({ ...copy, id: 'call_9', startedAt: november.toMs, bill }, { keepDays: 30, maxRows: 1000 })
    table.commit()
    table.close()
    const bills = await desk.bill({ ...november, by: 'tenant', repricing: null })
    const said = (it: BillLine | undefined) => [it?.name, it?.copies, it?.calls, it?.costMicroUsd]
    expect(bills?.lines.map(said)).toEqual([
      ['globex', false, 1, 5000],
      ['acme', false, 1, 3000],
      [null, true, 1, 700],
    ])
    expect([said(bills?.total), bills?.total.estimatedMicroUsd]).toEqual([[null, false, 3, 8700], 1000 + 700])
    const byModel = await desk.bill({ ...november, by: 'model', repricing: null })
    expect(byModel?.lines.filter((it) => it.name === 'p/a').map(said)).toEqual([
      ['p/a', false, 1, 3000],
      ['p/a', true, 1, 700],
    ])
    const searched = { catalogue: { 'openai/a': { prices: [{ input: 1, tools: { web_search: 0.01 } }] } } }
    const again = await desk.reprice({ ...monthly, settings: searched, write: null })
    // 100 tokens and three searches at a cent.
    expect(again.byTenant.find((it) => it.copies)).toEqual({
      name: null,
      copies: true,
      beforeMicroUsd: 700,
      afterMicroUsd: 100 + 30_000,
      kept: 0,
      unpriced: 0,
    })
  })

  it('has a copy of several attempts as one, whose parts a repricing adds up', async () => {
    const december = { fromMs: november.toMs + 10, toMs: november.toMs + 20 }
    const table = openCallTable(path)
    const copy = { id: 'call_s', of: 'shadow' as const, version: '1.1', startedAt: december.fromMs }
    const bill = (price: string, costMicroUsd: number, inputTokens: number) => ({
      price,
      costMicroUsd,
      tokens: { inputTokens, outputTokens: 0 },
    })
    const limits = { keepDays: 30, maxRows: 1000 }
    table.copied({ ...copy, target: 'p/a', bill: bill('openai/a@0123456789ab', 10, 100) }, limits)
    table.copied({ ...copy, target: 'p/b', bill: bill('openai/a@0123456789ab', 20, 200) }, limits)
    table.commit()
    table.close()
    const [row] = readMoneyRows(path, december)
    expect(row).toMatchObject({
      call: 'call_s',
      costMicroUsd: 30,
      parts: [{ target: 'p/a' }, { target: 'p/b' }],
    })
    const write = { id: 'rp_s', by: 'ann', at: december.toMs }
    const dearer = { catalogue: { 'openai/a': { prices: [{ input: 1 }] } } }
    const kept = await desk.reprice({ ...monthly, ...december, settings: dearer, write })
    expect(kept).toMatchObject({ calls: 1, beforeMicroUsd: 30, afterMicroUsd: 300 })
    const billed = await desk.bill({ ...december, by: 'tenant', repricing: 'rp_s' })
    // The second attempt's cost once stood for both.
    expect(billed?.total).toMatchObject({ calls: 1, costMicroUsd: 300 })
  })
})
