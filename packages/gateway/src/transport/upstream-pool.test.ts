import { createServer, type Socket } from 'node:net'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Upstream, UpstreamExchange, UpstreamHandler } from '../contract/upstream.ts'
import { openUpstream } from './upstream-pool.ts'

/** Keeps what happened, in words, and the bytes. */
class Witness implements UpstreamHandler {
  readonly story: string[] = []
  bytes = ''
  contentType: string | undefined
  cause: unknown
  onSent(): void {
    this.story.push('sent')
  }
  onHead(status: number, headers: { find(name: string): string | undefined }): void {
    this.story.push(`head ${status}`)
    this.contentType = headers.find('content-type')
  }
  onData(chunk: Buffer): void {
    this.bytes += chunk.toString()
  }
  onEnd(): void {
    this.story.push('end')
  }
  onError(failure: { code: string; cause: unknown }): void {
    this.story.push(failure.code)
    this.cause = failure.cause
  }
  get last(): string | undefined {
    return this.story.at(-1)
  }
}

let provider: FakeProvider
let upstream: Upstream

beforeEach(async () => {
  provider = await startFakeProvider()
  upstream = openUpstream(provider.origin)
})

afterEach(async () => {
  await upstream.close()
  await provider.close()
})

function send(to: Upstream, witness: UpstreamHandler): UpstreamExchange {
  const headers = ['content-type', 'application/json', 'x-odd', 'é']
  return to.send(
    { method: 'POST', path: '/v1/chat/completions', headers, body: Buffer.from('{"model":"m"}') },
    witness,
  )
}

async function finished(witness: Witness): Promise<void> {
  await vi.waitFor(() => expect(witness.last).toMatch(/^(end|upstream\..+)$/))
}

async function ask(to: Upstream = upstream): Promise<Witness> {
  const witness = new Witness()
  send(to, witness)
  await finished(witness)
  return witness
}

describe('a pool', () => {
  it('tells the story of a request in order, and never before send has returned', async () => {
    const witness = new Witness()
    send(upstream, witness)
    expect(witness.story).toEqual([])
    expect(upstream.pending).toBe(1)
    await finished(witness)

    expect(witness.story).toEqual(['sent', 'head 200', 'end'])
    expect(witness.contentType).toBe('application/json')
    expect(JSON.parse(witness.bytes)).toMatchObject({ model: 'm' })
    expect(provider.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' })
    expect(upstream.pending).toBe(0)
  })

  it('uses its connections again', async () => {
    for (let i = 0; i < 5; i += 1) await ask()
    expect(provider.connections).toBe(1)
  })

  it('opens no more connections than it may; the others wait', async () => {
    await upstream.close()
    upstream = openUpstream(provider.origin, { connections: 2 })
    await Promise.all(Array.from({ length: 8 }, () => ask()))

    expect(provider.connections).toBe(2)
    expect(provider.requests).toHaveLength(8)
  })

  it('says that it cannot connect, with the cause', async () => {
    const nobody = openUpstream('http://127.0.0.1:1')
    const witness = await ask(nobody)

    expect(witness.story).toEqual(['upstream.connect'])
    expect(witness.cause).toMatchObject({ code: 'ECONNREFUSED' })
    await nobody.close()
  })

  it.each(['request', 'head', 'middle'] as const)(
    'says that a connection broke after the %s',
    async (after) => {
      provider.script({ kind: 'cut', after })
      expect((await ask()).last).toBe('upstream.reset')
      expect(provider.requests).toHaveLength(1)
    },
  )

  it.each([
    ['no HTTP at all', 'upstream.protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    [
      'a chunk without a size',
      'upstream.protocol',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['endless headers', 'upstream.protocol', `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(9000)}`],
    ['half a chunk', 'upstream.reset', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
    [
      'half a last chunk',
      'upstream.reset',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nab',
    ],
    ['half a body', 'upstream.reset', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'],
    [
      'half a last body',
      'upstream.reset',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nab',
    ],
  ])('answered with %s says %s', async (_, code, bytes) => {
    const strange = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => socket.end(bytes))
    })
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve))
    const odd = openUpstream(`http://127.0.0.1:${(strange.address() as { port: number }).port}`)

    expect((await ask(odd)).last).toBe(code)
    await odd.close()
    await new Promise((resolve) => strange.close(resolve))
  })

  it('refuses a header that would end its line, after send has returned', async () => {
    const witness = new Witness()
    upstream.send({ method: 'POST', path: '/', headers: ['x-a', 'b\r\nx-c: d'], body: null }, witness)
    expect(witness.story).toEqual([])
    await finished(witness)

    expect(witness.story).toEqual(['upstream.connect'])
    expect(provider.requests).toHaveLength(0)
  })

  it('does not read on while it is paused', async () => {
    provider.script({ kind: 'endless', eventMs: 0, padBytes: 64 * 1024 })
    const witness = new Witness()
    const exchange = send(upstream, witness)
    await vi.waitFor(() => expect(witness.bytes).not.toBe(''))
    exchange.pause()
    await vi.waitFor(() => expect(provider.requests[0]?.waiting).toBe(true))
    const held = witness.bytes.length
    exchange.resume()
    await vi.waitFor(() => expect(witness.bytes.length).toBeGreaterThan(held + 16 * 1024 * 1024), {
      timeout: 4000,
    })
    exchange.abort()
    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true))
  })
})

describe('an aborted request', () => {
  it('ends at once with exactly one word, and the provider notices', async () => {
    provider.script({ kind: 'hang' })
    const witness = new Witness()
    const exchange = send(upstream, witness)
    await vi.waitFor(() => expect(provider.requests).toHaveLength(1))
    exchange.abort()
    exchange.abort()

    expect(witness.story).toEqual(['sent', 'upstream.aborted'])
    expect(upstream.pending).toBe(0)
    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true))
  })

  it('that still waits for a connection is never sent and costs no connection', async () => {
    await upstream.close()
    upstream = openUpstream(provider.origin, { connections: 1 })
    provider.script({ kind: 'reply', delayMs: 30 })
    const first = new Witness()
    send(upstream, first)
    const waiting = new Witness()
    send(upstream, waiting).abort()
    expect(waiting.story).toEqual(['upstream.aborted'])
    await finished(first)
    await ask()

    expect(provider.requests).toHaveLength(2)
    expect(provider.connections).toBe(1)
  })
})

/** Answers `healthy` requests a connection and breaks it at the next, before any byte of an answer. */
async function startForgetful(
  healthy: number,
): Promise<{ origin: string; seen: () => number; close: () => Promise<void> }> {
  let seen = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let here = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      seen += 1
      here += 1
      if (here > healthy) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    seen: () => seen,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a connection that went stale in the pool', () => {
  it('costs a second sending and no failure', async () => {
    const forgetful = await startForgetful(1)
    const pool = openUpstream(forgetful.origin)
    await ask(pool)
    const witness = await ask(pool)

    expect(witness.story).toEqual(['sent', 'sent', 'head 200', 'end'])
    expect(forgetful.seen()).toBe(3)
    await pool.close()
    await forgetful.close()
  })

  it('is replaced once only, and a new connection that breaks not at all', async () => {
    const forgetful = await startForgetful(0)
    const pool = openUpstream(forgetful.origin)
    const witness = await ask(pool)

    expect(witness.story).toEqual(['sent', 'upstream.reset'])
    expect(forgetful.seen()).toBe(1)
    await pool.close()
    await forgetful.close()
  })
})
