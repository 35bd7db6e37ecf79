/** Collectors that are not there, that take everything and answer nothing, and that refuse everything. */

import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { type FakeProvider, freePort, startFakeProvider, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import type { Tree } from '../journeys/rig/settings-text.ts'
import { until } from '../journeys/rig/until.ts'
import { ask } from './rig/client.ts'
import { metricOf } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(async () => {
  await provider?.close()
})

interface Down {
  readonly url: string
  /** Makes it take and answer everything, at the same address. */
  close(): Promise<void>
}

async function dead(): Promise<Down> {
  return { url: `http://127.0.0.1:${await freePort()}`, close: () => Promise.resolve() }
}

/** Takes connections and bytes, and never says a word. */
async function hanging(): Promise<Down> {
  const server: Server = createServer((socket) => socket.resume().on('error', () => {}))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

async function refusing(status: number): Promise<Down> {
  const collector = await startOtlpCollector()
  collector.answer(status)
  return collector
}

function telemetryTo(url: string): Tree {
  const otlp = { endpoint: url, timeoutMs: 300 }
  return {
    telemetry: {
      traces: { ratio: 1, otlp },
      logs: { otlp },
      metrics: { otlp: { ...otlp, intervalMs: 200 } },
    },
  }
}

describe('a collector', () => {
  it.each([
    ['that is not there', dead],
    ['that hangs', hanging],
    ['that answers 500', () => refusing(500)],
    ['that answers 400', () => refusing(400)],
  ] satisfies [string, () => Promise<Down>][])(
    '%s costs telemetry, which is counted, and no request and no reload',
    async (_, start) => {
      const collector = await start()
      const settings = settingsText({ origin: provider.origin, more: telemetryTo(collector.url) })
      await using gateway = await Gateway.start({ settings })
      const times: number[] = []
      for (let i = 1; i <= 20; i += 1) {
        const startedMs = performance.now()
        const patch = { models: { main: { model: `model-${i}` } } }
        if (i % 5 === 0) expect((await gateway.patch(patch)).status).toBe(200)
        expect(await ask(gateway)).toMatchObject({ status: 200 })
        times.push(performance.now() - startedMs)
      }
      // Half a timeout of the exporter: nothing has waited for it.
      expect(times.sort((a, b) => a - b)[10]).toBeLessThan(150)
      expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.5' })
      for (const signal of ['spans', 'logs', 'metrics']) {
        const line = new RegExp(`^changeover_telemetry_dropped_total\\{.*"${signal}"`)
        await until(async () => (await metricOf(gateway, line)) > 0, {
          what: `lost ${signal} that are counted`,
        })
      }
      expect(await gateway.stop()).toEqual({ code: 0, signal: null })
      await collector.close()
    },
  )

  it('that comes back gets what happens from then on', async () => {
    const collector = await startOtlpCollector()
    collector.answer(503)
    const settings = settingsText({ origin: provider.origin, more: telemetryTo(collector.url) })
    await using gateway = await Gateway.start({ settings })
    await ask(gateway)
    await until(() => collector.refused() > 0, { what: 'a refused export' })
    collector.answer(200)
    await ask(gateway)
    await until(() => collector.spans().some((it) => it.name.includes('chat')), {
      what: 'a span of a request',
    })
    await gateway.stop()
    await collector.close()
  })
})
