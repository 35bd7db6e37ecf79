/** What a call leaves behind: spans, links and counts. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  const target = testTarget('m', { upstream: openUpstream(provider.origin) })
  gateway = await TestGateway.start({ routes: [testRoute('chat', [target], { attempts: 2 })] })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function call(headers: Record<string, string> = {}, body: object = {}): Promise<Response> {
  const before = gateway.records.length
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'chat', messages: [], ...body }),
  })
  await response.arrayBuffer()
  await vi.waitFor(() => expect(gateway.records).toHaveLength(before + 1))
  return response
}

describe('a trace', () => {
  it('has one span for the request and one for each attempt, each ended once', async () => {
    provider.script({ kind: 'refuse', status: 500 })
    await call()
    const [request, failed, answered] = gateway.telemetry.spans

    expect(gateway.telemetry.spans).toHaveLength(3)
    expect(gateway.telemetry.spans.map((it) => it.ends)).toEqual([1, 1, 1])
    expect(request).toMatchObject({ name: 'chat chat', options: { kind: 'server' } })
    expect(request?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'chat',
      'gen_ai.response.model': 'm-upstream',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
      'http.response.status_code': 200,
      'config.version': '1.1',
      'config.scope': 'default',
      'config.stale': false,
      'changeover.route': 'chat',
      'changeover.target': 'fake/m',
      'changeover.call': gateway.records[0]?.id,
    })
    expect(failed).toMatchObject({
      name: 'chat m-upstream',
      failed: 'upstream.failed',
      options: { kind: 'client' },
    })
    expect(failed?.attributes).toMatchObject({
      'http.response.status_code': 500,
      'server.address': '127.0.0.1',
    })
    expect(answered).toMatchObject({ failed: '', options: { parent: request?.context } })
  })

  it('says of a request that what it ran under may be behind its source', async () => {
    gateway.isStale = true
    await call()
    expect(gateway.telemetry.spans[0]?.attributes).toMatchObject({ 'config.stale': true })
  })

  it('goes on from the caller and on to the provider', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const response = await call({ traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'a=1' })
    const [request, attempt] = gateway.telemetry.spans

    expect(request?.options.parent).toMatchObject({ traceId, spanId: 'b7ad6b7169203331', traceState: 'a=1' })
    expect(response.headers.get('traceparent')).toContain(traceId)
    expect(provider.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${attempt?.context.spanId}-01`)
    expect(gateway.records[0]?.traceId).toBe(traceId)
  })

  it('that nobody keeps has no attributes and no attempts, but an identity', async () => {
    gateway.telemetry.sampled = false
    const response = await call()
    const [request] = gateway.telemetry.spans

    expect(gateway.telemetry.spans).toHaveLength(1)
    expect(request?.attributes).toEqual({})
    expect(response.headers.get('traceparent')).toMatch(/-00$/)
    expect(provider.requests[0]?.headers['traceparent']).toBe(response.headers.get('traceparent'))
  })

  it('links to the swap on the first hundred calls of a version, which are kept, and on errors', async () => {
    for (let i = 0; i < 102; i += 1) await call()
    const requests = gateway.telemetry.spans.filter((it) => it.options.kind === 'server')
    expect(requests.filter((it) => it.links.length > 0)).toHaveLength(100)
    expect(requests[0]).toMatchObject({ options: { keep: true }, links: [{ spanId: 'b'.repeat(16) }] })
    expect(requests[101]).toMatchObject({ links: [] })

    provider.script({ kind: 'refuse', status: 400 })
    await call()
    const last = gateway.telemetry.spans.findLast((it) => it.options.kind === 'server')
    expect(last).toMatchObject({ failed: 'upstream.refused', links: [{ spanId: 'b'.repeat(16) }] })
  })

  it('names the rule on the first call after it changed', async () => {
    await call()
    const target = testTarget('n', { upstream: openUpstream(provider.origin) })
    gateway.swap('1.2', { routes: [testRoute('chat', [target])] })
    await call()
    await call()
    const rules = gateway.telemetry.spans
      .filter((it) => it.options.kind === 'server')
      .map((it) => it.attributes['routing.rule_changed'])

    expect(rules).toEqual([undefined, 'chat: n', undefined])
    await target.upstream.close()
  })

  it('of a copy for a shadow says that it is one, and the copy has a bill and no record', async () => {
    const rollout = 'sha256:shadow'
    const target = testTarget('m', { upstream: openUpstream(provider.origin) })
    gateway.swap('1.1', { routes: [testRoute('chat', [target])], shadowCopies: 1 })
    gateway.place = () => ({ rollout, role: 'current' })
    gateway.shadow = { rollout, role: 'candidate' }
    await call()
    await vi.waitFor(() => expect(gateway.copies).toHaveLength(1))
    const [copy] = gateway.copies
    expect(copy).toMatchObject({
      of: 'shadow',
      target: 'fake/m',
      bill: { tokens: { inputTokens: 11, outputTokens: 7 } },
    })
    expect(gateway.records.map((it) => it.id)).not.toContain(copy?.id)
    await vi.waitFor(() => expect(gateway.telemetry.spans.map((it) => it.ends)).toEqual([1, 1, 1, 1]))
    const marks = gateway.telemetry.spans.map((it) => [it.name, it.attributes['changeover.copy']])
    expect(marks).toEqual([
      ['chat chat', undefined],
      ['chat m-upstream', undefined],
      ['chat chat', 'shadow'],
      ['chat m-upstream', 'shadow'],
    ])
    await target.upstream.close()
  })

  it('of a call that was refused has its status and code, and no route', async () => {
    await call({}, { model: 'none' })
    const [request] = gateway.telemetry.spans

    expect(request).toMatchObject({ name: 'chat', failed: 'routing.no_such_model', ends: 1 })
    expect(request?.attributes['http.response.status_code']).toBe(404)
  })
})
