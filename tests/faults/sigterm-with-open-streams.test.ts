/** A gateway that is told to end while answers are flowing. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoProvider, startEchoProvider, wishing } from '../journeys/rig/echo-provider.ts'
import { Gateway } from '../journeys/rig/gateway.ts'
import { ask, OpenStream } from './rig/client.ts'
import { settingsText } from './rig/settings.ts'

let echo: EchoProvider
let endless: FakeProvider
beforeAll(async () => {
  echo = await startEchoProvider()
  endless = await startFakeProvider()
})
afterAll(async () => {
  await echo.close()
  await endless.close()
})

describe('a gateway that gets SIGTERM', () => {
  it('takes no more calls, lets streams come to their end, and ends well', async () => {
    await using gateway = await Gateway.start({ settings: settingsText({ origin: echo.origin }) })
    const content = wishing({ chunks: 30, everyMs: 20 })
    const streams = await Promise.all(Array.from({ length: 5 }, () => OpenStream.open(gateway, { content })))
    await Promise.all(streams.map((it) => it.chunks(1)))
    const ended = gateway.stop()
    await gateway.process.line('streams may finish')
    await expect(ask(gateway)).rejects.toThrow()
    expect(streams.map((it) => it.end)).toEqual(streams.map(() => null))
    for (const it of streams) {
      expect(await it.ended()).toBe('whole')
      expect([it.contents.length, it.text.endsWith('data: [DONE]\n\n')]).toEqual([30, true])
    }
    expect(await ended).toEqual({ code: 0, signal: null })
  })

  it('cuts what does not end in its time, with a word to the caller', async () => {
    const settings = settingsText({ origin: endless.origin })
    await using gateway = await Gateway.start({ settings, flags: ['--drain-ms', '200'] })
    endless.script({ kind: 'endless' })
    const stream = await OpenStream.open(gateway)
    await stream.chunks(1)
    expect(await gateway.stop()).toEqual({ code: 0, signal: null })
    expect(await stream.ended()).toBe('whole')
    expect(stream.text).toContain('"code":"call.cut"')
  })

  it('twice ends at once', async () => {
    await using gateway = await Gateway.start({ settings: settingsText({ origin: endless.origin }) })
    endless.script({ kind: 'endless' })
    const stream = await OpenStream.open(gateway)
    await stream.chunks(1)
    gateway.process.send('SIGTERM')
    await gateway.process.line('streams may finish')
    expect(await gateway.stop()).toEqual({ code: 143, signal: null })
  })

  it('comes back on the version that it served', async () => {
    await using gateway = await Gateway.start({ settings: settingsText({ origin: echo.origin }) })
    await gateway.patch({ models: { main: { model: 'second' } } })
    await gateway.stop()
    await gateway.again()
    expect((await ask(gateway)).version).toBe('1.2')
  })
})
