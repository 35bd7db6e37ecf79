/** The settings change, and change again, while answers are still flowing. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EchoProvider, readEcho, startEchoProvider, wishing } from '../journeys/rig/echo-provider.ts'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'
import { untilInstance } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

describe('a stream that is open while versions come in', () => {
  let echo: EchoProvider
  let old: FakeProvider
  beforeEach(async () => {
    echo = await startEchoProvider()
    old = await startFakeProvider()
  })
  afterEach(async () => {
    await echo.close()
    await old.close()
  })

  it('says the same model and key in its first and its last chunk, and ends whole', async () => {
    const settings = settingsText({ origin: echo.origin, credential: '${env:KEY_A}' })
    await using gateway = await Gateway.start({ settings, env: { KEY_A: 'key-a', KEY_B: 'key-b' } })
    const stream = await OpenStream.open(gateway, { content: wishing({ chunks: 40, everyMs: 20 }) })
    await stream.chunks(1)
    for (const [model, key] of [
      ['second', 'KEY_B'],
      ['third', 'KEY_A'],
      ['fourth', 'KEY_B'],
    ] as const) {
      const credential = `\${env:${key}}`
      const answer = await gateway.patch({
        models: { main: { model } },
        providers: { upstream: { credential } },
      })
      expect(answer.status).toBe(200)
      expect(readEcho(contentOf((await ask(gateway)).text)).model).toBe(model)
    }
    expect(stream.end).toBeNull()
    expect(await stream.ended()).toBe('whole')
    const echoes = stream.contents.map((it) => readEcho(it))
    expect(new Set(echoes.map((it) => `${it.model} ${it.key}`))).toEqual(new Set(['first key-a']))
    expect([stream.version, echoes.length]).toEqual(['1.1', 40])
  })

  it('outlives the removal of its own provider, holds its version, and lets it go when it ends', async () => {
    await using gateway = await Gateway.start({ settings: settingsText({ origin: old.origin }) })
    old.script({ kind: 'endless', eventMs: 10 })
    const stream = await OpenStream.open(gateway)
    await stream.chunks(3)
    const patch = {
      providers: { upstream: null, other: { kind: 'openai-compatible', baseUrl: `${echo.origin}/v1` } },
      models: { main: { provider: 'other', model: 'second' } },
    }
    expect((await gateway.patch(patch)).status).toBe(200)
    expect(readEcho(contentOf((await ask(gateway)).text)).model).toBe('second')

    await stream.chunks(stream.contents.length + 20)
    const holding = await untilInstance(gateway, 'the old version to drain', ({ generations }) =>
      generations.some((it) => it.role === 'draining'),
    )
    expect(holding.generations).toContainEqual({ version: '1.1', pins: 1, role: 'draining' })
    expect(old.requests).toHaveLength(1)

    stream.leave()
    await untilInstance(gateway, 'one version alone', ({ generations }) => generations.length === 1)
    await until(() => old.requests[0]?.left === true, { what: 'word upstream that the caller has left' })
  })
})

function contentOf(text: string): string {
  const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] }
  return choices[0]?.message.content ?? ''
}
