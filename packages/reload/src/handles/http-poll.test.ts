/** The HTTP poll against a real server: the common suite, caching, pace, and what it will not do. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { CountingClock, handleConformance, ManualClock, OfferDesk } from '@changeover/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import { systemClock } from '../system-clock.ts'
import { httpPollHandle } from './http-poll.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }

interface Site {
  readonly url: string
  readonly requests: IncomingMessage[]
  close(): Promise<void>
}

const open: Site[] = []
const desks: OfferDesk[] = []
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.stop()
  for (const site of open.splice(0)) await site.close()
})

async function serve(answer: RequestListener, path = '/settings.yaml'): Promise<Site> {
  const requests: IncomingMessage[] = []
  const server: Server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const site = { url: `http://127.0.0.1:${port}${path}`, requests, close }
  open.push(site)
  return site
}

function watch(url: string, options: Parameters<typeof httpPollHandle>[1] = {}): OfferDesk {
  const desk = new OfferDesk()
  desks.push(desk)
  desk.watch(httpPollHandle(url, { intervalMs: 20, ...options }))
  return desk
}

/** Waits that the handle asked its clock for, in order, without those that bound a request. */
function recordingClock(timeoutMs: number) {
  const waits: number[] = []
  const clock = new ManualClock()
  const after: ManualClock['after'] = (ms, run) => {
    if (ms !== timeoutMs) waits.push(Math.round(ms))
    return clock.after(ms, run)
  }
  const recorded = { now: () => clock.now(), monotonic: () => clock.monotonic(), after }
  return { waits, clock: recorded, advance: (ms: number) => clock.advance(ms) }
}

handleConformance({
  name: 'http poll',
  async create(text, clock) {
    let held = { text, traceparent: '' }
    let isBroken = false
    const site = await serve((request, response) => {
      const etag = `"${held.text}"`
      if (isBroken) response.writeHead(500).end('out of order')
      else if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
      else {
        const { traceparent } = held
        response.writeHead(200, { etag, ...(traceparent === '' ? {} : { traceparent }) }).end(held.text)
      }
    })
    const put = (next: typeof held) => {
      held = next
      return Promise.resolve()
    }
    const setBroken = (next: boolean) => {
      isBroken = next
      return Promise.resolve()
    }
    return {
      handle: httpPollHandle(site.url, { intervalMs: 10, clock }),
      write: (it) => put({ text: it, traceparent: '' }),
      writeTraced: (it, traceparent) => put({ text: it, traceparent }),
      breakReads: () => setBroken(true),
      healReads: () => setBroken(false),
      empty: () => put({ text: '', traceparent: '' }),
      dispose: () => site.close(),
    }
  },
})

describe('an HTTP poll that is told to read now', () => {
  const asked = { trigger: 'signal', actor: 'signal:SIGHUP' } as const

  it('asks for all of it, offers it again, and says who asked', async () => {
    const site = await serve((request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"v1"' }).end('one')
    })
    const [desk, handle] = [new OfferDesk(), httpPollHandle(site.url, { intervalMs: 3_600_000 })]
    desks.push(desk)
    await handle.readNow(asked)
    expect(site.requests).toHaveLength(0)
    desk.watch(handle)
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one'])
    await handle.readNow(asked)
    expect(desk.texts()).toEqual(['one', 'one'])
    expect(desk.offers.map((it) => it.origin.trigger)).toEqual(['poll', 'signal'])
    expect(desk.offers[1]?.origin).toMatchObject({ ...asked, source: site.url, position: '"v1"' })
  })

  it('tells a trouble again, and the next poll asks for all of it', async () => {
    let status = 500
    const site = await serve((_, response) => response.writeHead(status).end('one'))
    const clock = new ManualClock()
    const [desk, handle] = [new OfferDesk(), httpPollHandle(site.url, { clock })]
    desks.push(desk)
    desk.watch(handle)
    await expect.poll(() => desk.troubles.length, PATIENCE).toBe(1)
    await handle.readNow(asked)
    expect(desk.troubles).toHaveLength(2)
    status = 200
    await handle.readNow(asked)
    expect(desk.texts()).toEqual(['one'])
    status = 500
    await handle.readNow(asked)
    expect(desk.troubles).toHaveLength(3)
  })

  it('lets nobody wait when it ends', async () => {
    const site = await serve(() => undefined)
    const [desk, handle] = [new OfferDesk(), httpPollHandle(site.url)]
    desks.push(desk)
    desk.watch(handle)
    await expect.poll(() => site.requests.length, PATIENCE).toBe(1)
    const answered = handle.readNow(asked)
    await desk.stop()
    await answered
    expect(desk.texts()).toEqual([])
  })
})

describe('an HTTP poll asks', () => {
  it('with the tag of what it has, and offers nothing for a 304', async () => {
    const site = await serve((request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"v1"', 'last-modified': 'yesterday' }).end('one')
    })
    const desk = watch(site.url)
    await expect.poll(() => site.requests.length, PATIENCE).toBeGreaterThan(3)
    expect(desk.texts()).toEqual(['one'])
    expect(desk.offers[0]?.origin).toMatchObject({ trigger: 'poll', source: site.url, position: '"v1"' })
    expect(site.requests[1]?.headers['if-modified-since']).toBeUndefined()
  })

  it('with the date of what it has when there is no tag', async () => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    const site = await serve((_request, response) => {
      response.writeHead(200, { 'last-modified': date }).end('one')
    })
    const desk = watch(site.url)
    await expect.poll(() => site.requests[1]?.headers['if-modified-since'], PATIENCE).toBe(date)
    await expect.poll(() => site.requests.length, PATIENCE).toBeGreaterThan(3)
    expect(desk.texts()).toEqual(['one'])
  })

  it('again after the interval, give or take the jitter', async () => {
    const site = await serve((_request, response) => response.end('one'))
    for (const [random, waitMs] of [
      [0, 18_000],
      [0.5, 20_000],
      [1, 22_000],
    ] as const) {
      const { clock, waits } = recordingClock(5_000)
      watch(site.url, { intervalMs: 20_000, timeoutMs: 5_000, clock, random: () => random })
      await expect.poll(() => waits, PATIENCE).toEqual([waitMs])
    }
  })

  it.each([
    ['max-age=90', 90_000],
    ['public, MAX-AGE=7', 7_000],
    ['max-age=31536000', 3_600_000],
    ['no-cache, max-age=0', 30_000],
    ['s-maxage=5', 30_000],
  ])('again when Cache-Control: %s says so', async (cacheControl, waitMs) => {
    const { clock, waits } = recordingClock(5_000)
    const site = await serve((_request, response) =>
      response.writeHead(200, { 'cache-control': cacheControl }).end('one'),
    )
    watch(site.url, { intervalMs: 30_000, jitter: 0, timeoutMs: 5_000, clock })
    await expect.poll(() => waits, PATIENCE).toEqual([waitMs])
  })

  it.each([
    ['120', 120_000],
    ['0', 1_000],
    [new Date(Date.UTC(2026, 0, 1) + 45_000).toUTCString(), 45_000],
  ])('again when a failing server says Retry-After: %s', async (retryAfter, waitMs) => {
    const { clock, waits } = recordingClock(5_000)
    const site = await serve((_request, response) =>
      response.writeHead(503, { 'retry-after': retryAfter }).end('busy'),
    )
    watch(site.url, { timeoutMs: 5_000, clock })
    await expect.poll(() => waits, PATIENCE).toEqual([waitMs])
  })

  it('at random within a time that doubles up to five minutes while it fails', async () => {
    const { advance, clock, waits } = recordingClock(5_000)
    const site = await serve((_request, response) => response.writeHead(500).end())
    watch(site.url, { intervalMs: 30_000, timeoutMs: 5_000, clock, random: () => 1 })
    for (let i = 1; i <= 11; i += 1) {
      await expect.poll(() => waits.length, PATIENCE).toBe(i)
      await advance(waits.at(-1) ?? 0)
    }
    const doubled = [2, 4, 8, 16, 32, 64, 128, 256].map((it) => it * 1_000)
    expect(waits.slice(0, 11)).toEqual([...doubled, 300_000, 300_000, 300_000])
  })
})

describe('an HTTP poll reports, and offers nothing for,', () => {
  const failures: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    'a 404': (_request, response) => response.writeHead(404).end('settings: {}'),
    'a 206': (_request, response) => response.writeHead(206).end('part'),
    'an answer that breaks off': (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('a: 1\n')
      setImmediate(() => response.destroy())
    },
    'a connection that is reset': (request) => request.socket.destroy(),
    'a redirect that goes round': (_request, response) => response.writeHead(302, { location: '/' }).end(),
    'a redirect to nowhere': (_request, response) => response.writeHead(302).end(),
  }
  it.each(Object.entries(failures))('%s', async (_name, answer) => {
    const site = await serve(answer)
    const desk = watch(site.url)
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.read_failed'])
    expect(desk.offers).toEqual([])
  })

  it('an answer that never ends, as soon as it is too large', async () => {
    const site = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      }
      response.on('drain', more)
      more()
    })
    const desk = watch(site.url, { maxBytes: 100_000 })
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.too_large'])
    expect(desk.offers).toEqual([])
  })

  it('a server that does not answer in time, or not to the end', async () => {
    const clock = new CountingClock(systemClock)
    for (const answer of [() => {}, (_: unknown, response: ServerResponse) => void response.write('a')]) {
      const site = await serve(answer)
      const desk = watch(site.url, { timeoutMs: 50, clock })
      await expect
        .poll(() => desk.troubles[0]?.cause, PATIENCE)
        .toMatchObject({ message: 'no whole answer within 50 ms' })
      await desk.stop()
    }
    expect(clock.pending).toBe(0)
  })
})

describe('an HTTP poll', () => {
  it('follows a redirect on the same host, and sends its headers there', async () => {
    const site = await serve((request, response) => {
      if (request.url === '/settings.yaml') response.writeHead(307, { location: '/moved.yaml' }).end()
      else response.end('one')
    })
    const desk = watch(site.url, { headers: { authorization: 'Bearer canary' } })
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one'])
    expect(site.requests[1]?.headers['authorization']).toBe('Bearer canary')
  })

  it('does not follow a redirect to another host', async () => {
    const other = await serve((_request, response) => response.end('evil'))
    const site = await serve((_request, response) => response.writeHead(302, { location: other.url }).end())
    const desk = watch(site.url, { headers: { authorization: 'Bearer canary' } })
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.read_failed'])
    expect(other.requests).toEqual([])
    expect(JSON.stringify(desk.troubles)).not.toContain('canary')
  })

  it('sends credentials of its URL and never shows them', async () => {
    const site = await serve((_request, response) => response.writeHead(401).end())
    const url = `${site.url.replace('http://', 'http://bo:canary@')}?token=canary`
    const desk = watch(url)
    await expect.poll(() => desk.troubles.length, PATIENCE).toBe(1)
    expect(site.requests[0]?.headers.authorization).toBe(`Basic ${btoa('bo:canary')}`)
    expect(site.requests[0]?.url).toBe('/settings.yaml?token=canary')
    expect(httpPollHandle(url).source).toBe(site.url)
    expect(JSON.stringify(desk.troubles)).not.toContain('canary')
  })

  it('asks for everything again after a trouble', async () => {
    let isBroken = false
    const site = await serve((request, response) => {
      if (isBroken) response.writeHead(500).end()
      else if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
      else response.writeHead(200, { etag: '"v1"' }).end('one')
    })
    const desk = watch(site.url)
    await expect.poll(() => site.requests.length, PATIENCE).toBeGreaterThan(2)
    isBroken = true
    await expect.poll(() => desk.troubles.length, PATIENCE).toBe(1)
    isBroken = false
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one', 'one'])
  })

  it.each([
    ['/x', 'application/yaml; charset=utf-8', 'a: 1', 'application/yaml'],
    ['/x', 'text/yaml', 'a: 1', 'application/yaml'],
    ['/x.toml', 'text/plain', 'a = 1', 'application/toml'],
    ['/x', 'application/json', '{"a":1}', 'application/json'],
    ['/x', ENVELOPE_TYPE, '{}', ENVELOPE_TYPE],
    ['/x', 'application/json', '{"payloadType":"x","payload":"","signatures":[]}', ENVELOPE_TYPE],
    ['/x', 'text/html', '<a>', 'application/octet-stream'],
  ])('takes %s of type %s holding %j for %s', async (path, contentType, text, expected) => {
    const site = await serve(
      (_request, response) => response.writeHead(200, { 'content-type': contentType }).end(text),
      path,
    )
    const desk = watch(site.url)
    await expect.poll(() => desk.offers[0]?.origin.mediaType, PATIENCE).toBe(expected)
  })
})
