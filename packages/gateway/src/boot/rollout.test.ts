/** A gateway that tries a change on some of its tenants: what they get, what the others get, and how it ends. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settings, TENANTS, TriedGateway, toBroken, toOther } from './test-rollouts.ts'

let tried: TriedGateway

beforeEach(() => {
  tried = new TriedGateway()
})
afterEach(() => tried.stop())

describe('a canary by tenant', () => {
  it('is taken back by itself when it breaks what its tenants ask for, and the file with it', async () => {
    await tried.start(settings())
    const file = join(tried.cwd, 'changeover.json')
    const before = readFileSync(file, 'utf8')
    const answer = await tried.patch(toBroken, 'steps=25%&by=tenant')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(readFileSync(file, 'utf8')).not.toBe(before)
    const failed = new Set<string>()
    await vi.waitFor(
      async () => {
        const asked = await Promise.all(TENANTS.map(async (it) => [it, await tried.ask(it)] as const))
        for (const [tenant, { status }] of asked) if (status >= 500) failed.add(tenant)
        expect((await tried.shown())?.state).toBe('rolled_back')
      },
      { timeout: 20_000, interval: 10 },
    )
    expect((await tried.shown())?.words).toMatch(/was taken back/)
    expect(failed.size).toBeGreaterThan(0)
    expect(failed.size).toBeLessThan(25)
    const after = await Promise.all(TENANTS.map((it) => tried.ask(it)))
    expect(new Set(after.map((it) => `${it.status} ${it.version}`)).size).toBe(1)
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe(before), 20_000)
    expect(tried.running.reloader.status().quarantine).toHaveLength(1)
  })

  it('keeps each tenant on one side, says so in the record, and goes on when it is promoted', async () => {
    await tried.start(settings())
    await tried.patch(toOther, 'steps=50%&by=tenant')
    const first = await Promise.all(TENANTS.map((it) => tried.ask(it)))
    const again = await Promise.all(TENANTS.map((it) => tried.ask(it)))
    expect(again.map((it) => it.version)).toEqual(first.map((it) => it.version))
    const rollout = await tried.shown()
    expect(rollout?.state).toBe('running')
    expect(rollout?.requests.candidate).toBe(2 * first.filter((it) => it.version === rollout?.version).length)
    const hit = first.find((it) => it.version === rollout?.version)
    await vi.waitFor(async () => {
      const { body } = await tried.admin('GET', `/v1/calls/${hit?.call}`)
      expect(body).toMatchObject({ role: 'candidate', unit: 'tenant' })
      expect(body['cohort']).toBeLessThan(5000)
    }, 20_000)
    const promoted = await tried.admin('POST', `/v1/reloads/${rollout?.attempt}/promote`, { to: 'full' })
    expect(promoted.status, JSON.stringify(promoted.body)).toBe(200)
    await vi.waitFor(
      () => expect(tried.running.reloader.status().confirmed?.version).toBe(rollout?.version),
      20_000,
    )
    expect(
      new Set((await Promise.all(TENANTS.map((it) => tried.ask(it)))).map((it) => it.version)).size,
    ).toBe(1)
  })

  it('is held and let go on by a person, and aborted', async () => {
    await tried.start(settings())
    await tried.patch(toOther, 'steps=50%&by=tenant')
    const { attempt = '' } = (await tried.shown()) ?? {}
    expect(
      (await tried.admin('POST', `/v1/reloads/${attempt}/pause`, { reason: 'lunch' })).body,
    ).toMatchObject({
      state: 'paused',
      reason: 'lunch',
    })
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/resume`, {})).body).toMatchObject({
      state: 'running',
    })
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, { reason: 'no' })).status).toBe(200)
    expect(await tried.shown()).toMatchObject({
      state: 'aborted',
      reason: expect.stringContaining('aborted: no'),
    })
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, {})).status).toBe(409)
    expect((await tried.admin('POST', '/v1/reloads/rl_none/promote', {})).status).toBe(404)
  })
})

async function say(tenant: string, body: object) {
  const response = await fetch(`${tried.running.dataUrl}/v1/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer key-${tenant}` },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as { readonly counted?: boolean } }
}

describe('a version that comes in at once', () => {
  it('is taken back within a handful of calls when none of them works any more', async () => {
    await tried.start(settings({ rollout: { observe: { bakeMs: 60_000 } } }))
    await vi.waitFor(async () => {
      await Promise.all(TENANTS.map((it) => tried.ask(it)))
      expect(tried.running.reloader.status().confirmed?.version).toBe('1.1')
    }, 20_000)
    const { status } = await tried.patch(toBroken, 'strategy=allAtOnce')
    expect(status).toBe(200)
    let calls = 0
    await vi.waitFor(
      async () => {
        calls += 1
        await tried.ask('t1')
        expect((await tried.shown())?.state).toBe('rolled_back')
      },
      { timeout: 20_000, interval: 5 },
    )
    expect(calls).toBeLessThan(200)
    expect((await tried.ask('t1')).status).toBe(200)
  })
})

describe('a shadow', () => {
  it('answers nobody, and says what it would have refused and sent elsewhere', async () => {
    await tried.start(settings())
    await tried.patch({ ...toOther, tenants: { t39: null } }, 'strategy=shadow')
    const answers = await Promise.all(TENANTS.map((it) => tried.ask(it)))
    expect(answers.map((it) => [it.status, it.version])).toEqual(TENANTS.map(() => [200, '1.1']))
    await vi.waitFor(async () => {
      const shadow = { calls: 40, refused: 1, elsewhere: 39, sent: 0, costMicroUsd: 0 }
      expect((await tried.shown())?.shadow).toEqual(shadow)
    }, 20_000)
  })

  it('sends copies to its providers where that is paid for, which no limit and no record knows of', async () => {
    const few = { requests: 2, perMs: 3_600_000 }
    const paid = JSON.parse(settings({ rollout: { policy: { copies: 1 } } })) as {
      tenants: Record<string, object>
    }
    const tenants = Object.fromEntries(TENANTS.map((it) => [it, { ...paid.tenants[it], limit: 'few' }]))
    await tried.start(JSON.stringify({ ...paid, limits: { few }, tenants }))
    await tried.patch({ ...toOther, tenants: { t39: null } }, 'strategy=shadow')
    for (const status of [200, 200, 429]) {
      const answers = await Promise.all(TENANTS.map((it) => tried.ask(it)))
      expect(answers.map((it) => [it.status, it.version])).toEqual(TENANTS.map(() => [status, '1.1']))
    }
    await vi.waitFor(async () => {
      const shown = await tried.shown()
      expect(shown?.shadow).toMatchObject({ sent: 78 })
      const latency = shown?.measures.find((it) => it.name === 'latency_ms')
      expect([latency?.candidate.samples, latency?.baseline.samples]).toEqual([78, 80])
      const { calls } = (await tried.admin('GET', '/v1/calls?limit=500')).body as unknown as {
        calls: object[]
      }
      expect(calls).toHaveLength(120)
      const span = 'from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z'
      const { lines } = (await tried.admin('GET', `/v1/bill?${span}`)).body as unknown as {
        lines: { copies: boolean; calls: number }[]
      }
      expect(lines.filter((it) => it.copies).map((it) => it.calls)).toEqual([78])
    }, 20_000)
  })

  it('whose copies fail is taken back, and nobody was hurt', async () => {
    await tried.start(settings({ rollout: { policy: { copies: 1 } } }))
    await tried.patch(toBroken, 'strategy=shadow')
    await vi.waitFor(async () => {
      const answers = await Promise.all(TENANTS.map((it) => tried.ask(it)))
      expect(answers.map((it) => [it.status, it.version])).toEqual(TENANTS.map(() => [200, '1.1']))
      expect((await tried.shown())?.state).toBe('rolled_back')
    }, 20_000)
  })
})

describe('feedback', () => {
  it('is kept with the call, counts on its side once, and is taken of nobody else', async () => {
    await tried.start(settings())
    await tried.patch(toOther, 'steps=50%&by=tenant')
    const { call } = await tried.ask('t1')
    expect(await say('t1', { call, score: 'up', comment: 'how nice' })).toMatchObject({
      status: 200,
      body: { counted: true },
    })
    expect((await say('t1', { call, score: -0.5 })).body).toMatchObject({ counted: false })
    await vi.waitFor(async () => {
      const { body } = await tried.admin('GET', `/v1/calls/${call}`)
      expect(body['feedback']).toMatchObject({ score: -0.5, comment: null })
    }, 20_000)
    const calls = await Promise.all(TENANTS.map(async (it) => [it, (await tried.ask(it)).call] as const))
    for (const [tenant, it] of calls)
      expect((await say(tenant, { call: it, score: 'down' })).status).toBe(200)
    await vi.waitFor(async () => {
      const found = (await tried.shown())?.measures.find((it) => it.name === 'feedback_rate')
      expect([found?.candidate.samples ?? 0, found?.baseline.samples ?? 0]).not.toContain(0)
    }, 20_000)
    expect((await say('t2', { call, score: 1 })).status).toBe(404)
    expect((await say('t1', { call: 'call_none', score: 1 })).status).toBe(404)
    expect((await say('t1', { call, score: 2 })).status).toBe(400)
    expect((await say('nobody', { call, score: 1 })).status).toBe(401)
  })
})

describe('a freeze', () => {
  it('refuses a change, and lets through what is forced and what goes back', async () => {
    const freeze = { windows: [{ reason: 'the big sale' }] }
    await tried.start(settings({ rollout: { freeze } }))
    const refused = await tried.patch(toOther, '')
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(refused.body)).toContain('the big sale')
    expect((await tried.patch(toOther, 'force=true')).status).toBe(200)
    expect((await tried.admin('POST', '/v1/rollback', {})).status).toBe(200)
  })
})

describe('a canary that others measure as well', () => {
  let webhook: Server

  /** A webhook that answers all alike. */
  async function answering(status: number, body: object): Promise<string> {
    webhook = createServer((request, reply) => {
      request.resume().on('end', () => reply.writeHead(status).end(JSON.stringify(body)))
    })
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/score`
  }

  const worse = { candidate: { value: 0.4, samples: 900 }, baseline: { value: 0.8, samples: 900 } }
  const judgedBy = (url: string, more: object = {}) => ({
    rollout: {
      analysis: {
        everyMs: 100,
        extendMs: 300,
        external: { score: { source: 'webhook', url, everyMs: 100, worse: 'lower', ...more } },
      },
    },
  })

  afterEach(() => {
    webhook.closeAllConnections()
    webhook.close()
  })

  it('is taken back by what they say, however well its calls go', async () => {
    await tried.start(settings(judgedBy(await answering(200, worse))))
    const answer = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    await vi.waitFor(async () => expect((await tried.shown())?.state).toBe('rolled_back'), 20_000)
    const rollout = await tried.shown()
    expect(rollout?.words).toContain('score')
    expect(rollout?.measures.find((it) => it.name === 'score')).toMatchObject({
      verdict: 'fail',
      candidate: { samples: 900, value: 0.4 },
      baseline: { samples: 900, value: 0.8 },
    })
    expect((await tried.ask('t1')).version).toBe('1.1')
  })

  it('is neither promoted nor taken back while they answer 500, and waits for a person', async () => {
    await tried.start(settings(judgedBy(await answering(500, worse))))
    await tried.patch(toOther, 'steps=25%25:300ms&by=tenant')
    await vi.waitFor(
      async () => {
        await Promise.all(TENANTS.map((it) => tried.ask(it)))
        expect((await tried.shown())?.state).toBe('paused')
      },
      { timeout: 20_000, interval: 10 },
    )
    expect((await tried.shown())?.measures.find((it) => it.name === 'score')).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the webhook gave no reading',
    })
  })

  it('tells them a secret that the settings only name', async () => {
    const seen: (string | undefined)[] = []
    const url = await answering(200, {})
    webhook.on('request', (request: IncomingMessage) => seen.push(request.headers.authorization))
    const file = join(tried.cwd, 'token')
    writeFileSync(file, 'a-token-of-some-length')
    const authorization = `Bearer \${file:${file}}`
    await tried.start(settings(judgedBy(url, { authorization })))
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    await vi.waitFor(() => expect(seen).toContain('Bearer a-token-of-some-length'), 10_000)
    const { policy } = (await tried.admin('GET', '/v1/rollout')).body
    expect(policy).toMatchObject({ analysis: { external: { score: { authorization } } } })
  })

  it('is refused where the settings hold the secret itself', async () => {
    const url = await answering(200, {})
    await tried.start(settings())
    const answer = await tried.patch(judgedBy(url, { authorization: 'Bearer word' }), '')
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).toContain('settings.secret_literal')
    expect(JSON.stringify(answer.body)).not.toContain('Bearer word')
  })
})
