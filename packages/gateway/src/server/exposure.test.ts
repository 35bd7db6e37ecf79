/** What a caller cannot make the gateway do: ask elsewhere, say what is not his to say, hear what is not his to hear. */
import { connect } from 'node:net'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Provider } from '../contract/provider.ts'
import { passedDown, passedUp } from '../pipeline/passed-headers.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
/** Stands for whatever is reachable from the gateway and not meant for callers. */
let inside: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  inside = await startFakeProvider()
  const routes = ['openai', 'anthropic', 'gemini', 'perplexity'].map((kind) =>
    testRoute(kind, [testTarget(kind, { kind, upstream: openUpstream(provider.origin) })]),
  )
  gateway = await TestGateway.start({ routes })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
  await inside.close()
})

function ask(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

const messages = [{ role: 'user', content: 'hi' }]

describe('an address that a caller gives', () => {
  it.each(['openai', 'anthropic', 'gemini', 'perplexity'])(
    'of an image is not asked for, for %s',
    async (model) => {
      const url = `${inside.origin}/secret.png`
      const content = [
        { type: 'text', text: 'what is this?' },
        { type: 'image_url', image_url: { url } },
      ]
      await ask({ model, max_tokens: 5, messages: [{ role: 'user', content }] })

      expect(inside.connections).toBe(0)
    },
  )

  it('in the request line leads nowhere else', async () => {
    const { port, hostname } = new URL(gateway.origin)
    const body = JSON.stringify({ model: 'openai', messages })
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.end(
          `POST ${inside.origin}/v1/chat/completions HTTP/1.1\r\nhost: ${new URL(inside.origin).host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        )
      })
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })

    expect(answer).toMatch(/^HTTP\/1\.1 404/)
    expect(inside.connections).toBe(0)
    expect(provider.connections).toBe(0)
  })
})

describe('a provider that sends elsewhere', () => {
  it.each([301, 302, 307, 308])('with %i is not followed', async (status) => {
    const location = `${inside.origin}/v1/chat/completions`
    provider.script({ kind: 'raw', status, headers: { location }, chunks: ['{}'] })
    const response = await ask({ model: 'openai', messages })

    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.headers.get('location')).toBeNull()
    expect(inside.connections).toBe(0)
  })
})

describe('a model’s name', () => {
  it.each([
    '../../admin',
    'openai/../x',
    'openai?x=1',
    'openai#x',
    '%2e%2e/x',
    'openai\r\nx-evil: 1',
    '//host/x',
  ])('%j is no route, and nobody is asked', async (model) => {
    const response = await ask({ model, messages })

    expect(response.status).toBe(404)
    expect(provider.requests).toEqual([])
  })
})

describe('a header of a caller', () => {
  it('reaches the provider only where its list names it', async () => {
    await ask(
      { model: 'openai', messages },
      {
        authorization: 'Bearer sk-caller',
        cookie: 'session=1',
        'openai-beta': 'responses=v2',
        'openai-organization': 'org-of-somebody',
        'x-forwarded-for': '10.0.0.1',
        'x-anything': 'else',
      },
    )
    const sent = provider.requests[0]?.headers ?? {}

    expect(sent).toMatchObject({ authorization: 'Bearer sk-test', 'openai-beta': 'responses=v2' })
    for (const name of ['cookie', 'openai-organization', 'x-forwarded-for', 'x-anything']) {
      expect(sent).not.toHaveProperty(name)
    }
  })

  it('never goes before what is sent anyway', () => {
    const listed = { callerHeaders: ['x-a', 'x-b'] } as unknown as Provider
    expect(passedUp(listed, { 'x-a': '1', 'x-b': ['2', '3'] }, ['X-A', 'ours'])).toEqual(['x-b', '2, 3'])
  })
})

describe('a header of a provider', () => {
  it('reaches the caller only where its list names it', async () => {
    provider.script({
      kind: 'raw',
      headers: {
        'openai-processing-ms': '12',
        'openai-organization': 'org-of-the-operator',
        'set-cookie': 'a=b',
        'x-ratelimit-remaining-requests': '7',
        'access-control-allow-origin': '*',
      },
      chunks: ['{"id":"x","object":"chat.completion","model":"m","choices":[]}'],
    })
    const { headers } = await ask({ model: 'openai', messages })

    expect(headers.get('openai-processing-ms')).toBe('12')
    for (const name of [
      'openai-organization',
      'set-cookie',
      'x-ratelimit-remaining-requests',
      'access-control-allow-origin',
    ]) {
      expect(headers.get(name)).toBeNull()
    }
  })

  it.each(['a\r\nx-evil: 1', 'a\nb', 'a\0b', 'ü\u0100'])('with the value %j reaches nobody', (value) => {
    const listed = { replyHeaders: ['x-a'], callerHeaders: ['x-a'] } as unknown as Provider
    expect(passedDown(listed, { find: () => value })).toEqual([])
    expect(passedUp(listed, { 'x-a': value }, [])).toEqual([])
  })
})
