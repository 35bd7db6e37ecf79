import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cpuNs, processTree, rssBytes } from './processes.ts'

const stops: (() => void)[] = []

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

beforeEach((context) => {
  if (!existsSync('/proc/self/schedstat')) context.skip('this system has no /proc/<pid>/schedstat')
})

describe('a process tree', () => {
  it('has the descendants, their memory and the CPU time of those that have ended', async () => {
    const loop =
      'for i in 1 2 3 4 5; do sh -c "i=0; while [ \\$i -lt 60000 ]; do i=\\$((i+1)); done"; done; sleep 60'
    const child = spawn('sh', ['-c', loop], { stdio: 'ignore', detached: true })
    const pid = child.pid ?? 0
    stops.push(() => process.kill(-pid, 'SIGKILL'))
    await vi.waitFor(() => expect(processTree(pid).length).toBeGreaterThan(1))
    await vi.waitFor(() => expect(cpuNs(pid)).toBeGreaterThan(100_000_000), { timeout: 20_000 })
    expect(rssBytes(pid)).toBeGreaterThan(100_000)
  }, 30_000)

  it('of a process that is gone has used nothing', () => {
    expect(cpuNs(2 ** 22 + 1)).toBe(0)
    expect(rssBytes(2 ** 22 + 1)).toBe(0)
  })
})
