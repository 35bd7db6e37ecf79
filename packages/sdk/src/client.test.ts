import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient } from './client.ts'
import { isRefused, isUnreachable } from './errors.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const started = createServer(answer)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}

const json = (response: ServerResponse, status: number, body: unknown, type = 'application/json'): void => {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

describe('the client', () => {
  it('asks with token, trace and name, and answers with the body', async () => {
    const seen: { url?: string | undefined; headers?: IncomingMessage['headers']; body?: string } = {}
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        Object.assign(seen, { url: request.url, headers: request.headers, body })
        json(response, 200, { outcome: 'applied' })
      })
    })
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const client = createClient({ url: `${url}/`, token: 'secret', client: 'cli', actor: 'bo', traceparent })
    const answer = await client.ask('offerReload', {
      body: 'routes: {}',
      contentType: 'application/yaml',
      ifMatch: '1.4',
      idempotencyKey: 'k1',
      source: 'new.yaml',
      query: { reason: 'more & better' },
    })
    expect(answer).toEqual({ outcome: 'applied' })
    expect(seen.url).toBe('/v1/reloads?reason=more+%26+better')
    expect(seen.body).toBe('routes: {}')
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer secret',
      traceparent,
      'content-type': 'application/yaml',
      'if-match': '"1.4"',
      'idempotency-key': 'k1',
      'x-changeover-client': 'cli',
      'x-changeover-actor': 'bo',
      'x-changeover-source': 'new.yaml',
    })
  })

  it('puts names into the path as one step', async () => {
    let path: string | undefined
    const url = await serve((request, response) => {
      path = request.url
      json(response, 200, {})
    })
    await createClient({ url, token: null }).ask('readCall', { params: { id: 'call/../1 2' } })
    expect(path).toBe('/v1/calls/call%2F..%2F1%202')
  })

  it('throws the problem as it was sent', async () => {
    const problem = { code: 'verify.conflict', detail: 'version 1.5 is in force', status: 412, retry: false }
    const url = await serve((_, response) => json(response, 412, problem, 'application/problem+json'))
    const error = await createClient({ url, token: null })
      .ask('readStatus')
      .catch((it: unknown) => it)
    expect(isRefused(error) && error.problem).toEqual(problem)
    expect(isUnreachable(error)).toBe(false)
  })

  it('says so when nothing listens, and when what listens is something else', async () => {
    const url = await serve((_, response) => void response.writeHead(502).end('<html>'))
    const other = await createClient({ url, token: null })
      .ask('readStatus')
      .catch((it: unknown) => it)
    expect(isUnreachable(other) && other.message).toContain(
      "answered 502 in a form that is not the admin API's",
    )
    server?.close()
    server?.closeAllConnections()
    const gone = await createClient({ url, token: null })
      .ask('readStatus')
      .catch((it: unknown) => it)
    expect(isUnreachable(gone) && gone.message).toContain('nothing listens there')
  })

  it('follows events, tells when it listens, and ends quietly when told to', async () => {
    let lastSeen: string | string[] | undefined
    const url = await serve((request, response) => {
      lastSeen = request.headers['last-event-id']
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': following\n\nid: 5\nevent: verified\ndata: {"attempt":"rl_1","state":"verified"}\n\n')
    })
    const told = new AbortController()
    let opened = false
    const events: unknown[] = []
    const client = createClient({ url, token: null })
    for await (const it of client.follow({
      after: '4',
      signal: told.signal,
      opened: () => (opened = true),
    })) {
      events.push(it)
      told.abort()
    }
    expect(events).toEqual([{ id: '5', event: { attempt: 'rl_1', state: 'verified' } }])
    expect(lastSeen).toBe('4')
    expect(opened).toBe(true)
  })
})
