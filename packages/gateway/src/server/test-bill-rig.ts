/**
 * Two providers with their prices and their counts, and a gateway before them, anew for each test: for the golden bills of
 * calls that do not go as they should, or do not go alone.
 */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { goldenGateway, pricedTarget } from './test-bills.ts'
import type { TestGateway } from './test-gateway.ts'

export const claude = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 }
export const gpt = { input: 2, output: 8, cachedInput: 0.5 }
/** 100 plain, 2000 cached: 300 + 600; and 20 out: 300. */
export const claudeCounts = { input_tokens: 100, cache_read_input_tokens: 2000, output_tokens: 20 }
/** 50 in and 10 out: 100 + 80. */
export const gptCounts = { prompt_tokens: 50, completion_tokens: 10 }

export class BillRig {
  #first: FakeProvider | null = null
  #second: FakeProvider | null = null
  #gateway: TestGateway | null = null

  get first(): FakeProvider {
    return started(this.#first)
  }
  get second(): FakeProvider {
    return started(this.#second)
  }
  get gateway(): TestGateway {
    return started(this.#gateway)
  }

  /** At the first provider. */
  a(kind = 'anthropic', price: object = kind === 'anthropic' ? claude : gpt): CompiledTarget {
    return pricedTarget(this.first, { kind, prices: [{ ...price }] }, 'golden/first')
  }

  /** At the second, which speaks as OpenAI does. */
  b(): CompiledTarget {
    return pricedTarget(this.second, { kind: 'openai', prices: [gpt] }, 'golden/second')
  }

  async start(
    targets: readonly CompiledTarget[],
    more: Parameters<typeof goldenGateway>[1] = {},
  ): Promise<void> {
    this.#gateway = await goldenGateway(targets, more)
  }

  async open(): Promise<void> {
    this.#first = await startFakeProvider()
    this.#second = await startFakeProvider()
  }

  async close(): Promise<void> {
    await this.#gateway?.close()
    await this.#first?.close()
    await this.#second?.close()
    this.#gateway = null
  }
}

/** Opened before each test of the file that asks for it, and closed behind it. */
export function billRig(): BillRig {
  const rig = new BillRig()
  beforeEach(() => rig.open())
  afterEach(() => rig.close())
  return rig
}

function started<T>(it: T | null): T {
  if (it === null) throw new Error('the rig is open only while a test runs')
  return it
}
