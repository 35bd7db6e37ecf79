/** What is held of a budget in dollars for a call that is still to be made. */
import { describe, expect, it } from 'vitest'
import { compilePrice } from '../catalogue/price.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import { testRoute, testTarget } from '../server/test-gateway.ts'
import { dearest } from './call-estimates.ts'

const spec = {
  input: 3,
  output: 15,
  cacheWrite: 3.75,
  cacheWriteHour: 6,
  services: { priority: 2, flex: 0.5 },
}

interface More {
  readonly promptCache?: 'auto'
  readonly serviceTier?: string
  /** Beside one that has. */
  readonly unpriced?: boolean
}

function mostFor(body: object, more: More = {}) {
  const price = compilePrice([spec])
  const facts = { name: 'x/m', from: 'settings', contextTokens: null, outputTokens: null } as const
  const made = testTarget('m', { upstream: null as never })
  const { promptCache = 'off', serviceTier = null } = more
  const target: CompiledTarget = {
    ...made,
    promptCache,
    facts: { ...facts, takes: null, gives: null, price },
  }
  const ask = { inputTokens: 1000, outputTokens: 100, serviceTier, body: Buffer.from(JSON.stringify(body)) }
  return dearest(testRoute('r', more.unpriced === true ? [made, target] : [target]), ask, 0)
}

const heldFor = (body: object, more?: More) => mostFor(body, more).microUsd

describe('what a call may come to', () => {
  const [plain, written, forAnHour] = [3000 + 1500, 3750 + 1500, 6000 + 1500]

  it('is its tokens at their price', () => {
    expect(heldFor({})).toBe(plain)
  })

  it('is more where its caller has a provider keep what it sends', () => {
    const marked = (more: object) => ({
      system: [{ text: 'x', cache_control: { type: 'ephemeral', ...more } }],
    })
    expect(heldFor(marked({}))).toBe(written)
    expect(heldFor(marked({ ttl: '1h' }))).toBe(forAnHour)
    expect(heldFor({ system: [{ cachePoint: { type: 'default' } }] })).toBe(written)
  })

  it('is more where settings have it kept', () => {
    expect(heldFor({}, { promptCache: 'auto' })).toBe(written)
  })

  it('is that of the targets with a price, also beside one that has none', () => {
    expect(mostFor({})).toEqual({ microUsd: plain, isKnown: true })
    expect(mostFor({}, { unpriced: true })).toEqual({ microUsd: plain, isKnown: false })
  })

  it('is that of the class it asks for, if that is dearer: it may be served as usual', () => {
    expect(heldFor({}, { serviceTier: 'priority' })).toBe(2 * plain)
    expect(heldFor({}, { serviceTier: 'flex' })).toBe(plain)
    expect(heldFor({}, { serviceTier: 'unheard' })).toBe(plain)
  })
})
