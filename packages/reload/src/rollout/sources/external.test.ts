import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock } from '@changeover/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ExternalMeasure, MeasureJudgement } from '../../contract/rollout.ts'
import { ExternalMeasures } from './external.ts'

const servers: Server[] = []
const compared = { rollout: 'sha256:ab', candidate: '1.8', baseline: '1.7' }
const worse = '{"candidate":{"value":3},"baseline":{"value":1}}'
const same = '{"candidate":{"value":1},"baseline":{"value":1}}'

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const connections = async (): Promise<number> => {
  const counts = servers.map(
    (it) => new Promise<number>((resolve) => it.getConnections((_, count) => resolve(count))),
  )
  return (await Promise.all(counts)).reduce((sum, it) => sum + it, 0)
}

afterEach(() => {
  for (const it of servers.splice(0)) {
    it.closeAllConnections()
    it.close()
  }
})

class Watched {
  readonly clock = new ManualClock(0)
  readonly measures: ExternalMeasures

  constructor(measure: ExternalMeasure, secrets: { fill(text: string): string } | null = null) {
    const around = { clock: this.clock, compared, secrets, everyMs: 1_000 }
    this.measures = new ExternalMeasures({ external: { seen: { everyMs: 1_000, ...measure } } }, around)
  }

  look(): MeasureJudgement {
    const [judgement] = this.measures.look()
    if (judgement === undefined) throw new Error('no judgement')
    return judgement
  }

  /** So many rounds, each with a question that is answered before the next. */
  async rounds(count: number, answered: () => number): Promise<MeasureJudgement> {
    for (let i = 0; i < count; i++) {
      const before = answered()
      this.look()
      await vi.waitFor(() => expect(answered()).toBeGreaterThan(before))
      // The answer has left; it has arrived when no deadline waits for it any more.
      await vi.waitFor(() => expect(this.clock.pending).toBe(0))
      await this.clock.advance(1_000)
    }
    return this.look()
  }
}

/** A webhook, and how often it was asked. */
async function webhook(answer: () => { status?: number; text: string }) {
  const seen = { asked: 0, headers: {} as Record<string, unknown> }
  const url = await serve((request, reply) => {
    request.resume().on('end', () => {
      const { status = 200, text } = answer()
      seen.headers = request.headers
      reply.writeHead(status).end(text, () => {
        seen.asked += 1
      })
    })
  })
  return { url, seen, answered: () => seen.asked }
}

describe('an external measure', () => {
  it('has said nothing at the first look, and fails after several bad readings', async () => {
    const { url, answered } = await webhook(() => ({ text: worse }))
    const watched = new Watched({ source: 'webhook', url })
    expect(watched.look()).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the webhook has not answered yet',
    })
    expect(await watched.rounds(2, answered)).toMatchObject({ verdict: 'inconclusive', change: 2 })
    expect(await watched.rounds(1, answered)).toMatchObject({ name: 'seen', verdict: 'fail', change: 2 })
    watched.measures.stop()
  })

  it('passes after several good readings', async () => {
    const { url, answered } = await webhook(() => ({ text: same }))
    const watched = new Watched({ source: 'webhook', url })
    expect((await watched.rounds(2, answered)).verdict).toBe('inconclusive')
    expect((await watched.rounds(2, answered)).verdict).toBe('pass')
    watched.measures.stop()
  })

  it('is asked of Prometheus for each version', async () => {
    const queries: string[] = []
    const url = await serve((request, reply) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''
      const value = query.includes('1.8') ? '9' : '3'
      const result = [{ metric: {}, value: [1, value] }]
      reply.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }), () =>
        queries.push(query),
      )
    })
    const watched = new Watched({ source: 'prometheus', url, value: 'errors{v="${version}"}' })
    const said = await watched.rounds(3, () => Math.floor(queries.length / 2))
    expect(said).toMatchObject({ verdict: 'fail', candidate: { value: 9 }, baseline: { value: 3 } })
    expect(new Set(queries)).toEqual(new Set(['errors{v="1.8"}', 'errors{v="1.7"}']))
    watched.measures.stop()
  })

  it.each([
    ['an error', { status: 500, text: worse }],
    ['nothing', { text: '' }],
    ['NaN', { text: '{"candidate":{"value":NaN},"baseline":{"value":1}}' }],
    ['the baseline only', { text: '{"baseline":{"value":1}}' }],
    ['too few samples', { text: '{"candidate":{"value":3,"samples":3},"baseline":{"value":1}}' }],
  ])('that is answered with %s neither fails nor passes, however often', async (_, answer) => {
    const { url, answered } = await webhook(() => answer)
    const watched = new Watched({ source: 'webhook', url })
    for (let i = 0; i < 5; i++) expect((await watched.rounds(1, answered)).verdict).toBe('inconclusive')
    watched.measures.stop()
  })

  it('counts its readings anew after one that did not come', async () => {
    const status = [200, 200, 500, 200, 200, 200]
    const { url, answered } = await webhook(() => ({ text: worse, status: status.shift() ?? 200 }))
    const watched = new Watched({ source: 'webhook', url })
    expect((await watched.rounds(5, answered)).verdict).toBe('inconclusive')
    expect((await watched.rounds(1, answered)).verdict).toBe('fail')
    watched.measures.stop()
  })

  it('holds up no look and is asked one question at a time when nobody answers', async () => {
    let asked = 0
    const url = await serve(() => void (asked += 1))
    const watched = new Watched({ source: 'webhook', url, timeoutMs: 10_000 })
    watched.look()
    await vi.waitFor(() => expect(asked).toBe(1))
    for (let i = 0; i < 5; i++) {
      await watched.clock.advance(1_000)
      expect(watched.look().verdict).toBe('inconclusive')
    }
    expect(watched.clock.pending).toBe(1)
    await watched.clock.advance(5_000)
    expect(watched.look().reason).toBe('the webhook gave no reading')
    await vi.waitFor(() => expect(asked).toBe(2))
    watched.measures.stop()
    expect(watched.clock.pending).toBe(0)
  })

  it('is asked no more often than it says, and one reading counts once', async () => {
    const { url, seen, answered } = await webhook(() => ({ text: worse }))
    const watched = new Watched({ source: 'webhook', url, everyMs: 60_000 })
    await watched.rounds(1, answered)
    for (let i = 0; i < 20; i++) {
      await watched.clock.advance(1_000)
      expect(watched.look().verdict).toBe('inconclusive')
    }
    expect(seen.asked).toBe(1)
    watched.measures.stop()
  })

  it('does not count with a reading that is too old', async () => {
    const { url, answered } = await webhook(() => ({ text: same }))
    const watched = new Watched({ source: 'webhook', url })
    expect((await watched.rounds(3, answered)).verdict).toBe('pass')
    await vi.waitFor(() => expect(watched.clock.pending).toBe(0))
    await watched.clock.advance(60_000)
    expect(watched.look()).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the webhook has not answered for a while',
    })
    watched.measures.stop()
  })

  it('leaves no timer and no connection when it is stopped, and is not asked again', async () => {
    let asked = 0
    const url = await serve(() => void (asked += 1))
    const watched = new Watched({ source: 'webhook', url })
    watched.look()
    await vi.waitFor(() => expect(asked).toBe(1))
    watched.measures.stop()
    expect(watched.clock.pending).toBe(0)
    await vi.waitFor(async () => expect(await connections()).toBe(0))
    await watched.clock.advance(60_000)
    watched.look()
    expect(watched.clock.pending).toBe(0)
  })

  it('keeps no connection once it is answered', async () => {
    const { url, answered } = await webhook(() => ({ text: same }))
    const watched = new Watched({ source: 'webhook', url })
    watched.look()
    await vi.waitFor(() => expect(answered()).toBe(1))
    await vi.waitFor(async () => expect(await connections()).toBe(0))
    watched.measures.stop()
  })
})

describe('the secret of an external measure', () => {
  const authorization = 'Bearer ${env:TOKEN}'

  it('is filled in when it is asked', async () => {
    const { url, seen, answered } = await webhook(() => ({ text: same }))
    const fill = (text: string): string => text.replace('${env:TOKEN}', 'value')
    const watched = new Watched({ source: 'webhook', url, authorization }, { fill })
    await watched.rounds(1, answered)
    expect(seen.headers['authorization']).toBe('Bearer value')
    watched.measures.stop()
  })

  it.each([
    ['that nobody fills', null],
    [
      'that cannot be filled',
      {
        fill: (): string => {
          throw new Error('there is none')
        },
      },
    ],
  ])('%s asks nobody and concludes nothing', async (_, secrets) => {
    const { url, seen } = await webhook(() => ({ text: worse }))
    const watched = new Watched({ source: 'webhook', url, authorization }, secrets)
    for (let i = 0; i < 4; i++) {
      watched.look()
      await vi.waitFor(() => expect(watched.clock.pending).toBe(0))
      await watched.clock.advance(1_000)
    }
    expect(watched.look()).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the webhook gave no reading',
    })
    expect(seen.asked).toBe(0)
    watched.measures.stop()
  })
})
