/** A caller who reads slowly or not at all makes the provider wait, whether his stream passes or is translated. */
import { connect, type Socket } from 'node:net'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway
let socket: Socket | null = null

beforeEach(async () => {
  provider = await startFakeProvider()
  const target = testTarget('m', { kind: 'openai-compatible', upstream: openUpstream(provider.origin) })
  gateway = await TestGateway.start({ routes: [testRoute('a', [target])] })
})

afterEach(async () => {
  socket?.destroy()
  await gateway.close()
  await provider.close()
})

/** Asks and does not read. */
async function askUnread(path: string, body: object): Promise<Socket> {
  const text = JSON.stringify(body)
  const opened = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
  opened.on('error', () => undefined)
  opened.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`)
  opened.write(`content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  opened.pause()
  await new Promise((resolve) => opened.once('connect', resolve))
  return opened
}

const messages = [{ role: 'user', content: 'hi' }]

describe.each([
  ['passes', '/v1/chat/completions', { model: 'a', stream: true, messages }],
  ['is translated', '/v1/messages', { model: 'a', stream: true, max_tokens: 9, messages }],
])('a stream that %s', (_, path, body) => {
  it('waits for a reader who does not read, and goes on when he does', async () => {
    provider.script({ kind: 'endless', eventMs: 0, padBytes: 64 * 1024 })
    socket = await askUnread(path, body)
    await vi.waitFor(() => expect(provider.requests[0]?.waiting).toBe(true), { timeout: 20_000 })

    let read = 0
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length
    })
    socket.resume()
    // Far more than all buffers between the two hold.
    await vi.waitFor(() => expect(read).toBeGreaterThan(32 * 1024 * 1024), { timeout: 20_000 })

    socket.destroy()
    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true), { timeout: 20_000 })
  })
})
