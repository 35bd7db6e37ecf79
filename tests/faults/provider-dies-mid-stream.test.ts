/** Providers that break off, at each moment at which they can. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'
import { instanceOf } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

let provider: FakeProvider
let gateway: Gateway

beforeAll(async () => {
  provider = await startFakeProvider()
  const route = { retries: { attempts: 3, baseMs: 5, maxMs: 10 } }
  gateway = await Gateway.start({ settings: settingsText({ origin: provider.origin, route }) })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

const lastCall = async () => {
  const { calls } = await gateway.admin.ask('listCalls', { query: { limit: 1 } })
  return calls[0]
}

describe('a provider that dies', () => {
  it.each(['request', 'head'] as const)(
    'after the %s is asked again, and the caller sees only the answer',
    async (after) => {
      const before = provider.requests.length
      provider.script({ kind: 'cut', after }, { kind: 'reply', text: 'well again' })
      const answer = await ask(gateway)
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('well again')])
      expect(provider.requests.length - before).toBe(2)
    },
  )

  it('in the middle of a stream is not asked again; the caller is told in the stream', async () => {
    const before = provider.requests.length
    provider.script({ kind: 'cut', after: 'middle' })
    const stream = await OpenStream.open(gateway)
    await stream.ended()
    expect(stream.status).toBe(200)
    expect(stream.contents.join('')).toContain('one')
    expect(stream.text).toMatch(/"error":\{[^}]*"code":"upstream\.reset"/)
    expect(stream.text).not.toContain('[DONE]')
    expect(provider.requests.length - before).toBe(1)
    await until(async () => (await lastCall())?.error === 'upstream.reset', {
      what: 'the record of the call',
    })
  })

  it('in the middle of a whole answer is asked again: nothing had reached the caller', async () => {
    provider.script({ kind: 'cut', after: 'middle' }, { kind: 'reply', text: 'whole' })
    const answer = await ask(gateway)
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('whole')])
  })

  it('every time costs its callers an error, and neither pins nor the version in force', async () => {
    const steps = Array.from({ length: 30 }, () => ({ kind: 'cut', after: 'request' }) as const)
    provider.script(...steps)
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(gateway)))
    // After some of them its breaker opens, and the others are not even tried.
    const codes = answers.map((it) => (JSON.parse(it.text) as { error: { code: string } }).error.code)
    expect(codes).toContain('upstream.reset')
    expect(codes.filter((it) => !['upstream.reset', 'upstream.open_breakers'].includes(it))).toEqual([])
    await until(async () => (await instanceOf(gateway)).generations.every((it) => it.pins === 0), {
      what: 'pins that are let go',
    })
    expect((await instanceOf(gateway)).applied?.version).toBe('1.1')
  })
})
