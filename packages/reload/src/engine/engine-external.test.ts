/** A candidate that is judged by what others measure: over real connections, and by the toy's own time. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ExternalMeasure, RolloutPolicy } from '../contract/rollout.ts'
import { CANARY, Stage } from './test-rollouts.ts'

const WORSE = '{"candidate":{"value":3},"baseline":{"value":1}}'
const SAME = '{"candidate":{"value":1},"baseline":{"value":1}}'

/** A webhook, what it answers, and what it was told; `null`: it never answers. */
class Webhook {
  readonly told: unknown[] = []
  private readonly server: Server

  constructor(text: string | null, status = 200) {
    this.server = createServer((request, reply) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        this.told.push(JSON.parse(body))
        if (text !== null) reply.writeHead(status).end(text)
      })
    })
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_, count) => resolve(count)))
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

let webhook: Webhook

afterEach(() => webhook.close())

/** The toy's seconds pass faster than a busy machine answers: whoever answers has time for it. */
const IN_TIME = 600_000

async function stageWith(
  it: Webhook,
  { extendMs = 5_000, timeoutMs = IN_TIME }: { extendMs?: number; timeoutMs?: number } = {},
): Promise<Stage> {
  webhook = it
  const score: ExternalMeasure = { source: 'webhook', url: await it.open(), everyMs: 1_000, timeoutMs }
  const policy: RolloutPolicy = { ...CANARY, analysis: { everyMs: 1_000, extendMs, external: { score } } }
  return await Stage.with(policy)
}

/** Seconds with good traffic, each long enough for an answer, until `isOver`. */
async function passUntil(stage: Stage, isOver: () => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      await stage.wellFor(1_000, 300)
      expect(isOver()).toBe(true)
    },
    { timeout: 10_000, interval: 10 },
  )
}

describe('a candidate that others measure', () => {
  it('is taken back by what they say, however well it does here', async () => {
    const stage = await stageWith(new Webhook(WORSE))
    await passUntil(stage, () => stage.rollout.state === 'rolled_back')
    expect(webhook.told[0]).toEqual({ rollout: stage.rollout.id, candidate: '1.2', baseline: '1.1' })
    expect(stage.toy.version).toBe('1.1')
    expect(stage.toy.reloader.status().quarantine).toMatchObject([{ reason: 'analysis:score' }])
    expect(stage.rollout.judgement?.measures).toMatchObject([{ name: 'error_rate' }, { name: 'score' }])
    await vi.waitFor(async () => expect(await webhook.connections).toBe(0))
    const { length } = webhook.told
    await stage.wellFor(10_000, 10)
    expect(webhook.told).toHaveLength(length)
  })

  it.each([
    ['answers with an error', { status: 500, text: WORSE, timeoutMs: IN_TIME }],
    ['answers for the baseline only', { status: 200, text: '{"baseline":{"value":1}}', timeoutMs: IN_TIME }],
    ['answers with nothing', { status: 200, text: '', timeoutMs: IN_TIME }],
    ['never answers', { status: 200, text: null, timeoutMs: 2_000 }],
  ])('is neither promoted nor taken back while the webhook %s, and waits for a person', async (_, answer) => {
    const { text, timeoutMs, status } = answer
    const stage = await stageWith(new Webhook(text, status), { timeoutMs })
    await passUntil(stage, () => stage.rollout.state === 'paused')
    expect(stage.rollout).toMatchObject({ step: 0, judgement: { verdict: 'inconclusive' } })
    expect(stage.rollout.reason).toMatch(/^inconclusive: (?:the webhook |no number for the candidate)/)
    await stage.toy.reloader.close()
  })

  it('goes on when they find nothing', async () => {
    const stage = await stageWith(new Webhook(SAME), { extendMs: 1_000_000_000 })
    await passUntil(stage, () => stage.rollout.step === 1)
    await stage.toy.reloader.close()
  })

  it('leaves no question open when the reloader is closed', async () => {
    const stage = await stageWith(new Webhook(null))
    await stage.wellFor(2_000, 10)
    await vi.waitFor(() => expect(webhook.told).toHaveLength(1))
    await stage.toy.reloader.close()
    await vi.waitFor(async () => expect(await webhook.connections).toBe(0))
    expect(stage.toy.clock.pending).toBe(0)
  })

  it('is not asked about any more once it has all of the traffic', async () => {
    const stage = await stageWith(new Webhook(null))
    await stage.wellFor(1_000, 10)
    await vi.waitFor(() => expect(webhook.told).toHaveLength(1))
    await stage.toy.reloader.promote(stage.rollout.id, { to: 'full' })
    expect(stage.rollout.state).toBe('baking')
    await vi.waitFor(async () => expect(await webhook.connections).toBe(0))
    await stage.toy.reloader.close()
  })
})
