/** Callers that are recognised later than their request comes, and callers that are nobody any more while it runs. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Caller, CompiledIdentity, Found } from '../contract/compiled.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, type TestGatewayOptions, testRoute, testTarget } from './test-gateway.ts'

const ann: Caller = { tenant: 'acme', key: 'acme/ann', allow: null, allowance: null }
const bo: Caller = { ...ann, key: 'acme/bo' }

let provider: FakeProvider
let gateway: TestGateway
let asked: ((found: Found) => void)[]

/** Everybody's name is his key; whoever is called `later` is known when the test says so. */
const identity = (known: readonly Caller[] = [ann, bo]): CompiledIdentity => ({
  open: false,
  find: (key) => {
    if (key === 'later') return new Promise((resolve) => asked.push(resolve))
    return known.find((it) => it.key === `acme/${key}`) ?? { refused: 'identity.unknown_key' }
  },
  holds: ({ key }) => known.some((it) => it.key === key),
})

function options(by: CompiledIdentity): TestGatewayOptions {
  const target = testTarget('m', { upstream: openUpstream(provider.origin) })
  return { routes: [testRoute('chat', [target])], identity: by }
}

beforeEach(async () => {
  asked = []
  provider = await startFakeProvider()
  gateway = await TestGateway.start(options(identity()))
})
afterEach(async () => {
  await gateway.close()
  await provider.close()
})

const ask = (key: string, more: object = {}): Promise<Response> =>
  fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }], ...more }),
  })
const isAsked = () => vi.waitFor(() => expect(asked).toHaveLength(1))

describe('a caller who is recognised later', () => {
  it('is answered when he is known, though the whole request was there before', async () => {
    const answer = ask('later')
    await isAsked()
    expect(provider.requests).toHaveLength(0)
    asked[0]?.(ann)
    expect((await answer).status).toBe(200)
    await vi.waitFor(() => expect(gateway.records).toMatchObject([{ key: 'acme/ann', error: '' }]))
  })

  it('is refused when he is nobody, and told when to come again where that helps', async () => {
    const answer = ask('later')
    await isAsked()
    asked[0]?.({ refused: 'identity.busy' })
    const { status, headers } = await answer
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(provider.requests).toHaveLength(0)
    expect(gateway.pins.size).toBe(0)
  })

  it('is nobody when the version in force has withdrawn his key by then', async () => {
    const answer = ask('later')
    await isAsked()
    gateway.swap('1.2', options(identity([bo])))
    asked[0]?.(ann)
    expect((await answer).status).toBe(401)
    expect(await (await ask('bo')).text()).toContain('"object"')
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject({ error: 'identity.revoked' }))
  })

  it('who leaves meanwhile is let go of', async () => {
    const leave = new AbortController()
    const answer = fetch(`${gateway.origin}/v1/models`, {
      headers: { authorization: 'Bearer later' },
      signal: leave.signal,
    })
    await isAsked()
    leave.abort()
    await expect(answer).rejects.toThrow()
    await vi.waitFor(() => expect(gateway.pins.size).toBe(0))
    asked[0]?.(ann)
    expect((await ask('bo')).status).toBe(200)
  })
})

describe('a call whose caller is nobody any more', () => {
  it('is cut with a word, in the form of its answer, and the others go on', async () => {
    for (const _ of [1, 2]) provider.script({ kind: 'hang' })
    const [first, second] = [ask('ann'), ask('bo')]
    await vi.waitFor(() => expect(provider.requests).toHaveLength(2))
    expect(gateway.server.cutUnless(({ key }) => key === 'acme/bo')).toBe(1)
    const answer = await first
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: { code: 'identity.revoked' } })
    expect(gateway.server.cutUnless(({ key }) => key === 'acme/bo')).toBe(0)
    expect(gateway.server.cutUnless(() => false)).toBe(1)
    expect((await second).status).toBe(401)
  })
})
