import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ManualClock } from '@changeover/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TokenExchange } from '../contract/provider.ts'
import type { UpstreamFailure, UpstreamHandler } from '../contract/upstream.ts'
import { TokenSource } from './token-source.ts'
import { openTokenUpstream } from './token-upstream.ts'
import { openUpstream } from './upstream-pool.ts'

const LIFETIME_MS = 3_600_000

/** Gives tokens `token-1`, `token-2` … and says for which credential, or answers as told. */
class TokenServer {
  readonly asked: string[] = []
  status = 200
  /** Answers only when told. */
  held: (() => void)[] | null = null
  readonly #server: Server
  origin = ''

  constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        this.asked.push(body)
        const token = `token-${this.asked.length}`
        const answer = () => response.writeHead(this.status).end(JSON.stringify({ token }))
        if (this.held === null) answer()
        else this.held.push(answer)
      })
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open() {
  const server = await new TokenServer().listen()
  const clock = new ManualClock()
  const hidden: string[] = []
  const exchange: TokenExchange = {
    exchanges: () => true,
    ask: (credential) => {
      if (credential === 'broken') throw new TypeError('the credential cannot be read')
      return { origin: server.origin, path: '/token', headers: [], body: credential }
    },
    read: (body) => ({ token: (body as { token: string }).token, lifetimeMs: LIFETIME_MS }),
  }
  const source = new TokenSource({
    exchange,
    clock,
    open: (origin) => openUpstream(origin),
    hide: (token) => hidden.push(token),
  })
  closing.push(
    () => source.close(),
    () => server.close(),
  )
  const wait = (credential = 'a') =>
    new Promise<string | null>((resolve) => {
      source.wait(credential, (token) => resolve(token))
    })
  return { server, clock, source, hidden, wait }
}

describe('a token', () => {
  it('is asked for once, however many wait for it, and then is at hand', async () => {
    const { server, source, hidden, wait } = await open()
    expect(source.current('a')).toBeNull()
    expect(await Promise.all([wait(), wait(), wait()])).toEqual(['token-1', 'token-1', 'token-1'])
    expect(source.current('a')).toBe('token-1')
    expect(server.asked).toEqual(['a'])
    expect(hidden).toEqual(['token-1'])
  })

  it('is renewed while it lives, so that nobody waits', async () => {
    const { clock, source, wait } = await open()
    await wait()
    source.current('a')
    await clock.advance(LIFETIME_MS - 300_000)
    await vi.waitFor(() => expect(source.current('a')).toBe('token-2'))
  })

  it('is let go when nobody used it', async () => {
    const { clock, server, source, wait } = await open()
    await wait()
    await clock.advance(LIFETIME_MS)
    expect(source.current('a')).toBeNull()
    expect(server.asked).toHaveLength(1)
  })

  it('outlives a renewal that fails, which is tried again', async () => {
    const { clock, server, source, wait } = await open()
    await wait()
    source.current('a')
    server.status = 500
    await clock.advance(LIFETIME_MS - 300_000)
    await vi.waitFor(() => expect(server.asked).toHaveLength(2))
    expect(source.current('a')).toBe('token-1')
    server.status = 200
    await vi.waitFor(async () => {
      await clock.advance(5000)
      expect(source.current('a')).toBe('token-3')
    })
  })

  it('of another credential is dropped at once', async () => {
    const { server, source, wait } = await open()
    await wait('a')
    expect(source.current('b')).toBeNull()
    expect(await wait('b')).toBe('token-2')
    expect(server.asked).toEqual(['a', 'b'])
  })

  it.each(['refused', 'broken'])('that is %s is nobody’s, and asked for again', async (how) => {
    const { server, wait } = await open()
    if (how === 'refused') server.status = 401
    expect(await wait(how === 'broken' ? 'broken' : 'a')).toBeNull()
    server.status = 200
    expect(await wait('a')).toMatch(/^token-/)
  })
})

class Seen implements UpstreamHandler {
  status = 0
  body = ''
  failure: UpstreamFailure | null = null
  over = 0
  onSent(): void {}
  onHead(status: number): void {
    this.status = status
  }
  onData(chunk: Buffer): void {
    this.body += chunk.toString()
  }
  onEnd(): void {
    this.over += 1
  }
  onError(failure: UpstreamFailure): void {
    this.failure = failure
    this.over += 1
  }
}

async function openApi(source: TokenSource) {
  const server = createServer((request, response) => {
    response.end(request.headers.authorization ?? 'none')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const inner = openUpstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  closing.push(
    () => inner.close(),
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const upstream = openTokenUpstream({ inner, sourceNow: () => ({ source, credential: 'a' }) })
  const send = () => {
    const seen = new Seen()
    const exchange = upstream.send({ method: 'POST', path: '/', headers: [], body: '{}' }, seen)
    return { seen, exchange }
  }
  return { upstream, send }
}

describe('a request that needs a token', () => {
  it('waits for the first, and no later one does', async () => {
    const { server, source } = await open()
    const { send, upstream } = await openApi(source)
    const first = send()
    expect(upstream.pending).toBe(1)
    await vi.waitFor(() => expect(first.seen.body).toBe('Bearer token-1'))
    const second = send()
    await vi.waitFor(() => expect(second.seen.body).toBe('Bearer token-1'))
    expect(server.asked).toHaveLength(1)
    await vi.waitFor(() => expect(upstream.pending).toBe(0))
  })

  it('fails as one that finds no connection when there is none', async () => {
    const { server, source } = await open()
    server.status = 403
    const { send } = await openApi(source)
    const { seen } = send()
    await vi.waitFor(() => expect(seen.failure?.code).toBe('upstream.connect'))
    expect(seen.over).toBe(1)
  })

  it('can be aborted while it waits, and is then told of nothing more', async () => {
    const { server, source } = await open()
    server.held = []
    const { send } = await openApi(source)
    const { seen, exchange } = send()
    exchange.abort()
    expect(seen.failure?.code).toBe('upstream.aborted')
    await vi.waitFor(() => expect(server.held).toHaveLength(1))
    for (const answer of server.held ?? []) answer()
    await vi.waitFor(() => expect(source.current('a')).toBe('token-1'))
    exchange.abort()
    expect(seen.over).toBe(1)
  })
})
