/** Published APIs over real sockets: how they are called, found, subscribed to and refused. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@changeover/reload'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compileApis } from '../apis/compile-apis.ts'
import { loadSchemas } from '../apis/schema-checks.ts'
import { apiSpec } from '../apis/spec.ts'
import { openSubscriptions, type Subscriptions } from '../apis/subscriptions.ts'
import { compileContext } from '../contexts/compile-context.ts'
import { contextSpec } from '../contexts/spec.ts'
import { fillTemplate, parseTemplate } from '../contexts/template.ts'
import type { Caller, CompiledContext } from '../contract/compiled.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { RecordingTelemetry, TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let anthropic: FakeProvider
let gateway: TestGateway
let book: Subscriptions
let folder: string

const input = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 200 }, tone: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
}
const output = { type: 'object', properties: { sum: { type: 'string' } }, required: ['sum'] }
const context = compileContext(
  'kind@1.0.0',
  contextSpec.parse({
    prompt: 'Be {{tone}}.',
    variables: { tone: { default: 'calm' } },
    parameters: { temperature: 0.5 },
  }),
)

const ENTRIES: Readonly<Record<string, object>> = {
  'sum@1.0.0': {
    state: 'deprecated',
    deprecatedAt: '2026-01-01T00:00:00Z',
    sunsetAt: '2026-06-01T00:00:00Z',
    successor: 'sum@2.0.0',
  },
  'sum@0.9.0': { state: 'retired', successor: 'sum@2.0.0' },
  'sum@2.0.0': { message: 'Sum up: {{text}}', context: 'kind' },
  'sum@3.0.0': { state: 'design', testers: ['acme'] },
  'json@1.0.0': { output },
  'twice@1.0.0': { output, invalidOutput: 'retry' },
  'own@1.0.0': { tenants: ['acme'], access: 'subscription' },
  'paid@1.0.0': { access: 'subscription' },
  'deep@1.0.0': { input: { type: 'object' } },
  'small@1.0.0': { maxInputBytes: 30 },
  'other@1.0.0': { route: 'translated', output },
}

const callers: Readonly<Record<string, Caller>> = {
  'k-acme': { tenant: 'acme', key: 'acme/main', allow: null },
  'k-beta': { tenant: 'beta', key: 'beta/main', allow: null },
  'k-narrow': { tenant: 'narrow', key: 'narrow/main', allow: new Set(['apis/json']) },
} as never

beforeEach(async () => {
  provider = await startFakeProvider()
  anthropic = await startFakeProvider()
  folder = mkdtempSync(join(tmpdir(), 'changeover-server-apis-'))
  book = await openSubscriptions({
    path: join(folder, 'apis.db'),
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
  })
  const specs = Object.entries(ENTRIES).map(
    ([id, it]) => [id, apiSpec.parse({ route: 'chat', input, state: 'published', ...it })] as const,
  )
  await loadSchemas(specs.flatMap(([, it]) => [it.input, it.output ?? it.input]))
  const apis = compileApis(new Map(specs), {
    template: (text) => (valueOf) => fillTemplate(parseTemplate(text), valueOf),
    contextOf: (api) => (api.context === undefined ? null : context),
    routeContextOf: () => null,
  })
  const target = testTarget('m', { upstream: openUpstream(provider.origin) })
  const foreign = testTarget('c', { kind: 'anthropic', upstream: openUpstream(anthropic.origin) })
  const own: CompiledContext = { ...context, tenants: new Set(['acme']) }
  gateway = await TestGateway.start({
    routes: [
      testRoute('chat', [target], { attempts: 3 }),
      testRoute('translated', [foreign]),
      testRoute('secret-route', [target], { context: own }),
    ],
    apis,
    subscriptions: book,
    identity: {
      open: false,
      find: (key) =>
        key === undefined
          ? { refused: 'identity.missing_key' }
          : (callers[key] ?? { refused: 'identity.unknown_key' }),
    },
  })
})

afterEach(async () => {
  await gateway.close()
  book.close()
  await Promise.all([provider.close(), anthropic.close()])
  rmSync(folder, { recursive: true, force: true })
})

interface Ask {
  readonly key?: string
  readonly body?: unknown
  readonly method?: string
}

function ask(path: string, { key = 'k-beta', body, method }: Ask = {}): Promise<Response> {
  return fetch(`${gateway.origin}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const call = (api: string, body: unknown = { text: 'hi' }, key?: string) =>
  ask(`/apis/${api}`, { body, ...(key === undefined ? {} : { key }) })
const codeOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return `${response.status} ${error.code}`
}
const sent = (from = provider) =>
  JSON.parse(from.requests.at(-1)?.body.toString() ?? 'null') as Record<string, unknown>

describe('a call of a published API', () => {
  it('sends the filled prompt through its route, and answers the text alone', async () => {
    const response = await call('sum/latest', { text: 'long', tone: 'brief' })
    expect(await response.text()).toBe('Hello there, friend.')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('x-changeover-api')).toBe('sum@2.0.0')
    expect(response.headers.get('x-changeover-version')).toBe('1.1')
    expect(response.headers.get('x-changeover-target')).toBe('fake/m')
    expect(response.headers.get('deprecation')).toBeNull()
    expect(sent()).toEqual({
      model: 'm-upstream',
      temperature: 0.5,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Sum up: long' },
      ],
    })
  })

  it('is recorded like any other, under the version that answered', async () => {
    await (await call('sum/2')).text()
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({
      askedModel: 'apis/sum@2.0.0',
      route: 'chat',
      context: 'kind@1.0.0',
      endpoint: '/apis/{name}/{version}',
      tenant: 'beta',
      status: 200,
      inputTokens: 11,
    })
  })

  it('answers what was said where the model speaks', async () => {
    const audio = { id: 'a-1', data: 'UklGRg==', expires_at: 1, transcript: 'Said aloud.' }
    const message = { role: 'assistant', content: null, audio }
    const body = { id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }] }
    const headers = { 'content-type': 'application/json' }
    provider.script({ kind: 'raw', headers, chunks: [JSON.stringify(body)] })
    expect(await (await call('sum/2')).text()).toBe('Said aloud.')
  })

  it('says what the user says as JSON where there is no message', async () => {
    await (await call('json/1')).text()
    expect(sent()['messages']).toEqual([{ role: 'user', content: '{"text":"hi"}' }])
    expect(sent()['response_format']).toMatchObject({ type: 'json_schema', json_schema: { name: 'json' } })
    expect(sent()).not.toHaveProperty('changeover')
  })

  it('refuses an input that does not keep to its schema, with the place, and asks nobody', async () => {
    const response = await call('sum/latest', { tone: 'x' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'apis.input', issues: [{ pointer: '', message: "must have required property 'text'" }] },
    })
    expect(await codeOf(await call('sum/latest', { text: 1 }))).toBe('400 apis.input')
    expect(await codeOf(await call('sum/latest', { text: 'a', more: 1 }))).toBe('400 apis.input')
    expect(await codeOf(await call('sum/latest', '[]'))).toBe('400 request.not_json')
    expect(await codeOf(await call('sum/latest', '{"text":'))).toBe('400 request.not_json')
    expect(await codeOf(await call('small/1', { text: 'x'.repeat(40) }))).toBe('413 request.too_large')
    const deep = `{"text":"x","more":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(await codeOf(await call('deep/1', deep))).toBe('400 apis.input')
    expect(provider.requests).toHaveLength(0)
  })

  it('goes to targets of other formats like any request', async () => {
    anthropic.script({ kind: 'reply', text: '{"sum":"ok"}' })
    const response = await call('other/1')
    expect(await response.json()).toEqual({ sum: 'ok' })
    expect(anthropic.requests[0]?.path).toBe('/v1/messages')
  })

  it('streams pieces of text and ends with one event', async () => {
    const response = await ask('/apis/sum/latest?stream=true', { body: { text: 'x' } })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const text = await response.text()
    const pieces = [...text.matchAll(/^data: (\{"text".*)$/gm)].map(
      (it) => (JSON.parse(it[1] ?? '') as { text: string }).text,
    )
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe('Hello there, friend.')
    expect(text.endsWith('event: done\ndata: {"finish":"stop"}\n\n')).toBe(true)
  })
})

describe('a failure that a provider tells with a good status', () => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Half' }, finish_reason: 'error' }]

  it.each([
    ['in place of an answer', { error: { message: 'no room', code: 529 } }],
    ['at the end of one', { choices }],
  ])('is no output, and the target is asked again: %s', async (_, body) => {
    const headers = { 'content-type': 'application/json' }
    provider.script({ kind: 'raw', headers, chunks: [JSON.stringify(body)] })
    expect(await (await call('sum/2')).text()).toBe('Hello there, friend.')
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]?.attempts.map((it) => it.error)).toEqual(['upstream.failed', ''])
  })
})

describe('an output of JSON', () => {
  it('is the JSON of the answer, in a fence or not', async () => {
    provider.script(
      { kind: 'reply', text: '```json\n{ "sum": "a" }\n```' },
      { kind: 'reply', text: '{"sum":"b"}' },
    )
    const first = await call('json/1')
    expect([first.headers.get('content-type'), await first.text()]).toEqual([
      'application/json',
      '{"sum":"a"}',
    ])
    expect(await (await call('json/1')).json()).toEqual({ sum: 'b' })
  })

  it('that does not keep to its schema is refused, and the target is not blamed', async () => {
    provider.script({ kind: 'reply', text: '{"sum":1}' })
    const response = await call('json/1')
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({
      error: { code: 'apis.output', message: expect.stringContaining('/sum must be string') },
    })
    expect(await codeOf(await call('json/1'))).toBe('502 apis.output')
    expect(provider.requests).toHaveLength(2)
    await vi.waitFor(() => expect(gateway.records).toHaveLength(2))
    expect(gateway.records[0]).toMatchObject({ error: 'apis.output', status: 502, outputTokens: 7 })
  })

  it('is asked for once more where the API says so, and no oftener', async () => {
    provider.script({ kind: 'reply', text: 'no json' }, { kind: 'reply', text: '{"sum":"b"}' })
    expect(await (await call('twice/1')).json()).toEqual({ sum: 'b' })
    expect(provider.requests).toHaveLength(2)
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({
      error: '',
      outputTokens: 7,
      attempts: [{ error: 'apis.output', bill: { tokens: { outputTokens: 7 } } }, { error: '' }],
    })
    provider.script({ kind: 'reply', text: 'no' }, { kind: 'reply', text: 'no' })
    expect(await codeOf(await call('twice/1'))).toBe('502 apis.output')
    expect(provider.requests).toHaveLength(4)
  })

  it('that came as a stream is looked at when all of it is there', async () => {
    provider.script({ kind: 'reply', text: '{"sum":1}' })
    const text = await (await ask('/apis/json/1?stream=true', { body: { text: 'x' } })).text()
    expect(text).toMatch(/event: error\ndata: \{"error":\{.*"code":"apis\.output"/)
    expect(text).not.toContain('event: done')
    await vi.waitFor(() => expect(gateway.records[0]?.error).toBe('apis.output'))
  })
})

describe('the life of an API', () => {
  it('shows in the headers of a deprecated one', async () => {
    const response = await call('sum/1')
    expect(response.status).toBe(200)
    expect(response.headers.get('x-changeover-api')).toBe('sum@1.0.0')
    expect(response.headers.get('deprecation')).toBe('@1767225600')
    expect(response.headers.get('sunset')).toBe('Mon, 01 Jun 2026 00:00:00 GMT')
    expect(response.headers.get('link')).toContain('</apis/sum/2.0.0>; rel="successor-version"')
  })

  it('ends with 410 and the name of what comes after it', async () => {
    const response = await call('sum/0.9.0')
    expect(response.headers.get('link')).toContain('</apis/sum/2.0.0>; rel="successor-version"')
    expect(await response.json()).toMatchObject({
      error: { code: 'apis.retired', message: '"sum@0.9.0" is retired; call "sum@2.0.0" instead' },
    })
    expect(response.status).toBe(410)
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({
      error: 'apis.retired',
      askedModel: 'apis/sum@0.9.0',
      tenant: 'beta',
    })
  })

  it('begins with its testers', async () => {
    expect((await call('sum/3.0.0', { text: 'x' }, 'k-acme')).status).toBe(200)
    expect(await codeOf(await call('sum/3.0.0'))).toBe('404 apis.no_such_api')
    expect(await codeOf(await call('sum/3', { text: 'x' }, 'k-acme'))).toBe('404 apis.no_such_api')
  })
})

describe('what belongs to a tenant', () => {
  it('answers others byte for byte like what is not there', async () => {
    const withoutNames = async (path: string, more: Ask = {}) => {
      const response = await ask(path, more)
      const text = (await response.text()).replaceAll(/own|nix/g, 'x')
      const headers = [...response.headers.keys()].filter((it) => it !== 'date')
      return [response.status, text, headers]
    }
    for (const [path, more] of [
      ['/apis/NAME', {}],
      ['/apis/NAME/1.0.0/openapi.json', {}],
      ['/apis/NAME/latest', { body: { text: 'x' } }],
      ['/apis/NAME/1.0.0', { body: 'not even json' }],
      ['/v1/apis/NAME/subscriptions', { body: {} }],
      ['/v1/apis/NAME/subscriptions', {}],
    ] as const) {
      const there = await withoutNames(path.replace('NAME', 'own'), more)
      expect(there[0]).toBe(404)
      expect(there).toEqual(await withoutNames(path.replace('NAME', 'nix'), more))
    }
    expect(await (await ask('/apis')).text()).not.toContain('own')
  })

  it("hides a route whose context is not the caller's: from calls, hints and lists", async () => {
    const chat = (model: string, key: string) =>
      ask('/v1/chat/completions', { key, body: { model, messages: [{ role: 'user', content: 'x' }] } })
    expect((await chat('secret-route', 'k-acme')).status).toBe(200)
    const [there, not] = [await chat('secret-route', 'k-beta'), await chat('secret-routs', 'k-beta')]
    expect(there.status).toBe(404)
    const [a, b] = [await there.text(), await not.text()]
    expect(a.replaceAll('secret-route', 'X')).toBe(b.replaceAll('secret-routs', 'X'))
    expect(await (await ask('/v1/models')).text()).not.toContain('secret-route')
    expect(await (await ask('/v1/models', { key: 'k-acme' })).text()).toContain('secret-route')
    expect((await ask('/v1/models/secret-route')).status).toBe(404)
  })

  it('needs no route on an allow-list that has the API', async () => {
    expect((await call('json/1', { text: 'x' }, 'k-narrow')).status).toBe(502)
    expect(await codeOf(await call('sum/2', { text: 'x' }, 'k-narrow'))).toBe('403 identity.not_allowed')
    const { apis } = (await (await ask('/apis', { key: 'k-narrow' })).json()) as { apis: { name: string }[] }
    expect(apis.map((it) => it.name)).toEqual(['json'])
  })
})

describe('a subscription', () => {
  const path = '/v1/apis/paid/subscriptions'
  const decide = (to: 'approved' | 'revoked' | 'refused') =>
    book.decide({ api: 'paid', tenant: 'beta', to, by: 'person:ann', reason: 'why not' })

  it('is asked for, approved, and withdrawn under the next call', async () => {
    expect(await codeOf(await call('paid/1'))).toBe('403 apis.not_subscribed')
    expect((await ask(path)).status).toBe(404)
    const asked = await ask(path, { body: { note: 'please' } })
    expect(asked.status).toBe(202)
    expect(await asked.json()).toMatchObject({
      api: 'paid',
      tenant: 'beta',
      state: 'pending',
      note: 'please',
    })
    expect(await codeOf(await call('paid/1'))).toBe('403 apis.not_subscribed')
    await decide('approved')
    expect((await call('paid/1')).status).toBe(200)
    expect(await codeOf(await call('paid/1', { text: 'x' }, 'k-acme'))).toBe('403 apis.not_subscribed')
    await decide('revoked')
    expect(await codeOf(await call('paid/1'))).toBe('403 apis.not_subscribed')
    const state = (await (await ask(path)).json()) as object
    expect(state).toMatchObject({ state: 'revoked', reason: 'why not' })
    expect(JSON.stringify(state)).not.toContain('ann')
  })

  it('is there only for APIs that need one, and takes a bounded note', async () => {
    expect(await codeOf(await ask('/v1/apis/sum/subscriptions', { body: {} }))).toBe(
      '409 apis.no_subscription_needed',
    )
    const said = (await (await ask('/v1/apis/sum/subscriptions', { body: {} })).json()) as object
    expect(said).toMatchObject({ error: { code: 'apis.no_subscription_needed' } })
    expect(await codeOf(await ask(path, { body: { note: 'x'.repeat(3000) } }))).toBe('400 request.field')
    expect(await codeOf(await ask(path, { body: `{"note":"${'x'.repeat(20_000)}"}` }))).toBe(
      '413 request.too_large',
    )
    expect(await codeOf(await ask(path, { body: '[]' }))).toBe('400 request.field')
    expect(book.list()).toEqual([])
  })
})

describe('the pages of APIs', () => {
  it('need a key', async () => {
    for (const path of ['/apis', '/apis/sum', '/apis/sum/2.0.0/openapi.json'])
      expect(await codeOf(await ask(path, { key: 'wrong' }))).toBe('401 identity.unknown_key')
  })

  it('say how to call, at the address that was asked', async () => {
    const response = await ask('/apis/sum')
    expect(await response.json()).toMatchObject({ name: 'sum', latest: '2.0.0' })
    expect(response.headers.get('cache-control')).toBe('private, no-cache')
    expect(await (await ask('/apis')).text()).toContain(`'${gateway.origin}/apis/sum/2.0.0'`)
    const document = (await (await ask('/apis/sum/latest/openapi.json')).json()) as { info: object }
    expect(document.info).toEqual({ title: 'sum', version: '2.0.0' })
  })

  it('answer other methods and paths as everywhere', async () => {
    const wrong = await ask('/apis/sum/2.0.0')
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await ask('/apis/sum/2.0.0/more')).status).toBe(404)
    expect((await ask('/apis//1')).status).toBe(404)
    expect(await codeOf(await call('s%75m/2.0.0'))).toBe('404 apis.no_such_api')
    expect(await codeOf(await call('__proto__/latest'))).toBe('404 apis.no_such_api')
  })
})
