import { request, type ServerResponse } from 'node:http'
import type { LogRecord, Telemetry } from '@changeover/reload'
import { afterEach, describe, expect, it } from 'vitest'
import { OWNER } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts'

const token = 'co_0123456789abcdef'
let server: AdminServer | undefined
let logged: LogRecord[] = []
afterEach(async () => {
  await server?.close()
  logged = []
})

async function start(more: Partial<AdminServerOptions> = {}): Promise<string> {
  server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    identify: async (header) => {
      if (header !== authorization) throw new GatewayError('control.unauthorised', {})
      return OWNER
    },
    telemetry: { logger: { log: (it: LogRecord) => logged.push(it) } } as unknown as Telemetry,
    metrics: () => 'up 1\n',
    notReady: () => null,
    loadApi: () => Promise.resolve((_, response) => response.end('api')),
    ...more,
  })
  return server.url
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

/** Not `fetch`: it does not let us choose the Host header. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

const authorization = `Bearer ${token}`

describe('the admin server', () => {
  it('answers probes without a token, and before the API is loaded', async () => {
    const url = await start({ loadApi: () => Promise.reject(new Error('must not be loaded')) })
    expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200, body: 'ready\n' })
    expect(await ask(`${url}/metrics`)).toMatchObject({ status: 200, body: 'up 1\n' })
  })

  it('says why it is not ready', async () => {
    const url = await start({ notReady: () => 'no settings are in force yet' })
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: 'no settings are in force yet\n' })
  })

  it('answers nothing else without the token', async () => {
    const url = await start()
    for (const path of ['/v1/status', '/openapi.json', '/', '/healthz/../v1/status', '/metrics/x']) {
      const answer = await ask(`${url}${path}`)
      expect(answer.status).toBe(401)
      expect(answer.headers['content-type']).toBe('application/problem+json')
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'control.unauthorised', status: 401 })
    }
    expect((await ask(`${url}/healthz`, {}, 'POST')).status).toBe(401)
    expect(await ask(`${url}/v1/status`, { authorization })).toMatchObject({ status: 200, body: 'api' })
  })

  it('refuses a Host header that is not this machine, whatever the token', async () => {
    const url = await start()
    for (const host of ['evil.example', 'evil.example:8701', '127.0.0.1.evil.example', 'localhost.evil'])
      expect((await ask(`${url}/healthz`, { host, authorization })).status).toBe(421)
    const refused = await ask(`${url}/v1/status`, { host: 'evil.example', authorization })
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'control.host' })
    for (const host of ['localhost', 'localhost:1', '127.0.0.1:8701', '[::1]:8701'])
      expect((await ask(`${url}/healthz`, { host })).status).toBe(200)
  })

  it('sends no header that lets a page of another origin read an answer', async () => {
    const url = await start()
    const { headers } = await ask(`${url}/metrics`, { origin: 'http://evil.example' })
    expect(Object.keys(headers).filter((it) => it.startsWith('access-control'))).toEqual([])
  })

  it('loads the API once, and tries again when that failed', async () => {
    let loads = 0
    const url = await start({
      loadApi: () => {
        loads++
        if (loads === 1) return Promise.reject(new Error('half a bundle'))
        return Promise.resolve((_, response) => response.end('api'))
      },
    })
    const failed = await ask(`${url}/v1/status`, { authorization })
    expect(JSON.parse(failed.body)).toMatchObject({ code: 'gateway.bug', status: 500 })
    expect(failed.body).not.toContain('half a bundle')
    expect(logged).toHaveLength(1)
    expect((await ask(`${url}/v1/status`, { authorization })).body).toBe('api')
    await ask(`${url}/v1/status`, { authorization })
    expect(loads).toBe(2)
  })
})

describe('closing the admin server', () => {
  it('tells whoever has asked already what became of it', async () => {
    const came = Promise.withResolvers<ServerResponse>()
    const url = await start({
      loadApi: () => Promise.resolve((_, response) => came.resolve(response)),
    })
    const answer = ask(`${url}/v1/settings`, { authorization }, 'PATCH')
    const response = await came.promise
    const closing = server?.close()
    response.end('applied')

    expect(await answer).toMatchObject({ status: 200, body: 'applied' })
    await closing
    await expect(ask(`${url}/healthz`)).rejects.toThrow()
  })

  it('goes on when an answer fails', async () => {
    const came = Promise.withResolvers<ServerResponse>()
    const url = await start({
      loadApi: () => Promise.resolve((_, response) => came.resolve(response)),
    })
    const answer = ask(`${url}/v1/settings`, { authorization })
    const response = await came.promise
    const closing = server?.close()
    response.emit('error', new Error('failed'))
    await Promise.all([closing, expect(answer).rejects.toThrow()])
  })

  it('does not wait for a stream of events', async () => {
    const begun = Promise.withResolvers<void>()
    const url = await start({
      // Beyond what the runner waits for a test.
      lastAnswersMs: 600_000,
      loadApi: () =>
        Promise.resolve((_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.write('data: following\n\n', () => begun.resolve())
        }),
    })
    const answer = ask(`${url}/v1/reloads/events`, { authorization })
    await begun.promise
    await Promise.all([server?.close(), expect(answer).rejects.toThrow('aborted')])
  })
})
