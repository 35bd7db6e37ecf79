/**
 * Cause and effect: a file is edited, a change is made through the API, calls run under both, and everything is asked
 * for again after a restart, when no version but the last is in memory.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { until } from './rig/until.ts'

const settings = `providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 100000 } }
models:
  fast: { provider: sim }
  careful: { provider: sim }
routes:
  chat:
    targets:
      - { model: fast, weight: 90 }
      - { model: careful, weight: 10 }
    rules:
      - when: tokens > 1000
        targets: [{ model: careful }]
rollout: { observe: { bakeMs: 1 } }
`

let gateway: Gateway

beforeAll(async () => {
  gateway = await Gateway.start({ settings })
  await gateway.idle()
}, 60_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
})

/** The id of a call, once its record is written. */
async function call(content = 'hello'): Promise<string> {
  const response = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content }] })
  await response.arrayBuffer()
  expect(response.status).toBe(200)
  const id = response.headers.get('x-changeover-call') ?? ''
  await until(async () => (await gateway.ask(`/v1/calls/${id}`)).status === 200, { what: `record of ${id}` })
  return id
}

async function bring(change: () => Promise<unknown>): Promise<string> {
  const before = await gateway.version()
  await change()
  await until(async () => (await gateway.version()) !== before, { what: 'another version' })
  await gateway.idle()
  return gateway.version()
}

type Story = Awaited<ReturnType<typeof explain>>
const explain = (id: string) => gateway.admin.ask('explainCall', { params: { id } })

function valueOf(story: Story, pointer: string) {
  return story.steps.flatMap((it) => it.values).find((it) => it.pointer === pointer)
}

const weight = '/routes/chat/targets/0/weight'

describe('why', () => {
  it('names version, weights, file and line, author, reason, reload and trace, and what is different now', async () => {
    const first = await call()
    const byFile = await bring(() =>
      gateway.edit((text) => `# half and half\n${text.replace('weight: 90', 'weight: 50')}`),
    )
    const second = await call()
    const patch = [{ op: 'replace', path: weight, value: 20 }]
    const byApi = await bring(async () => {
      const applied = await gateway.ask('/v1/settings?reason=careful%20answers%20better', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json-patch+json', 'x-changeover-actor': 'ann' },
        body: JSON.stringify(patch),
      })
      expect(applied.status).toBe(200)
    })
    const third = await call()

    const old = await explain(first)
    expect(old.version).toMatchObject({ version: '1.1', kept: true, share: null })
    expect(old.steps.find((it) => it.about === 'choice')?.says).toBe('drawn by weight: fast=90%, careful=10%')
    expect(valueOf(old, weight)).toMatchObject({ value: 90, origin: { kind: 'file', place: { line: 9 } } })
    expect(old.now).toMatchObject({ version: byApi, changes: [{ origin: { change: { version: byApi } } }] })

    const middle = await explain(second)
    expect(valueOf(middle, weight)).toMatchObject({
      value: 50,
      origin: {
        kind: 'file',
        place: { file: 'changeover.yaml', line: 10 },
        change: { version: byFile, trigger: 'file', author: 'file:changeover.yaml' },
      },
    })

    const newest = await explain(third)
    const { reloads } = await gateway.admin.ask('listReloads')
    const reload = reloads.find((it) => it.to === byApi)
    expect(valueOf(newest, weight)).toMatchObject({
      value: 20,
      origin: {
        kind: 'api',
        place: { file: 'changeover.yaml', line: 10 },
        change: {
          version: byApi,
          author: 'admin:claimed:ann',
          reason: 'careful answers better',
          attempt: reload?.attempt,
          traceId: reload?.traceId,
        },
      },
    })
    expect(newest.now).toMatchObject({ version: byApi, changes: [] })
  })

  it('says which rule led where', async () => {
    const { steps } = await explain(await call('a'.repeat(9_000)))
    const route = steps.find((it) => it.about === 'route')
    expect(route?.says).toContain('rule 1 of route chat held (tokens > 1000)')
    expect(route?.values[0]).toMatchObject({ value: 'tokens > 1000', origin: { place: { line: 13 } } })
    expect(steps.find((it) => it.about === 'choice')?.says).toBe('the only target is careful')
  })

  it('says the same when the versions are gone from memory', async () => {
    const { calls } = await gateway.admin.ask('listCalls', { query: { version: '1.2' } })
    const id = calls[0]?.id ?? ''
    const before = await explain(id)
    await gateway.stop()
    await gateway.again()
    expect(await explain(id)).toEqual(before)
    expect(valueOf(before, weight)).toMatchObject({ value: 50, origin: { place: { line: 10 } } })
  })

  it('tells it on one screen', async () => {
    const id = await call()
    const told = await gateway.command(['why', id])
    expect(told.code, told.text).toBe(0)
    expect(told.text).toContain('drawn by weight: fast=66.67%, careful=33.33%')
    expect(told.text).toMatch(
      /routes\/chat targets 0 weight +20 +changeover\.yaml:10 {2}1\.3 by admin:claimed:ann/,
    )
    expect(told.text).toContain('"careful answers better"')
    expect(told.text.split('\n').length).toBeLessThan(40)
    const json = await gateway.command(['why', id, '--json'])
    expect(JSON.parse(json.text)).toMatchObject({ call: { id }, version: { version: '1.3' } })
  })

  it('says of settings where each of them comes from', async () => {
    const told = await gateway.command(['why', 'routes/chat'])
    expect(told.text).toMatch(/targets 0 weight +20 +changeover\.yaml:10 {2}1\.3 by admin:claimed:ann/)
    expect(told.text).toMatch(/targets 1 weight +10 +changeover\.yaml:11 {2}1\.1 by file:changeover\.yaml/)
    expect(told.text).toMatch(/strategy +weighted +default/)
  })

  it('says that a version was on trial, with which share, and where this call fell', async () => {
    const change = { routes: { chat: { unsupported: 'refuse' } } }
    const offered = await gateway.ask('/v1/settings?by=request&steps=50%25&reason=stricter', {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', 'x-changeover-actor': 'bo' },
      body: JSON.stringify(change),
    })
    const { version, attempt } = (await offered.json()) as { version: string; attempt: string }
    let id = ''
    const isOnTrial = async () => {
      id = await call()
      return (await gateway.admin.ask('readCall', { params: { id } })).role === 'candidate'
    }
    await until(isOnTrial, { what: 'a call under the candidate', timeoutMs: 30_000 })
    const aborted = await gateway.ask(`/v1/reloads/${attempt}/abort`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"reason":"enough seen"}',
    })
    expect(aborted.status).toBe(200)
    await gateway.idle()
    const story = await explain(id)
    expect(story.version).toMatchObject({ version, role: 'candidate', share: 0.5, kept: true })
    expect(story.version.says).toMatch(
      /was on trial with 50 % of the traffic, by request: this request falls on \d+ of 10000, below 5000$/,
    )
    expect(story.version.step).toMatchObject({ author: 'admin:claimed:bo', reason: 'stricter', attempt })
    expect(story.version.step?.status).not.toBe('success')
    expect(story.now).toMatchObject({ version: '1.3' })
  })

  it('says what to do about a call that nobody knows', async () => {
    const told = await gateway.command(['why', 'call_0000'])
    expect(told.code).toBe(1)
    expect(told.text).toContain('no record of call "call_0000" is kept here')
    expect(told.text).toContain('x-changeover-call')
  })
})
