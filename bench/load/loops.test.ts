import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MockUpstream } from '../upstream/mock-upstream.ts'
import { startClosedLoop } from './closed-loop.ts'
import type { Target } from './job.ts'
import { startOpenLoop } from './open-loop.ts'
import { startStreams } from './stream-loop.ts'
import { Tally } from './tally.ts'

const timing = { leadMs: 0, measureMs: 0 }
const upstreams: MockUpstream[] = []

async function startUpstream(): Promise<Target> {
  const upstream = new MockUpstream()
  upstream.pace = { chunks: 5, periodMs: 1 }
  upstreams.push(upstream)
  await new Promise<void>((resolve) => upstream.server.listen(0, '127.0.0.1', resolve))
  return {
    port: (upstream.server.address() as AddressInfo).port,
    headers: {},
    model: 'some-model',
    pid: null,
  }
}

function openTally(): Tally {
  const tally = new Tally()
  tally.isOpen = true
  return tally
}

afterEach(() => {
  for (const it of upstreams.splice(0)) it.server.close()
})

describe('the load', () => {
  it('of a closed loop gets an answer for each request', async () => {
    const target = await startUpstream()
    const tally = openTally()
    const stop = startClosedLoop({ kind: 'closed', target, connections: 3, ...timing }, tally)
    await vi.waitFor(() => expect(tally.results().requests).toBeGreaterThan(100))
    stop()
    expect(tally.results().failed).toBe(0)
    expect(tally.results().latencyUs.p50).toBeGreaterThan(0)
  })

  it('of an open loop keeps its rate and knows how late it was', async () => {
    const target = await startUpstream()
    const tally = openTally()
    const job = { kind: 'open', target, connections: 4, perSecond: 500, ...timing } as const
    const stop = startOpenLoop(job, tally)
    await vi.waitFor(() => expect(tally.results().requests).toBeGreaterThan(50))
    stop()
    const { latenessUs, requests, failed } = tally.results()
    expect(failed).toBe(0)
    expect(latenessUs?.count).toBeGreaterThanOrEqual(requests)
  })

  it('of streams reads each to its last chunk', async () => {
    const target = await startUpstream()
    const tally = openTally()
    const stop = startStreams(
      { kind: 'streams', target, streams: 2, chunks: 5, periodMs: 1, slowReaders: 1, ...timing },
      tally,
    )
    // The slow reader's chunks are not timed, and on a busy machine it may end several streams before the other begins.
    await vi.waitFor(() => {
      expect(tally.results().requests).toBeGreaterThan(2)
      expect(tally.results().chunks).toBeGreaterThanOrEqual(10)
    })
    stop()
    expect(tally.results().failed).toBe(0)
  })

  it('counts a request that was cut off as failed', async () => {
    const upstream = new MockUpstream()
    upstreams.push(upstream)
    upstream.server.removeAllListeners('connection')
    upstream.server.on('connection', (socket) => socket.once('data', () => socket.destroy()))
    await new Promise<void>((resolve) => upstream.server.listen(0, '127.0.0.1', resolve))
    const target = {
      port: (upstream.server.address() as AddressInfo).port,
      headers: {},
      model: 'm',
      pid: null,
    }
    const tally = openTally()
    const stop = startClosedLoop({ kind: 'closed', target, connections: 1, ...timing }, tally)
    await vi.waitFor(() => expect(tally.results().failed).toBeGreaterThan(0))
    stop()
    expect(tally.results().requests).toBe(0)
  })
})
