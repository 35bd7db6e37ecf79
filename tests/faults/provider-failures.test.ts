/**
 * Every way in which a provider fails, what is promised for each, and what the record of the call says of each
 * attempt. Two providers: one that does what the test says, one that is well.
 *
 * Times are small here; that they are kept to as written is shown with a clock in hand in `routing/attempts.test.ts`.
 */
import { type FakeProvider, type FakeStep, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { toYaml } from '../journeys/rig/settings-text.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'

let bad: FakeProvider
let well: FakeProvider
let gateway: Gateway

beforeAll(async () => {
  bad = await startFakeProvider()
  well = await startFakeProvider()
  const timeouts = { firstTokenMs: 200, idleMs: 200, totalMs: 10_000 }
  const quick = { baseMs: 1, maxMs: 5 }
  // A breaker that opened for one test would answer for the next.
  const breaker = { failures: 16 }
  const targets = [{ model: 'a' }]
  gateway = await Gateway.start({
    settings: toYaml({
      providers: {
        bad: { kind: 'openai-compatible', baseUrl: `${bad.origin}/v1` },
        well: { kind: 'openai-compatible', baseUrl: `${well.origin}/v1` },
      },
      models: { a: { provider: 'bad', breaker }, b: { provider: 'well' } },
      routes: {
        alone: { targets, timeouts, retries: { attempts: 1, ...quick } },
        again: { targets, timeouts, retries: { attempts: 3, ...quick } },
        backed: { targets, fallback: ['b'], timeouts, retries: { attempts: 2, ...quick } },
        patient: { targets, retries: { attempts: 2, baseMs: 1, maxMs: 3000 } },
        short: { targets, timeouts: { ...timeouts, totalMs: 400 }, retries: { attempts: 1 } },
      },
    }),
  })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([bad?.close(), well?.close()])
})

/**
 * Successes between the failures of two tests, so that the breaker forgets. And no connection is left: one that
 * breaks when it is used again is replaced by the transport, which is no attempt.
 */
async function heal(): Promise<void> {
  for (let i = 0; i < 16; i += 1) await ask(gateway, { model: 'alone' })
  bad.closeIdle()
}

interface Told {
  readonly error: string
  readonly attempts: readonly { target: string; status: number | null; error: string }[]
}

/** The newest record, when it is that of the call which has just ended. */
async function record(id: string): Promise<Told> {
  return await until(
    async () => {
      const { calls } = await gateway.admin.ask('listCalls', { query: { limit: 5 } })
      return calls.find((it) => it.id === id) ?? null
    },
    { what: `the record of ${id}` },
  )
}

async function call(
  model: string,
): Promise<{ status: number; target: string; text: string; told: Told; headers: Headers }> {
  const response = await gateway.chat({ model, messages: [{ role: 'user', content: 'hi' }] })
  const text = await response.text()
  const { headers } = response
  const told = await record(headers.get('x-changeover-call') ?? '')
  return { status: response.status, target: headers.get('x-changeover-target') ?? '', text, told, headers }
}

const codeOf = (text: string): string => (JSON.parse(text) as { error: { code: string } }).error.code
const attemptsOf = (told: Told) => told.attempts.map((it) => [it.target, it.status, it.error])
const html = { 'content-type': 'text/html' }
const half = '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assist'

const ended = (finish_reason: string) =>
  JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'half' }, finish_reason }] })

describe('a provider that', () => {
  const steps: readonly (readonly [string, FakeStep, status: number | null, error: string])[] = [
    ['does not answer in time', { kind: 'hang' }, null, 'upstream.timeout'],
    ['answers 500', { kind: 'refuse', status: 500 }, 500, 'upstream.failed'],
    ['answers 529', { kind: 'refuse', status: 529 }, 529, 'upstream.failed'],
    ['answers 429', { kind: 'refuse', status: 429 }, 429, 'upstream.failed'],
    ['breaks off before it answers', { kind: 'cut', after: 'request' }, null, 'upstream.reset'],
    ['breaks off after its head', { kind: 'cut', after: 'head' }, 200, 'upstream.reset'],
    ['breaks off in the middle of a whole answer', { kind: 'cut', after: 'middle' }, 200, 'upstream.reset'],
    ['sends half a JSON and says that was all', { kind: 'raw', chunks: [half] }, 200, 'upstream.protocol'],
    [
      'sends a page for people',
      { kind: 'raw', headers: html, chunks: ['<h1>502</h1>'] },
      200,
      'upstream.protocol',
    ],
    ['sends nothing at all', { kind: 'raw', chunks: [] }, 200, 'upstream.protocol'],
    ['ends its answer as a failure', { kind: 'raw', chunks: [ended('error')] }, 502, 'upstream.failed'],
    [
      'ends its answer because it is none',
      { kind: 'raw', chunks: [ended('function_call_filter: MALFORMED_FUNCTION_CALL')] },
      200,
      'upstream.malformed',
    ],
  ]

  it.each(steps)('%s is asked again, and the caller sees only the answer', async (_, step, status, error) => {
    await heal()
    bad.script(step, step)
    const { told, ...answer } = await call('again')
    expect([answer.status, answer.target]).toEqual([200, 'bad/a'])
    expect(attemptsOf(told)).toEqual([
      ['bad/a', status, error],
      ['bad/a', status, error],
      ['bad/a', 200, ''],
    ])
    expect(told.error).toBe('')
  })

  it.each(steps)('%s gives way to the fallback', async (_, step, status, error) => {
    await heal()
    bad.script(step)
    const { told, ...answer } = await call('backed')
    expect([answer.status, answer.target]).toEqual([200, 'well/b'])
    expect(attemptsOf(told)).toEqual([
      ['bad/a', status, error],
      ['well/b', 200, ''],
    ])
  })

  it.each([
    ['does not answer in time', steps[0]?.[1], 504, 'upstream.timeout'],
    ['answers 500', steps[1]?.[1], 502, 'upstream.failed'],
    ['answers 529', steps[2]?.[1], 503, 'upstream.overloaded'],
    ['answers 429', steps[3]?.[1], 429, 'upstream.refused'],
    ['breaks off', steps[4]?.[1], 502, 'upstream.reset'],
    ['sends half a JSON', steps[7]?.[1], 502, 'upstream.protocol'],
  ] as const)(
    '%s, with nobody else to ask, is told of with status and code',
    async (_, step, status, code) => {
      await heal()
      if (step !== undefined) bad.script(step)
      const { told, ...answer } = await call('alone')
      expect(answer.status).toBe(status)
      // A refusal in the caller's own format is passed on in the provider's words; the record has our code.
      if (code !== 'upstream.refused') expect(codeOf(answer.text)).toBe(code)
      expect(told.error).toBe(code)
      expect(told.attempts).toHaveLength(1)
    },
  )

  it('answers 429 with Retry-After in seconds is asked again not before', async () => {
    await heal()
    bad.script({ kind: 'refuse', status: 429, headers: { 'retry-after': '1' } })
    const startedMs = performance.now()
    const { status, told } = await call('patient')
    expect(status).toBe(200)
    expect(performance.now() - startedMs).toBeGreaterThan(995)
    expect(told.attempts.map((it) => it.status)).toEqual([429, 200])
  })

  it('answers 503 with Retry-After as a date is asked again not before', async () => {
    await heal()
    const startedMs = Date.now()
    const date = new Date(Math.ceil(startedMs / 1000) * 1000 + 1000)
    bad.script({ kind: 'refuse', status: 503, headers: { 'retry-after': date.toUTCString() } })
    const { status } = await call('patient')
    expect(status).toBe(200)
    expect(Date.now()).toBeGreaterThanOrEqual(date.getTime() - 50)
  })

  it('asks for more patience than the route has is left, and the caller is told when to come back', async () => {
    await heal()
    bad.script({ kind: 'refuse', status: 429, headers: { 'retry-after': '30' } })
    const { status, headers, told } = await call('patient')
    expect([status, headers.get('retry-after'), told.attempts.length]).toEqual([429, '30', 1])
  })
})

describe('a stream that', () => {
  const good = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`
  const sse = { 'content-type': 'text/event-stream' }
  const role =
    'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'

  it.each([
    ['breaks off before its first token', { kind: 'raw', headers: sse, chunks: [role] }, 'upstream.reset'],
    [
      'begins with an error',
      { kind: 'raw', headers: sse, chunks: ['data: {"error":{"message":"overloaded","code":529}}\n\n'] },
      'upstream.failed',
    ],
    [
      'ends as a failure before a word',
      {
        kind: 'raw',
        headers: sse,
        chunks: [role, role.replace('"finish_reason":null', '"finish_reason":"error"')],
      },
      'upstream.failed',
    ],
    [
      'says nothing after its head',
      { kind: 'raw', headers: sse, chunks: [role, ''], chunkMs: 60_000 },
      'upstream.timeout',
    ],
    [
      'is half an event and then silence',
      { kind: 'raw', headers: sse, chunks: ['data: {"choi', ''], chunkMs: 60_000 },
      'upstream.timeout',
    ],
  ] as const)('%s is begun anew elsewhere, and the caller sees one stream', async (_, step, error) => {
    await heal()
    bad.script(step)
    const stream = await OpenStream.open(gateway, { model: 'backed' })
    expect(await stream.ended()).toBe('whole')
    expect(stream.contents.join('')).toBe('Hello there, friend.')
    expect(stream.text).not.toContain('"error"')
    const told = await record(String(stream.headers['x-changeover-call']))
    expect(told.attempts.map((it) => [it.target, it.error])).toEqual([
      ['bad/a', error],
      ['well/b', ''],
    ])
  })

  it.each([
    ['breaks off after its first token', { kind: 'cut', after: 'middle' }, 'upstream.reset'],
    [
      'falls silent after its first token',
      { kind: 'raw', headers: sse, chunks: [good('half'), ''], chunkMs: 60_000 },
      'upstream.timeout',
    ],
  ] as const)(
    '%s is not begun anew: the caller keeps what he has, and is told in his format',
    async (_, step, error) => {
      await heal()
      bad.script(step)
      const before = well.requests.length
      const stream = await OpenStream.open(gateway, { model: 'backed' })
      await stream.ended()
      expect(stream.status).toBe(200)
      expect(stream.contents.join('')).not.toBe('')
      expect(stream.text).toContain(`"code":"${error}"`)
      expect(stream.text).not.toContain('[DONE]')
      expect(well.requests).toHaveLength(before)
      const told = await record(String(stream.headers['x-changeover-call']))
      expect([told.error, attemptsOf(told)]).toEqual([error, [['bad/a', 200, error]]])
    },
  )

  it('goes on for longer than a call may is ended, and the caller is told in his format', async () => {
    await heal()
    bad.script({ kind: 'endless', eventMs: 10 })
    const stream = await OpenStream.open(gateway, { model: 'short' })
    await stream.ended()
    expect(stream.contents.length).toBeGreaterThan(3)
    expect(stream.text).toContain('"code":"upstream.timeout"')
    await until(() => bad.requests.at(-1)?.left === true, { what: 'the end of the attempt at the provider' })
    const told = await record(String(stream.headers['x-changeover-call']))
    expect([told.error, attemptsOf(told)]).toEqual(['upstream.timeout', [['bad/a', 200, 'upstream.timeout']]])
  })
})
