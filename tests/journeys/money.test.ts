/**
 * Money: calls run under two prices and two tenants, some of them cut short; the month is billed, priced anew by an older
 * version and by a list, and every sum is the sum of its lines, to the micro-dollar. What a call cost never changes.
 */

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { until } from './rig/until.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const keys = { acme: 'sk-acme-0123456789', globex: 'sk-globex-0123456789' } as const

let provider: FakeProvider
let gateway: Gateway
let first = ''

beforeAll(async () => {
  provider = await startFakeProvider()
  const settings = `providers:
  p: { kind: openai, baseUrl: "${provider.origin}/v1" }
models:
  small: { provider: p, catalogue: house/small }
catalogue:
  house/small: { prices: [{ input: 2, output: 8, cachedInput: 0.5 }] }
tenants:
  acme: { keys: { ci: { hash: "sha256:${sha256(keys.acme)}" } } }
  globex: { keys: { app: { hash: "sha256:${sha256(keys.globex)}" } } }
rollout: { observe: { bakeMs: 1 } }
`
  gateway = await Gateway.start({ settings })
  await gateway.idle()
  first = await gateway.version()
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

/** The record of a call that the provider counts so. */
async function call(tenant: keyof typeof keys, tokens: number, stream = false) {
  const usage = {
    prompt_tokens: tokens,
    completion_tokens: 10,
    prompt_tokens_details: { cached_tokens: 100 },
  }
  provider.script({ kind: 'reply', usage })
  return await ask(tenant, stream)
}

async function ask(tenant: keyof typeof keys, stream: boolean) {
  const messages = [{ role: 'user', content: 'hello' }]
  const answer = await gateway.chat(
    { model: 'small', messages, stream },
    { authorization: `Bearer ${keys[tenant]}` },
  )
  await answer.text()
  const id = answer.headers.get('x-changeover-call') ?? ''
  await until(async () => (await gateway.ask(`/v1/calls/${id}`)).status === 200, { what: `record of ${id}` })
  return await gateway.admin.ask('readCall', { params: { id } })
}

async function command(...words: readonly string[]) {
  const { code, text } = await gateway.command(['calls', ...words])
  expect(text).not.toMatch(/sk-acme|sk-globex/)
  return { code, text }
}

async function asked<Answer>(...words: readonly string[]): Promise<Answer> {
  const { code, text } = await command(...words, '--json')
  expect(code, text).toBe(0)
  return JSON.parse(text) as Answer
}

interface Line {
  readonly name: string | null
  readonly calls: number
  readonly costMicroUsd: number
}
interface Bill {
  readonly total: Line
  readonly lines: readonly Line[]
}
interface Repriced {
  readonly id: string | null
  readonly calls: number
  readonly repriced: number
  readonly beforeMicroUsd: number
  readonly afterMicroUsd: number
  readonly byTenant: readonly { readonly afterMicroUsd: number; readonly beforeMicroUsd: number }[]
}

const today = new Date().toISOString()
/** Of the calls, also where the month ends while they run. */
const span = ['--from', new Date(Date.parse(today) - 60_000).toISOString(), '--to', '2999-01-01']

describe('money', () => {
  it('is recorded with the prices that it was computed under', async () => {
    // 900 × 2 + 100 × 0.5 + 10 × 8
    const was = await call('acme', 1000)
    expect(was).toMatchObject({ costMicroUsd: 1930, version: first })
    expect(was.price).toMatch(/^house\/small@[0-9a-f]{12}$/)
    expect(await call('globex', 2000, true)).toMatchObject({ costMicroUsd: 3930, price: was.price })

    await gateway.edit((text) => text.replace('input: 2, output: 8', 'input: 3, output: 9'))
    await until(async () => (await gateway.version()) !== first, { what: 'another version' })
    await gateway.idle()
    // 900 × 3 + 50 + 90
    const dear = await call('acme', 1000)
    expect(dear).toMatchObject({ costMicroUsd: 2840 })
    expect(dear.price).not.toBe(was.price)
    // 'hello' and 'user' are 9 characters, 'Hello ' and 'there, ' 13 bytes: 3 × 3 + 4 × 9
    provider.script({ kind: 'reply', cutAfter: 3 })
    const cut = await ask('acme', true)
    expect(cut).toMatchObject({ estimated: true, costMicroUsd: 9 + 36, price: dear.price })
  }, 120_000)

  it('is billed by tenant, key and model, each adding up to the same', async () => {
    const sum = 1930 + 3930 + 2840 + 45
    for (const by of ['tenant', 'key', 'model']) {
      const bill = await asked<Bill>('bill', ...span, '--by', by)
      expect(bill.total).toMatchObject({ calls: 4, costMicroUsd: sum })
      expect(bill.lines.reduce((all, it) => all + it.costMicroUsd, 0)).toBe(sum)
    }
    const { text } = await command('bill', ...span)
    expect(text).toMatch(/acme +3 .* 0\.004815 +0\.000045/)
    expect(text).toMatch(/total +4 .* 0\.008745/)
    const { text: csv } = await command('bill', ...span, '--by', 'key', '--csv')
    expect(csv.trim().split('\n').toSorted()).toEqual([
      'acme/ci,3,2003,24,4815,45,0,false',
      'globex/app,1,2000,10,3930,0,0,false',
      'key,calls,inputTokens,outputTokens,costMicroUsd,estimatedMicroUsd,unpriced,copies',
    ])
  }, 120_000)

  it('is priced anew by an older version, to a sum that adds up, and kept beside what it was', async () => {
    // The two of the older version as they were; the others by its prices: 1930, and 3 × 2 + 4 × 8.
    const sums = { calls: 4, repriced: 4, beforeMicroUsd: 8745, afterMicroUsd: 1930 + 3930 + 1930 + 38 }
    const look = await asked<Repriced>('reprice', ...span, '--version', first)
    expect(look).toMatchObject({ ...sums, id: null })
    expect(look.byTenant.reduce((all, it) => all + it.afterMicroUsd, 0)).toBe(sums.afterMicroUsd)
    const kept = await asked<Repriced>('reprice', ...span, '--version', first, '--write')
    expect(kept).toMatchObject(sums)

    const again = await asked<Bill>('bill', ...span, '--repricing', kept.id ?? '')
    expect(again.total.costMicroUsd).toBe(sums.afterMicroUsd)
    const { total } = await asked<Bill>('bill', ...span)
    expect(total.costMicroUsd).toBe(8745)
    const { repricings } = await gateway.admin.ask('listRepricings')
    expect(repricings).toMatchObject([
      { id: kept.id, by: 'owner', prices: `version ${first}`, afterMicroUsd: 7828 },
    ])
  }, 120_000)

  it('is priced anew by a list, and what the list does not name stays as it was', async () => {
    const path = join(gateway.folder, 'negotiated.yaml')
    await writeFile(
      path,
      'catalogue:\n  house/small: { prices: [{ input: 1, output: 1, cachedInput: 0 }] }\n',
    )
    // 910, 1910, 910, and 3 + 4.
    const found = await asked<Repriced>('reprice', ...span, '--prices', path)
    expect(found).toMatchObject({ repriced: 4, afterMicroUsd: 910 + 1910 + 910 + 7 })
    await writeFile(path, 'catalogue:\n  other/one: { prices: [{ input: 1 }] }\n')
    expect(await asked<Repriced>('reprice', ...span, '--prices', path)).toMatchObject({
      repriced: 0,
      beforeMicroUsd: 8745,
      afterMicroUsd: 8745,
    })
    await writeFile(path, 'catalogue:\n  house/small: { prices: [{ input: cheap }] }\n')
    const { code, text } = await command('reprice', ...span, '--prices', path)
    expect(code).not.toBe(0)
    expect(text).toContain('/catalogue/house~1small/prices/0/input')
  }, 120_000)
})
