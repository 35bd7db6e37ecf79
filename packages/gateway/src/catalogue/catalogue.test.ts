import { describe, expect, it } from 'vitest'
import type { Usage } from '../contract/neutral.ts'
import { loadShipped, openCatalogue } from './catalogue.ts'
import { catalogueSpec } from './spec.ts'

const own = new Map([['openai/gpt-4o', catalogueSpec.parse({ prices: [{ input: 1, output: 1 }] })]])
const used = { inputTokens: 1_000_000, outputTokens: 0 }

describe('the catalogue', () => {
  it('ships entries that are all as an operator may write them', async () => {
    const entries = Object.entries(await loadShipped())
    expect(entries.length).toBeGreaterThan(500)
    const wrong = entries.filter(([, entry]) => !catalogueSpec.safeParse(entry).success)
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  it('knows what a model costs and takes', async () => {
    const facts = openCatalogue(await loadShipped(), new Map()).find('anthropic/claude-sonnet-4-5')
    expect(facts).toMatchObject({ from: 'shipped', contextTokens: 200_000, gives: ['text'] })
    expect(facts?.price?.costMicroUsd(used, Date.now())).toBe(3_000_000)
  })

  it('knows what providers take for an hour in the cache, and for serving a call otherwise', async () => {
    const shipped = openCatalogue(await loadShipped(), new Map())
    const cost = (name: string, usage: Partial<Usage>) =>
      shipped.find(name)?.price?.costMicroUsd({ ...used, ...usage }, Date.now())
    const written = { cacheWriteTokens: 1_000_000, cacheWriteHourTokens: 1_000_000 }
    expect(cost('anthropic/claude-sonnet-4-5', written)).toBe(6_000_000)
    expect(cost('openai/gpt-4.1', { serviceTier: 'flex' })).toBe(1_000_000)
    expect(cost('openai/gpt-5.4', { serviceTier: 'priority', inputTokens: 100_000 })).toBe(500_000)
  })

  it('lets the settings say otherwise, whole', async () => {
    const facts = openCatalogue(await loadShipped(), own).find('openai/gpt-4o')
    expect(facts).toMatchObject({ from: 'settings', contextTokens: null })
    expect(facts?.price?.costMicroUsd(used, Date.now())).toBe(1_000_000)
  })

  it('keeps what it made for as long as the entry stays', async () => {
    const shipped = await loadShipped()
    const first = openCatalogue(shipped, own)
    const second = openCatalogue(shipped, new Map(own))
    expect(second.find('openai/gpt-4o')).toBe(first.find('openai/gpt-4o'))
    expect(second.find('openai/gpt-4.1')).toBe(first.find('openai/gpt-4.1'))
  })

  it.each(['openai/none', '__proto__', 'toString'])('knows nothing of %s', async (name) => {
    expect(openCatalogue(await loadShipped(), own).find(name)).toBeNull()
  })

  it('is refused where two prices would stand for the same, or one for no time at all', () => {
    const wrong = (...prices: object[]) =>
      catalogueSpec.safeParse({ prices }).error?.issues.map((it) => it.path.join('/')) ?? []
    const tier = (tokens: number) => ({ tokens, input: 2 })
    const hours = (from: string, until: string) => ({ input: 1, hours: [{ from, until, input: 2 }] })
    expect(wrong({ input: 1 }, { input: 2 })).toEqual(['prices/1/from'])
    const days = ['2027-01-01', '2027-02-01', '2027-01-01'].map((from) => ({ input: 1, from }))
    expect(wrong(...days)).toEqual(['prices/2/from'])
    expect(wrong({ input: 1 }, { input: 2, from: '2027-01-01' })).toEqual([])
    expect(wrong({ input: 1, above: [tier(9), tier(8), tier(9)] })).toEqual(['prices/0/above/2/tokens'])
    expect(wrong(hours('08:00', '08:00'))).toEqual(['prices/0/hours/0/until'])
    expect(wrong(hours('08:00', '00:00'))).toEqual([])
  })
})
