/** Providers that take a request and say nothing, or stop in the middle of what they say. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { toYaml } from '../journeys/rig/settings-text.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'

let stuck: FakeProvider
let well: FakeProvider
let gateway: Gateway

beforeAll(async () => {
  stuck = await startFakeProvider()
  well = await startFakeProvider()
  const timeouts = { firstTokenMs: 150, idleMs: 150 }
  const retries = { attempts: 2, baseMs: 1, maxMs: 2 }
  gateway = await Gateway.start({
    settings: toYaml({
      providers: {
        stuck: { kind: 'openai-compatible', baseUrl: `${stuck.origin}/v1` },
        well: { kind: 'openai-compatible', baseUrl: `${well.origin}/v1` },
      },
      models: { a: { provider: 'stuck' }, b: { provider: 'well' } },
      routes: {
        alone: { targets: [{ model: 'a' }], timeouts, retries: { attempts: 1 } },
        backed: { targets: [{ model: 'a' }], fallback: ['b'], timeouts, retries },
      },
    }),
  })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([stuck?.close(), well?.close()])
})

describe('a provider that hangs', () => {
  it('before the first token gives way to the fallback, and is told that nobody waits any more', async () => {
    stuck.script({ kind: 'hang' })
    const answer = await ask(gateway, { model: 'backed' })
    expect([answer.status, answer.target]).toEqual([200, 'well/b'])
    await until(() => stuck.requests[0]?.left === true, { what: 'the end of the attempt at the provider' })
  })

  it('with nothing to fall back to is answered for in time, with a code', async () => {
    stuck.script({ kind: 'hang' })
    const answer = await ask(gateway, { model: 'alone' })
    expect(answer.status).toBe(504)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream.timeout' } })
  })

  it('in the middle of a stream is cut off, and the caller is told', async () => {
    const chunk = { choices: [{ index: 0, delta: { content: 'half' }, finish_reason: null }] }
    stuck.script({
      kind: 'raw',
      headers: { 'content-type': 'text/event-stream' },
      chunks: [`data: ${JSON.stringify(chunk)}\n\n`, 'data: '],
      chunkMs: 60_000,
    })
    const stream = await OpenStream.open(gateway, { model: 'alone' })
    await stream.ended()
    expect(stream.contents).toEqual(['half'])
    expect(stream.text).toContain('"code":"upstream.timeout"')
  })

  it('holds up nobody else, however many wait for it', async () => {
    stuck.script(...Array.from({ length: 50 }, () => ({ kind: 'hang' }) as const))
    const waiting = Array.from({ length: 50 }, () => ask(gateway, { model: 'alone' }))
    const startedMs = performance.now()
    expect((await ask(gateway, { model: 'b' })).status).toBe(200)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    const statuses = (await Promise.all(waiting)).map((it) => it.status)
    expect(statuses.every((it) => it === 504 || it === 503)).toBe(true)
  })
})
