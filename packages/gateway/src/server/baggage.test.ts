/** The version in the `baggage` header of what is asked, as a provider sees it. */
import { systemClock } from '@changeover/reload'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CacheMemory, KeptAnswers } from '../cache/kept-answers.ts'
import { MemoryAnswers } from '../cache/memory-answers.ts'
import { cacheSpec } from '../cache/spec.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Upstream } from '../contract/upstream.ts'
import { embedText } from '../pipeline/embed-text.ts'
import { configuredProvider } from '../providers/configured.ts'
import { providerSpec } from '../providers/spec.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let upstream: Upstream
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  upstream = openUpstream(provider.origin)
  gateway = await TestGateway.start({ routes: [testRoute('chat', [target()])] })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

function target(name = 'm', settings: object = {}, more: Partial<CompiledTarget> = {}): CompiledTarget {
  const own = configuredProvider(providerSpec.parse({ kind: 'openai', ...settings }))
  return testTarget(name, { upstream, more: { provider: own, ...more } })
}

async function baggageOf(headers: Record<string, string> = {}): Promise<string | null> {
  const before = provider.requests.length
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] }),
  })
  expect(response.status).toBe(200)
  await response.arrayBuffer()
  return textOf(provider.requests[before]?.headers['baggage'])
}

const textOf = (it: string | readonly string[] | undefined) =>
  it === undefined ? null : typeof it === 'string' ? it : `${it.length} headers`

const told = { versionInBaggage: true }

it('is told to nobody who is not to be told', async () => {
  expect(await baggageOf({ baggage: 'a=1' })).toBeNull()
  gateway.swap('1.2', { routes: [testRoute('chat', [target('m', { callerHeaders: ['baggage'] })])] })
  expect(await baggageOf({ baggage: 'a=1' })).toBe('a=1')
})

it('is that of each request, from the change on', async () => {
  gateway.swap('3.42', { routes: [testRoute('chat', [target('m', told)])] })
  expect(await baggageOf()).toBe('config.version=3.42')
  gateway.swap('3.43', { routes: [testRoute('chat', [target('m', told)])] })
  expect(await baggageOf()).toBe('config.version=3.43')
  gateway.swap('3.44', { routes: [testRoute('chat', [target()])] })
  expect(await baggageOf()).toBeNull()
})

it('stands beside what the caller says, where that crosses, and goes before what he says of it', async () => {
  gateway.swap('1.2', { routes: [testRoute('chat', [target('m', told)])] })
  expect(await baggageOf({ baggage: 'user=secret' })).toBe('config.version=1.2')
  const both = target('m', { ...told, callerHeaders: ['Baggage'] })
  gateway.swap('1.3', { routes: [testRoute('chat', [both])] })
  expect(await baggageOf({ baggage: 'a=1;p, config.version=9.9' })).toBe('a=1;p,config.version=1.3')
})

it('stands beside what the settings say, in one header', async () => {
  const headers = ['content-type', 'application/json', 'Baggage', 'team=a']
  const own = target('m', told, { headers: () => headers })
  gateway.swap('1.2', { routes: [testRoute('chat', [own])] })
  expect(await baggageOf()).toBe('team=a,config.version=1.2')
  expect(await baggageOf()).toBe('team=a,config.version=1.2')
  expect(headers).toHaveLength(4)
})

it('is told to each attempt, and to a model that is asked beside', async () => {
  const vectors = { kind: 'raw', chunks: [JSON.stringify({ data: [{ embedding: [1, 0] }] })] } as const
  const spec = cacheSpec.parse({ kind: 'semantic', semantic: { model: 'vec', threshold: 0.9 } })
  const embed = embedText({ target: target('vec', told), timeoutMs: 5000, clock: systemClock })
  const memory = new CacheMemory('main', new MemoryAnswers())
  const cache = new KeptAnswers({ memory, spec, embed, clock: systemClock })
  const route = testRoute('chat', [target('m', told)], { cache, attempts: 2 })
  gateway.swap('1.2', { routes: [route] })
  provider.script(vectors, { kind: 'refuse', status: 500 }, { kind: 'reply', text: 'fine' })
  await baggageOf()
  const seen = provider.requests.map((it) => [it.path.split('/').at(-1), textOf(it.headers['baggage'])])
  expect(seen).toEqual([
    ['embeddings', 'config.version=1.2'],
    ['completions', 'config.version=1.2'],
    ['completions', 'config.version=1.2'],
  ])
})
