/** What has to go on answering, and whom it blames: a real server is asked, and time is held in the hand. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RecordingTelemetry } from '../server/test-gateway.ts'
import { askAddress } from './ask-address.ts'
import { askWithin, type Check } from './check.ts'
import { LastWell, TrialWatch, wellNow } from './trial-watch.ts'

let server: Server
let url: string
/** What the next asker gets; `null` lets him wait. */
let status: number | null
let clock: ManualClock
let telemetry: RecordingTelemetry
let answers: number
const never = new AbortController().signal

beforeEach(async () => {
  status = 200
  answers = 0
  clock = new ManualClock()
  telemetry = new RecordingTelemetry()
  server = createServer((_, response) => {
    if (status !== null) response.writeHead(status).end('body')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const check = (more: Partial<Check> = {}): Check => ({
  name: 'upstream',
  asks: 'upstream',
  reason: 'probe:upstream',
  everyMs: 1000,
  timeoutMs: 500,
  failures: 3,
  ask: async (signal) => {
    try {
      return await askAddress({ url, expectStatus: 200 }, signal)
    } finally {
      answers += 1
    }
  },
  ...more,
})

async function watch(checks: readonly Check[]) {
  const failed = vi.fn()
  const watching = new TrialWatch(checks, failed, { clock, telemetry, lastWell: new LastWell() })
  await clock.advance(250)
  await answered(1)
  return { failed, watching }
}

/** Until so many answers came, and the next question is set. */
async function answered(count: number): Promise<void> {
  await vi.waitFor(() => expect(answers).toBe(count))
  await clock.advance(0)
}

/** Answers with each of these in turn, one at each question. */
async function answer(statuses: readonly number[]): Promise<void> {
  for (const it of statuses) {
    status = it
    const count = answers + 1
    await clock.advance(1000)
    await answered(count)
  }
}

describe('a watch', () => {
  it('blames after so many failures in a row, once, and asks no more', async () => {
    const { failed } = await watch([check()])
    await answer([500, 500])
    expect(failed).not.toHaveBeenCalled()
    await answer([500])
    expect(failed).toHaveBeenCalledOnce()
    expect(failed.mock.calls[0]?.[1]).toBe('status 500 instead of 200')
    expect(clock.pending).toBe(0)
    const spans = telemetry.spans.map((it) => [it.name, it.attributes['reload.probe.name'], it.failed])
    expect(spans).toEqual(
      Array.from({ length: 3 }, () => ['reload.health_check', 'upstream', 'uptime.not_well']),
    )
    expect(telemetry.logged.at(-1)).toContain('"upstream" is not well: status 500 instead of 200, 3 times')
  })

  it('begins to count anew at each answer that is well', async () => {
    const { failed, watching } = await watch([check()])
    await answer([500, 500, 200, 500, 500, 200])
    expect(failed).not.toHaveBeenCalled()
    watching.end()
    expect(clock.pending).toBe(0)
  })

  it('takes an answer that does not come in time as one that is not well', async () => {
    const { failed } = await watch([check({ failures: 1 })])
    status = null
    await clock.advance(1000)
    expect(failed).not.toHaveBeenCalled()
    await clock.advance(500)
    expect(failed.mock.calls[0]?.[1]).toBe('no answer within 500 ms')
  })

  it('takes a connection that is refused as one that is not well', async () => {
    const { failed } = await watch([check({ failures: 1 })])
    await new Promise((resolve) => server.close(resolve))
    await answer([200])
    expect(failed.mock.calls[0]?.[1]).toContain('ECONNREFUSED')
  })

  it('says nothing after its end, even of what is still asked', async () => {
    const { failed, watching } = await watch([check({ failures: 1 })])
    status = null
    await clock.advance(1000)
    watching.end()
    await answered(2)
    expect(failed).not.toHaveBeenCalled()
    expect([clock.pending, telemetry.spans.length]).toEqual([0, 0])
  })

  it('sets no timer when there is nothing to ask', () => {
    new TrialWatch([], () => {}, { clock, telemetry, lastWell: new LastWell() }).end()
    expect(clock.pending).toBe(0)
  })
})

describe('what is well now', () => {
  it('leaves out what fails, what throws and what hangs, without waiting long', async () => {
    const good = check({ name: 'good', asks: 'good' })
    const bad = check({ name: 'bad', asks: 'bad', ask: async () => 'status 500 instead of 200' })
    const torn = check({ name: 'torn', asks: 'torn', ask: () => Promise.reject(new Error('no such host')) })
    const slow = check({ name: 'slow', asks: 'slow', timeoutMs: 60_000, ask: () => new Promise(() => {}) })
    const looking = wellNow([good, bad, torn, slow], {
      clock,
      telemetry,
      signal: never,
      lastWell: new LastWell(),
    })
    await answered(1)
    await clock.advance(2000)
    expect((await looking).map((it) => it.name)).toEqual(['good'])
    expect(clock.pending).toBe(0)
    expect(telemetry.logged.join('\n')).toContain('"torn" is not well: no such host')
  })

  it('ends with the attempt that asks', async () => {
    const attempt = new AbortController()
    const hangs = check({ ask: () => new Promise(() => {}) })
    const looking = wellNow([hangs], { clock, telemetry, signal: attempt.signal, lastWell: new LastWell() })
    attempt.abort()
    expect(await looking).toEqual([])
    expect(await askWithin(hangs, { clock, timeoutMs: 10, signal: attempt.signal })).toBe('given up')
    expect(clock.pending).toBe(0)
  })

  it('is not asked again within a second of a good answer, and is after a bad one', async () => {
    const lastWell = new LastWell()
    const look = async () => {
      const looking = wellNow([check()], { clock, telemetry, signal: never, lastWell })
      await vi.waitFor(async () =>
        expect(await Promise.race([looking, Promise.resolve(null)])).not.toBeNull(),
      )
      return (await looking).length
    }
    expect([await look(), answers]).toEqual([1, 1])
    await clock.advance(1000)
    expect([await look(), answers]).toEqual([1, 1])
    await clock.advance(1)
    status = 500
    expect([await look(), answers]).toEqual([0, 2])
    expect([await look(), answers]).toEqual([0, 3])
  })

  it('is not remembered of what nobody asks any more', async () => {
    const lastWell = new LastWell()
    lastWell.note(check(), clock.monotonic(), true)
    await wellNow([], { clock, telemetry, signal: never, lastWell })
    expect(lastWell.isFresh(check(), clock.monotonic())).toBe(false)
  })
})
