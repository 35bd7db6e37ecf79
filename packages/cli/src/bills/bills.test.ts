import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CommandContext } from '../command.ts'
import { bill } from './bill.ts'
import { sayDifference, sayUsd } from './money.ts'
import { reprice } from './reprice.ts'
import { readSpan } from './span.ts'

function contextOf(
  options: Readonly<Record<string, string>>,
  more: Partial<CommandContext> = {},
): CommandContext {
  const text = (name: string) => options[name]
  return { text, flag: (name: string) => options[name] === 'true', json: false, ...more } as CommandContext
}

describe('money in words', () => {
  it('says every micro-dollar, whatever the sum', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e15, max: 9e15 }), (microUsd) => {
        expect(sayUsd(microUsd)).toMatch(/^-?\d+\.\d{6}$/)
        expect(Number(sayUsd(microUsd).replace('.', ''))).toBe(microUsd)
      }),
    )
    expect([sayUsd(0), sayUsd(1), sayUsd(-1_500_000)]).toEqual(['0.000000', '0.000001', '-1.500000'])
    expect([sayDifference(5), sayDifference(0), sayDifference(-5)]).toEqual([
      '+0.000005',
      '0.000000',
      '-0.000005',
    ])
  })
})

describe('the span of a bill', () => {
  it.each([
    [{ month: '2026-11' }, ['2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z']],
    [{ month: '2026-12' }, ['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']],
    [
      { from: '2026-11-03', to: '2026-11-04T12:00:00+02:00' },
      ['2026-11-03T00:00:00.000Z', '2026-11-04T10:00:00.000Z'],
    ],
  ])('is %o, in UTC', (options, [from, to]) => {
    expect(readSpan(contextOf(options))).toEqual({ from, to })
  })

  it.each([
    [{}, 'expected --month, or --from and --to'],
    [{ month: '2026-13' }, 'found "2026-13", expected a month'],
    [{ month: '2026-11', to: '2026-12-01' }, 'goes without'],
    [{ from: '2026-11-01', to: 'soon' }, '--to: found "soon"'],
    [{ from: '2026-02-01', to: '2026-02-30' }, '--to: found "2026-02-30"'],
    [{ from: '2026-11-01T00:00:00', to: '2026-12-01' }, 'such as 2026-11-01T08:00:00Z'],
    [{ from: '11', to: '2026-12-01' }, '--from: found "11"'],
  ])('is none of %o', (options, says) => {
    expect(() => readSpan(contextOf(options))).toThrow(says)
  })
})

describe('a bill as CSV', () => {
  it('quotes what has to be, and runs no formula', async () => {
    const counts = {
      calls: 1,
      inputTokens: 2,
      outputTokens: 3,
      costMicroUsd: 4,
      estimatedMicroUsd: 0,
      unpriced: 0,
    }
    const lines = ['a,"b"', '=1+1', null].map((name) => ({ name, copies: name === null, ...counts }))
    const said: string[] = []
    const found = {
      by: 'tenant',
      from: '',
      to: '',
      repricing: null,
      recordsFrom: null,
      total: lines[0],
      lines,
    }
    const context = contextOf(
      { month: '2026-11', csv: 'true' },
      {
        say: (line = '') => void said.push(line),
        client: () =>
          Promise.resolve({ ask: () => Promise.resolve(found) } as unknown as ReturnType<
            CommandContext['client']
          >),
      },
    )
    expect(await bill(context)).toBe(0)
    expect(said.slice(1)).toEqual([
      '"a,""b""",1,2,3,4,0,0,false',
      "'=1+1,1,2,3,4,0,0,false",
      ',1,2,3,4,0,0,true',
    ])
  })
})

describe('what calls would cost by other prices', () => {
  const line = (name: string, more: object = {}) => {
    const costs = { beforeMicroUsd: 1_000_000, afterMicroUsd: 1_250_000, kept: 0, unpriced: 0 }
    return { name, copies: false, ...costs, ...more }
  }
  const said = async (more: object, lines = [line('p/a')]) => {
    const texts: string[] = []
    const found = {
      id: null,
      prices: 'version 1.1',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      recordsFrom: '2026-10-07T00:00:00.000Z',
      calls: 3,
      repriced: 3,
      unpriced: 0,
      beforeMicroUsd: 1_000_000,
      afterMicroUsd: 1_250_000,
      byModel: lines,
      byTenant: lines,
      ...more,
    }
    const context = contextOf(
      { month: '2026-11', version: '1.1' },
      {
        say: (text = '') => void texts.push(text),
        paint: (_: string, text: string) => text,
        client: () =>
          Promise.resolve({ ask: () => Promise.resolve(found) } as unknown as ReturnType<
            CommandContext['client']
          >),
      },
    )
    expect(await reprice(context)).toBe(0)
    return texts.join('\n')
  }

  it('is a table in dollars, without columns for what there is none of', async () => {
    const text = await said({})
    expect(text).toContain('by version 1.1: 3 calls, in USD')
    expect(text).toMatch(/MODEL +WAS +WOULD BE +DIFFERENCE\np\/a +1\.000000 +1\.250000 +\+0\.250000\n/)
    expect(text).not.toMatch(/NO PRICE|AS IT WAS|no price|in no sum/)
  })

  it('names the lines that have no price, and those that are as they were', async () => {
    const lines = [line('p/a'), line('p/none', { beforeMicroUsd: 0, afterMicroUsd: 0, kept: 2, unpriced: 1 })]
    const text = await said({ repriced: 1, unpriced: 1 }, lines)
    expect(text).toMatch(/DIFFERENCE +AS IT WAS +NO PRICE/)
    expect(text).toMatch(/p\/none +0\.000000 +0\.000000 +0\.000000 +2 +1/)
    expect(text).toMatch(/total .* 2 +1/)
    expect(text).toContain('so it is in no sum')
  })

  it('says where the span goes back before the oldest record', async () => {
    const text = await said({ recordsFrom: '2026-11-05T00:00:00.000Z' })
    expect(text).toContain('the oldest record is of 2026-11-05T00:00:00.000Z')
    expect(await said({ recordsFrom: null })).toContain('there are no records of calls')
  })
})
