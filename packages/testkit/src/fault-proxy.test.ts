/** The faults of the proxy, seen from a client behind it. */
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultProxy } from './fault-proxy.ts'

const PATIENCE = { timeout: 5_000, interval: 5 }

let echo: Server
let proxy: FaultProxy
const clients: Socket[] = []

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await FaultProxy.open({ port: (echo.address() as { port: number }).port })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await proxy.close()
  echo.close()
})

async function connect() {
  const client = createConnection({ port: proxy.port, host: '127.0.0.1' })
  clients.push(client)
  const pieces: string[] = []
  let end: string | null = null
  client.on('data', (it) => pieces.push(it.toString()))
  client.on('end', () => (end ??= 'ended'))
  client.on('error', (error: NodeJS.ErrnoException) => (end = error.code ?? 'error'))
  await once(client, 'connect').catch(() => {})
  return { client, pieces, text: () => pieces.join(''), end: () => end }
}

describe('the proxy', () => {
  it('carries bytes both ways, and the end', async () => {
    const { client, text, end } = await connect()
    client.end('hello')
    await expect.poll(end, PATIENCE).toBe('ended')
    expect(text()).toBe('hello')
    await expect.poll(() => proxy.connections, PATIENCE).toBe(0)
  })

  it('delays', async () => {
    proxy.delayMs = 60
    const { client, text } = await connect()
    const startMs = performance.now()
    client.write('late')
    await expect.poll(text, PATIENCE).toBe('late')
    expect(performance.now() - startMs).toBeGreaterThan(100)
  })

  it('splits into pieces', async () => {
    proxy.pieceBytes = 3
    const { client, pieces, text } = await connect()
    client.write('0123456789')
    await expect.poll(text, PATIENCE).toBe('0123456789')
    expect(pieces.length).toBeGreaterThan(1)
  })

  it('cuts what is open, and lets new ones in', async () => {
    const { client, text, end } = await connect()
    client.write('a')
    await expect.poll(text, PATIENCE).toBe('a')
    proxy.cut()
    await expect.poll(end, PATIENCE).toBe('ECONNRESET')
    const again = await connect()
    again.client.write('b')
    await expect.poll(again.text, PATIENCE).toBe('b')
  })

  it('cuts an answer after so many bytes', async () => {
    proxy.cutAfterBytes = 4
    const { client, text, end } = await connect()
    client.write('0123456789')
    await expect.poll(end, PATIENCE).toBe('ECONNRESET')
    expect('0123'.startsWith(text())).toBe(true)
  })

  it('freezes with neither side told, and thaws', async () => {
    const { client, text, end } = await connect()
    client.write('a')
    await expect.poll(text, PATIENCE).toBe('a')
    proxy.freeze()
    client.write('b')
    const other = await connect()
    other.client.write('c')
    await expect.poll(() => proxy.heldPieces, PATIENCE).toBe(2)
    expect([text(), other.text(), end(), other.end()]).toEqual(['a', '', null, null])
    proxy.thaw()
    await expect.poll(() => text() + other.text(), PATIENCE).toBe('abc')
  })

  it('refuses', async () => {
    proxy.isRefusing = true
    const { end } = await connect()
    await expect.poll(end, PATIENCE).toBe('ECONNRESET')
    proxy.isRefusing = false
    const { client, text } = await connect()
    client.write('now')
    await expect.poll(text, PATIENCE).toBe('now')
  })

  it('passes on that its target is gone', async () => {
    echo.close()
    const { end } = await connect()
    await expect.poll(end, PATIENCE).toBe('ECONNRESET')
  })
})
