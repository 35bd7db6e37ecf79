/** Disks that are full, failing or read-only, at each call by which a version is written down. */
import type { AuditLine } from '@changeover/reload'
import { FaultyDisk } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { chainBreak, endingsOf } from './kill/audit-chain.ts'
import { byFile, byHand, Embedded } from './rig/embedded.ts'

const CODES = ['ENOSPC', 'EIO', 'EROFS'] as const

/** A service on which `first` has been confirmed. */
async function serving(disk: FaultyDisk): Promise<Embedded> {
  const service = await new Embedded({ disk }).start()
  await service.confirmed('first')
  return service
}

/** Calls that change the disk while a version comes in and is confirmed. */
async function callsOfAReload(): Promise<readonly string[]> {
  const disk = new FaultyDisk()
  const service = await serving(disk)
  const calls: string[] = []
  disk.fault = ({ name, path }) => {
    calls.push(`${name} ${path.split('/').at(-1) ?? ''}`)
    return null
  }
  await service.confirmed('second')
  return calls
}

function expectWholeAudit(lines: readonly AuditLine[]): void {
  expect(chainBreak(lines)).toBeNull()
  expect(endingsOf(lines)).toEqual({ open: [], wrong: [] })
}

const calls = await callsOfAReload()

describe.each(CODES)('a disk that answers %s', (code) => {
  it('once, at any call, costs no request, and the change comes in when the disk is well', async () => {
    expect(calls.length).toBeGreaterThan(15)
    for (const [i, call] of calls.entries()) {
      const disk = new FaultyDisk()
      const service = await serving(disk)
      const failing = disk.changes + i + 1
      disk.fault = ({ number }) => (number === failing ? code : null)
      const receipt = await service.offer('second', byFile)
      const isIn = receipt.outcome === 'applied'
      if (!isIn)
        expect(receipt, call).toMatchObject({ outcome: 'refused', code: 'store.failed', retry: true })
      expect(service.serving, call).toBe(isIn ? 'second' : 'first')
      // A file is not offered twice: it is the engine that has to try again.
      await service.advance(120_000)
      expect(service.serving, call).toBe('second')
      expect(service.reloader.status(), call).toMatchObject({ state: 'idle', baseline: { version: '1.2' } })
      expectWholeAudit(await service.done(service.reloader.audit()))
      disk.restart('nothing')
      const next = await new Embedded({ disk, life: 2, clock: service.clock }).start()
      expect([next.serving, next.reloader.status().state], call).toEqual(['second', 'idle'])
    }
  })

  it('for good, from any call on, takes back nothing that serves, and lets nothing more in', async () => {
    for (const [i, call] of calls.entries()) {
      const disk = new FaultyDisk()
      const service = await serving(disk)
      const failing = disk.changes + i + 1
      disk.fault = ({ number }) => (number >= failing ? code : null)
      const receipt = await service.offer('second')
      const marker = receipt.outcome === 'applied' ? 'second' : 'first'
      await service.advance(30_000)
      expect(service.serving, call).toBe(marker)
      expect(await service.offer('third'), call).toMatchObject({ code: 'store.failed' })
      expect(service.serving, call).toBe(marker)
      // A crash now: what had been written to the end counts, and nothing in between.
      disk.fault = null
      disk.restart('everything')
      const next = await new Embedded({ disk, life: 2, clock: service.clock }).start()
      expect(['first', marker], call).toContain(next.serving)
      expectWholeAudit(await next.done(next.reloader.audit()))
      expect(await next.offer('fourth'), call).toMatchObject({ outcome: 'applied' })
    }
  })

  it('does not stand in the way back: what regresses is taken out of service from memory', async () => {
    const disk = new FaultyDisk()
    const service = await serving(disk)
    await service.offer('second')
    disk.fault = () => code
    expect(await service.reloader.regress('errors')).toBe(true)
    expect(service.serving).toBe('first')
    expect(service.reloader.status().quarantine).toMatchObject([{ version: '1.2' }])
    disk.fault = null
    await service.advance(60_000)
    disk.restart('nothing')
    const next = await new Embedded({ disk, life: 2, clock: service.clock }).start()
    expect(next.serving).toBe('first')
    expect(await next.offer('second', byFile)).toMatchObject({ outcome: 'unchanged', reason: 'quarantined' })
    expectWholeAudit(await next.done(next.reloader.audit()))
  })
})

describe('a disk that is read-only at the start', () => {
  it('is said, nothing is served from it, and the start can be tried again', async () => {
    const disk = new FaultyDisk()
    await serving(disk)
    disk.restart('everything')
    disk.fault = () => 'EROFS'
    const locked = new Embedded({ disk, life: 2 })
    expect(await locked.offer('second', byHand)).toMatchObject({ outcome: 'refused', code: 'store.failed' })
    disk.fault = null
    const well = await new Embedded({ disk, life: 3 }).start()
    expect(well.serving).toBe('first')
  })
})
