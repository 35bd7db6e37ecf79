import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Attributes, Clock, LogRecord, Telemetry } from '@changeover/reload'
import { afterAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { testCall } from '../contract/test-call.ts'
import { type CallLog, createCallLog } from './call-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-calls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

function openLog(
  path = join(folder, `log-${files++}.db`),
  more: { checkpointBytes?: number } = {},
): {
  log: CallLog
  dropped: Record<string, number>
  said: string[]
} {
  const dropped: Record<string, number> = {}
  const said: string[] = []
  const telemetry = {
    meter: {
      add: (_: string, value: number, attributes?: Attributes) => {
        const reason = String(attributes?.['changeover.reason'])
        dropped[reason] = (dropped[reason] ?? 0) + value
      },
    },
    logger: { log: (it: LogRecord) => said.push(it.message) },
  } as unknown as Telemetry
  return { log: createCallLog({ path, clock, telemetry, ...more }), dropped, said }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

const call = (id: string): CallRecord =>
  testCall({
    id,
    startedAt: Date.now(),
    durationMs: 12.5,
    firstTokenMs: 3,
    version: '1.1',
    target: 'simulated/small',
    inputTokens: 1,
    outputTokens: 2,
    attempts: [],
    traceId: '0af7651916cd43dd8448eb211c80319c',
    requestBytes: 100,
    replyBytes: 200,
    choice: 'small=100%',
  })

describe('the call log', () => {
  it('answers for calls that were finished a moment ago', async () => {
    const { log, dropped } = openLog()
    log.finish(call('call_1'))
    log.finish(call('call_2'))
    expect((await log.list({})).calls.map((it) => it.id)).toEqual(['call_2', 'call_1'])
    expect(await log.find('call_1')).toMatchObject({
      ...call('call_1'),
      startedAt: expect.any(Number) as number,
    })
    expect(await log.find('call_3')).toBeNull()
    expect(dropped).toEqual({})
    await log.close()
  })

  it('keeps everything that was finished before it was closed', async () => {
    const path = join(folder, 'closed.db')
    const first = openLog(path)
    for (let i = 0; i < 1_000; i++) first.log.finish(call(`call_${i}`))
    await first.log.close()
    first.log.finish(call('call_late'))
    expect(first.dropped).toEqual({ closed: 1 })

    const { log } = openLog(path)
    expect((await log.summarise(['1.1']))[0]?.calls).toBe(1_000)
    await log.close()
  })

  it('drops what does not fit, counts it, and never holds up the caller', async () => {
    const { log, dropped } = openLog()
    for (let i = 0; i < 20_000; i++) log.finish(call(`call_${i}`))
    expect(dropped).toEqual({ full: 20_000 - 8_192 })
    expect((await log.summarise(['1.1']))[0]?.calls).toBe(8_192)
    await log.close()
  })

  it('costs about a microsecond on the request path', async () => {
    const { log } = openLog()
    const record = call('call_1')
    const rounds = Array.from({ length: 9 }, () => {
      const startedMs = performance.now()
      for (let i = 0; i < 800; i++) log.finish(record)
      return ((performance.now() - startedMs) * 1_000) / 800
    })
    const medianUs = rounds.sort((a, b) => a - b)[4]
    // The promise is 1 µs; the bound is what still tells an append from a statement on a busy machine.
    expect(medianUs).toBeLessThan(5)
    await log.close()
  })

  it('does not let the write-ahead log grow under calls that never pause', async () => {
    const path = join(folder, 'busy.db')
    const { log, dropped } = openLog(path, { checkpointBytes: 1024 * 1024 })
    await log.flush()
    let largest = 0
    for (let i = 0; i < 60_000; i++) {
      log.finish(call(`call_${i}`))
      if (i % 32 === 31) await nextTurn()
      if (i % 2_048 === 2_047) {
        await log.flush()
        largest = Math.max(largest, statSync(`${path}-wal`).size)
      }
    }
    expect(dropped).toEqual({})
    // All of it is 16 MB.
    expect(largest).toBeGreaterThan(1024 * 1024)
    expect(largest).toBeLessThan(8 * 1024 * 1024)
    expect((await log.summarise(['1.1']))[0]?.calls).toBe(60_000)
    await log.close()
  })

  it('sets a damaged file aside and begins a new one', async () => {
    const path = join(folder, 'damaged.db')
    writeFileSync(
      path,
      'this is no database, and long enough to be taken for one by nobody at all'.repeat(20),
    )
    const { log, said } = openLog(path)
    log.finish(call('call_1'))
    expect((await log.list({})).calls).toHaveLength(1)
    expect(said.join()).toContain('was damaged and is kept as')
    expect(readdirSync(folder).some((it) => it.startsWith('damaged.db.damaged-'))).toBe(true)
    await log.close()
  })

  it('goes on without records when the file cannot be opened', async () => {
    const { log, dropped, said } = openLog(join(folder, 'no-such-folder', 'calls.db'))
    log.finish(call('call_1'))
    await expect(log.list({})).rejects.toThrow('is being given a rest')
    log.finish(call('call_2'))
    expect(dropped['failed']).toBeGreaterThan(1)
    expect(said).toHaveLength(1)
    await log.close()
  })

  it('comes back after kill -9 with whole batches and an open file', async () => {
    const path = join(folder, 'killed.db')
    for (let round = 0; round < 3; round++) await writeUntilKilled(path)
    const { log } = openLog(path)
    const calls = (await log.summarise(['1.1']))[0]?.calls ?? 0
    expect(calls).toBeGreaterThan(0)
    expect(calls % 64).toBe(0)
    log.finish(call('call_after'))
    expect((await log.list({ limit: 1 })).calls[0]?.id).toBe('call_after')
    await log.close()
  })
})

/** A process that writes batches of 64 as fast as it can, killed after it has said that it wrote some. */
function writeUntilKilled(path: string): Promise<void> {
  const table = fileURLToPath(new URL('./call-table.ts', import.meta.url))
  const program = `
    const { openCallTable } = await import(${JSON.stringify(table)})
    const table = openCallTable(${JSON.stringify(path)})
    const call = ${JSON.stringify(call('call_x'))}
    for (;;) {
      for (let i = 0; i < 8; i++) table.add(Array.from({ length: 8 }, () => call))
      table.commit()
      process.stdout.write('.')
    }`
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program])
    let batches = 0
    child.stdout.on('data', (dots: Buffer) => {
      batches += dots.length
      if (batches > 20) child.kill('SIGKILL')
    })
    child.once('error', reject)
    child.once('exit', (_, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error('ended by itself')),
    )
  })
}
