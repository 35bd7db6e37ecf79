import { ManualClock } from '@changeover/testkit'
import { describe, expect, it, vi } from 'vitest'
import type { SimulateSettings } from '../contract/settings.ts'
import type { UpstreamExchange, UpstreamHandler } from '../contract/upstream.ts'
import { openSimulated } from './simulated.ts'

const quick: SimulateSettings = { firstTokenMs: 0, tokensPerSecond: 1_000_000, tokens: 12 }

class Reply implements UpstreamHandler {
  status = 0
  text = ''
  chunks = 0
  over = ''
  onSent(): void {}
  onHead(status: number): void {
    this.status = status
  }
  onData(chunk: Buffer): void {
    this.chunks += 1
    this.text += chunk.toString()
  }
  onEnd(): void {
    this.over += 'end'
  }
  onError(failure: { code: string }): void {
    this.over += failure.code
  }
}

function send(settings: SimulateSettings, body: object | string, clock = new ManualClock()) {
  const upstream = openSimulated(settings, clock, { seed: 7 })
  const reply = new Reply()
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const exchange: UpstreamExchange = upstream.send(
    { method: 'POST', path: '/', headers: [], body: text },
    reply,
  )
  return { upstream, reply, exchange, clock }
}

const asked = { model: 'gpt', messages: [{ role: 'user', content: 'hi' }] }

async function answer(settings: SimulateSettings, body: object | string): Promise<Reply> {
  const { reply, clock } = send(settings, body)
  await vi.waitFor(async () => {
    await clock.advance(1000)
    expect(reply.over).not.toBe('')
  })
  return reply
}

describe('the simulated provider', () => {
  it('says that it is simulated in its text, its model and its fingerprint', async () => {
    const reply = JSON.parse((await answer(quick, asked)).text)

    expect(reply.choices[0].message.content).toContain('[simulated]')
    expect(reply.model).toContain('simulated')
    expect(reply.system_fingerprint).toBe('fp_simulated')
    expect(reply.usage).toMatchObject({ completion_tokens: 12 })
  })

  it('gives the same reply to the same request, and another to another', async () => {
    const [first, again, other] = await Promise.all([
      answer(quick, asked),
      answer(quick, asked),
      answer(quick, { ...asked, temperature: 1 }),
    ])
    expect(again?.text).toBe(first?.text)
    expect(other?.text).not.toBe(first?.text)
  })

  it('streams one token an event, with usage only when it is asked for', async () => {
    const reply = await answer(quick, { ...asked, stream: true, stream_options: { include_usage: true } })
    const events = reply.text.split('\n\n').filter((it) => it !== '')

    expect(events).toHaveLength(12 + 3)
    expect(events.at(-1)).toBe('data: [DONE]')
    expect(events.at(-2)).toContain('"completion_tokens":12')
    expect((await answer(quick, { ...asked, stream: true })).text).not.toContain('usage')
  })

  it('keeps to its pace', async () => {
    const settings = { firstTokenMs: 100, tokensPerSecond: 10, tokens: 3 }
    const { reply, clock } = send(settings, { ...asked, stream: true })
    await clock.advance(0)
    await clock.advance(99)
    expect(reply.chunks).toBe(0)
    await clock.advance(1)
    expect(reply.chunks).toBe(1)
    await clock.advance(99)
    expect(reply.chunks).toBe(1)
    await clock.advance(101)

    expect(reply.over).toBe('end')
  })

  it('fails as often as it should, in the same order for the same seed', async () => {
    const settings = { ...quick, failureRate: 0.5, failureStatus: 529 }
    const run = async () => {
      const clock = new ManualClock()
      const upstream = openSimulated(settings, clock, { seed: 3 })
      const replies = Array.from({ length: 200 }, () => new Reply())
      const request = { method: 'POST' as const, path: '/', headers: [], body: JSON.stringify(asked) }
      for (const reply of replies) upstream.send(request, reply)
      await vi.waitFor(async () => {
        await clock.advance(1000)
        expect(upstream.pending).toBe(0)
      })
      return replies.map((it) => it.status)
    }
    const statuses = await run()

    expect(await run()).toEqual(statuses)
    expect(new Set(statuses)).toEqual(new Set([200, 529]))
    expect(statuses.filter((it) => it === 529).length).toBeGreaterThan(70)
    expect(statuses.filter((it) => it === 529).length).toBeLessThan(130)
  })

  it('refuses what is no chat request', async () => {
    expect((await answer(quick, 'not json')).status).toBe(400)
    expect((await answer(quick, { model: 'm' })).status).toBe(400)
  })

  it('stops while it is paused, and when it is aborted', async () => {
    const settings = { firstTokenMs: 0, tokensPerSecond: 10, tokens: 9 }
    const { reply, clock, exchange, upstream } = send(settings, { ...asked, stream: true })
    await vi.waitFor(async () => {
      await clock.advance(0)
      expect(reply.chunks).toBe(1)
    })
    exchange.pause()
    await clock.advance(5000)
    expect(reply.chunks).toBe(1)
    exchange.resume()
    await clock.advance(100)
    expect(reply.chunks).toBeGreaterThan(1)
    exchange.abort()
    const { chunks } = reply
    await clock.advance(5000)

    expect(reply.chunks).toBe(chunks)
    expect(reply.over).toBe('upstream.aborted')
    await upstream.close()
  })

  it('closes when what is in flight has ended', async () => {
    const { upstream, reply, clock } = send({ ...quick, firstTokenMs: 50 }, asked)
    const closing = upstream.close().then(() => reply.over)
    await vi.waitFor(async () => {
      await clock.advance(10)
      expect(reply.over).toBe('end')
    })
    expect(await closing).toBe('end')
  })
})
