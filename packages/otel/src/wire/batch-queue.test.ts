import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { BatchQueue, type Loss } from './batch-queue.ts'
import type { Exporter } from './exporter.ts'

interface FakeExporter extends Exporter<readonly string[]> {
  readonly got: string[]
  closed: boolean
  /** Batches wait for this before they arrive. */
  gate: Promise<void>
  fail: boolean
}

function exporter(target: string): FakeExporter {
  const it: FakeExporter = {
    target,
    got: [],
    closed: false,
    gate: Promise.resolve(),
    fail: false,
    send: async (batch) => {
      await it.gate
      if (it.fail) throw new Error(`${target} is down`)
      it.got.push(...batch)
      return 0
    },
    close: async () => {
      it.closed = true
    },
  }
  return it
}

function queueWith(options: { capacity?: number; batchSize?: number } = {}) {
  const clock = new ManualClock()
  const losses: Loss[] = []
  const queue = new BatchQueue<string>({
    signal: 'spans',
    clock,
    capacity: options.capacity ?? 100,
    batchSize: options.batchSize ?? 10,
    delayMs: 1000,
    lost: (loss) => losses.push(loss),
  })
  return { clock, losses, queue }
}

function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a batch queue', () => {
  it('sends what came in within its delay, or at once when a batch is full', async () => {
    const { clock, queue } = queueWith({ batchSize: 3 })
    const to = exporter('a')
    queue.exchange(to)
    queue.push('1')
    await clock.advance(999)
    expect(to.got).toEqual([])
    await clock.advance(1)
    expect(to.got).toEqual(['1'])
    for (const item of ['2', '3', '4']) queue.push(item)
    await clock.advance(0)
    expect(to.got).toEqual(['1', '2', '3', '4'])
  })

  it('is flushed only when an exporter that is on its way has come, and has sent', async () => {
    const { queue } = queueWith()
    const to = exporter('a')
    queue.exchange(null, true)
    queue.push('1')
    let isFlushed = false
    const flushed = queue.flush().then(() => {
      isFlushed = true
    })
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    queue.exchange(to)
    await flushed
    expect(to.got).toEqual(['1'])
  })

  it('keeps nothing when nobody would take it', async () => {
    const { clock, queue, losses } = queueWith()
    queue.push('1')
    queue.exchange(exporter('a'))
    await clock.advance(5000)
    expect(losses).toEqual([])
  })

  it('keeps everything while an exporter is on its way', async () => {
    const { clock, queue } = queueWith()
    queue.exchange(null, true)
    queue.push('1')
    await clock.advance(5000)
    const to = exporter('a')
    queue.exchange(to)
    await clock.advance(0)
    expect(to.got).toEqual(['1'])
  })

  it('drops the newest when it is full, and counts', async () => {
    const { clock, queue, losses } = queueWith({ capacity: 2, batchSize: 2 })
    const to = exporter('a')
    const { opened, open } = gate()
    to.gate = opened
    queue.exchange(to)
    for (let i = 0; i < 20; i++) {
      queue.push(`${i}`)
      await clock.advance(0)
    }
    open()
    await queue.flush()
    expect(to.got.length + losses.length).toBe(20)
    expect(losses.length).toBeGreaterThan(0)
    expect(losses.every((it) => it.reason === 'queue_full' && it.count === 1)).toBe(true)
    expect(to.got).toEqual([...to.got].sort((a, b) => Number(a) - Number(b)))
  })

  it('lets the old exporter send what it has, and closes it afterwards', async () => {
    const { clock, queue, losses } = queueWith()
    const old = exporter('old')
    const next = exporter('next')
    queue.exchange(old)
    queue.push('before')
    queue.exchange(next)
    queue.push('after')
    await clock.advance(1000)
    expect([old.got, next.got, old.closed, next.closed]).toEqual([['before'], ['after'], true, false])
    expect(losses).toEqual([])
  })

  it('gives the new exporter what the old one could not deliver', async () => {
    const { clock, queue, losses } = queueWith()
    const old = exporter('old')
    const next = exporter('next')
    old.fail = true
    queue.exchange(old)
    queue.push('1')
    queue.exchange(next)
    await clock.advance(5000)
    await queue.flush()
    expect(next.got).toEqual(['1'])
    expect(losses).toEqual([])
    expect(old.closed).toBe(true)
  })

  it('gives up on a batch that nobody takes, says which target, and goes on', async () => {
    const { clock, queue, losses } = queueWith()
    const to = exporter('http://collector')
    to.fail = true
    queue.exchange(to)
    queue.push('1')
    queue.push('2')
    await clock.advance(1000)
    expect(losses).toMatchObject([{ count: 2, reason: 'export_failed', target: 'http://collector' }])
    to.fail = false
    queue.push('3')
    await clock.advance(1000)
    expect(to.got).toEqual(['3'])
  })

  it('writes to the exporter that was replaced as long as it lingers', async () => {
    const { clock, queue } = queueWith()
    const old = exporter('old')
    queue.exchange(old)
    queue.exchange(exporter('next'))
    queue.pushToPrevious('both')
    await clock.advance(1000)
    queue.pushToPrevious('too late')
    await clock.advance(1000)
    expect(old.got).toEqual(['both'])
  })

  it('loses nothing over many exchanges with failures in between', async () => {
    const { clock, queue, losses } = queueWith({ capacity: 10_000, batchSize: 7 })
    const all = Array.from({ length: 30 }, (_, i) => exporter(`e${i}`))
    let sent = 0
    for (const [i, to] of all.entries()) {
      to.fail = i % 3 === 1
      queue.exchange(to)
      for (let n = 0; n < 20; n++) queue.push(`${sent++}`)
      await clock.advance(i % 2 === 0 ? 0 : 300)
      to.fail = i % 3 === 1 && i < 29
    }
    for (const to of all) to.fail = false
    await queue.close()
    const lost = losses.reduce((sum, it) => sum + it.count, 0)
    const got = all.flatMap((it) => it.got)
    expect(new Set(got).size).toBe(got.length)
    expect(got.length + lost).toBe(sent)
    expect(all.every((it) => it.closed)).toBe(true)
  })

  it('takes nothing after it was closed, and says so', async () => {
    const { queue, losses } = queueWith()
    queue.exchange(exporter('a'))
    await queue.close()
    queue.push('late')
    expect(losses).toMatchObject([{ reason: 'closed', count: 1 }])
  })
})
