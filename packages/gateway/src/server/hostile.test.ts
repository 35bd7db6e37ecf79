/** Callers and providers that mean harm, over real sockets: none costs more than its own call, and each is told a code. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  const upstream = openUpstream(provider.origin)
  gateway = await TestGateway.start({
    routes: [
      testRoute('chat', [testTarget('m', { upstream })]),
      testRoute('claude', [testTarget('c', { kind: 'anthropic', upstream })]),
    ],
  })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

function post(path: string, body: string): Promise<Response> {
  return fetch(`${gateway.origin}${path}`, { method: 'POST', body })
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { code: string } }).error.code
}

describe('a web page of somewhere else', () => {
  it.each(['https://pages.example', 'null'])(
    'spends nobody’s money where no key is asked for: %s',
    async (origin) => {
      const body = JSON.stringify({ model: 'chat', messages: [] })
      const headers = { origin, 'content-type': 'text/plain' }
      const answer = await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers, body })

      expect(answer.status).toBe(403)
      expect(await codeOf(answer)).toBe('identity.foreign_page')
      expect(provider.requests).toHaveLength(0)
    },
  )

  it('reads nothing by a name of its own that was turned to this machine', async () => {
    const read = async (host: string): Promise<number | undefined> => {
      const asked = get(`${gateway.origin}/v1/models`, { headers: { host } })
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      return answer.statusCode
    }
    expect(await read('pages.example:8700')).toBe(403)
    expect(await read('host.docker.internal:8700')).toBe(200)
  })

  it('is not a page of the gateway’s own', async () => {
    const body = JSON.stringify({ model: 'chat', messages: [] })
    const headers = { origin: gateway.origin }
    await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers, body })

    expect(provider.requests).toHaveLength(1)
  })
})

describe('a model of a length that no name has', () => {
  it.each([
    ['chat completions', '/v1/chat/completions'],
    ['messages', '/v1/messages'],
    ['embeddings', '/v1/embeddings'],
  ])('is refused by %s, and neither told back nor kept', async (_, path) => {
    const answer = await post(path, JSON.stringify({ model: 'a'.repeat(1_000_000), messages: [], input: '' }))

    expect(answer.status).toBe(400)
    const text = await answer.text()
    expect(text).toContain('request.field')
    expect(text.length).toBeLessThan(1000)
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(JSON.stringify(gateway.records).length).toBeLessThan(10_000)
    expect(provider.requests).toHaveLength(0)
  })

  it('has a neighbour that is only unknown', async () => {
    const answer = await post(
      '/v1/chat/completions',
      JSON.stringify({ model: 'a'.repeat(1024), messages: [] }),
    )
    expect(await codeOf(answer)).toBe('routing.no_such_model')
  })
})

describe('JSON that is nested too deeply to be written anew', () => {
  it('is the caller’s own mistake in a request that has to be translated', async () => {
    const tools = `[{"type":"function","function":{"name":"f","parameters":{"a":${nested(100_000)}}}}]`
    const messages = '[{"role":"user","content":"hi"}]'
    const answer = await post(
      '/v1/chat/completions',
      `{"model":"claude","messages":${messages},"tools":${tools}}`,
    )

    expect(answer.status).toBe(400)
    expect(await codeOf(answer)).toBe('request.not_json')
    expect(gateway.telemetry.logged).toEqual([])
    await vi.waitFor(() => expect(gateway.pins.size).toBe(0))
  })

  it('is the provider’s in an answer that has to be translated', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: nested(100_000) } }
    const message = { role: 'assistant', content: null, tool_calls: [call] }
    const reply = { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }
    const headers = { 'content-type': 'application/json' }
    provider.script({ kind: 'raw', headers, chunks: [JSON.stringify(reply)] })
    const answer = await post(
      '/v1beta/models/chat:generateContent',
      '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
    )

    expect(answer.status).toBe(502)
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject({ error: 'upstream.protocol' }))
    expect(gateway.telemetry.logged).toEqual([])
    expect(gateway.pins.size).toBe(0)
  })
})

describe('closing the server', () => {
  it.each([
    ['says nothing', ''],
    ['stops in the middle of its head', 'POST /v1/chat/completions HTTP/1.1\r\nhost:'],
  ])('does not wait for a connection that %s', async (_, said) => {
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    if (said !== '') await new Promise<void>((resolve) => void socket.write(said, () => resolve()))
    // Another connection has been answered: this one has been taken by then.
    await (await fetch(`${gateway.origin}/v1/models`)).text()
    // Beyond what the runner waits for a test.
    await gateway.server.close({ drainMs: 600_000 })
    await ended
  })
})
