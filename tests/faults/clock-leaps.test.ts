/** Wall clocks that are set ten minutes forward or back, around each instant that a payload or a rule names. */
import { ENVELOPE_TYPE, type Manifest, type Receipt } from '@changeover/reload'
import { FaultyDisk } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { formatModules } from '../proof/format-modules.ts'
import { byFile, byHand, Embedded, SCOPE, settingsOf } from './rig/embedded.ts'

const MINUTE = 60_000
const LEAP = 10 * MINUTE

async function serving(): Promise<Embedded> {
  const service = await new Embedded({ disk: new FaultyDisk() }).start()
  await service.confirmed('first')
  return service
}

/** A payload as a publisher would send it, upon the version in force. */
function sealed(service: Embedded, marker: string, over: Partial<Manifest>): Uint8Array {
  const { applied, floor } = service.reloader.status()
  const seq = Number(floor?.version.split('.')[1] ?? 0) + 1
  const { manifest } = formatModules.seal.sealDraft(
    { settings: settingsOf(marker) },
    {
      scope: SCOPE,
      version: { epoch: 1, seq },
      previous: applied,
      previousResources: [],
      issuedAt: new Date(service.clock.now()).toISOString(),
      author: 'user:publisher',
      reason: '',
      idempotencyKey: null,
      trace: null,
    },
  )
  const bytes = formatModules.manifest.writeManifest({ ...manifest, changedParameters: null, ...over })
  return formatModules.envelope.encodeEnvelope(bytes, null)
}

async function offerSealed(service: Embedded, bytes: Uint8Array): Promise<Receipt> {
  return await service.done(service.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE }))
}

const inMs = (service: Embedded, ms: number): string => new Date(service.clock.now() + ms).toISOString()

describe('a clock that leaps', () => {
  it.each([
    ['forward past "notBefore" lets a payload in', 'notBefore', 5 * MINUTE, LEAP, 'applied'],
    ['back before "notBefore" keeps it out', 'notBefore', -5 * MINUTE, -LEAP, 'verify.not_yet'],
    ['forward past "expires" keeps a payload out', 'expires', 5 * MINUTE, LEAP, 'verify.expired'],
    ['back before "expires" lets it in', 'expires', -5 * MINUTE, -LEAP, 'applied'],
  ] as const)('%s', async (_, field, offsetMs, leapMs, expected) => {
    const service = await serving()
    const bytes = sealed(service, 'second', { [field]: inMs(service, offsetMs) })
    const early = { notBefore: 'verify.not_yet', expires: 'verify.expired' }[field]
    const before = offsetMs > 0 === (field === 'notBefore') ? early : 'applied'
    if (before !== 'applied') expect(await offerSealed(service, bytes)).toMatchObject({ code: before })
    service.clock.turnWall(leapMs)
    const receipt = await offerSealed(service, bytes)
    expect('code' in receipt ? receipt.code : receipt.outcome).toBe(expected)
    expect(service.serving).toBe(expected === 'applied' ? 'second' : 'first')
  })

  it.each([
    ['forward', LEAP],
    ['back', -LEAP],
  ])('%s while a payload comes in changes nothing: its time is fixed when it arrives', async (_, leapMs) => {
    const service = await serving()
    const window = { notBefore: inMs(service, -MINUTE), expires: inMs(service, MINUTE) }
    const states: string[] = []
    service.reloader.subscribe(({ state }) => {
      if (states.length === 0) service.clock.turnWall(leapMs)
      states.push(state)
    })
    expect(await offerSealed(service, sealed(service, 'second', window))).toMatchObject({
      outcome: 'applied',
    })
    expect(states).toContain('loading')
  })

  it.each([
    ['forward', LEAP],
    ['back', -LEAP],
  ])('%s neither shortens nor lengthens the time of observation', async (_, leapMs) => {
    const service = await serving()
    await service.offer('second')
    service.clock.turnWall(leapMs)
    await service.advance(900)
    expect(service.reloader.status().state).toBe('observing')
    service.clock.turnWall(-leapMs)
    await service.advance(100)
    expect(service.reloader.status()).toMatchObject({ state: 'idle', confirmed: { version: '1.2' } })
  })

  it.each([
    ['forward', LEAP],
    ['back', -LEAP],
  ])('%s does not touch a version that serves, though its "expires" has gone by', async (_, leapMs) => {
    const service = await serving()
    const bytes = sealed(service, 'second', { expires: inMs(service, MINUTE) })
    expect(await offerSealed(service, bytes)).toMatchObject({ outcome: 'applied' })
    service.clock.turnWall(leapMs)
    await service.advance(2 * MINUTE)
    expect(service.serving).toBe('second')
    expect(service.reloader.status()).toMatchObject({ state: 'idle', baseline: { version: '1.2' } })
  })

  it.each([
    ['forward', LEAP],
    ['back', -LEAP],
  ])('%s does not end a version that serves for a time before that time', async (_, leapMs) => {
    const service = await serving()
    expect(await offerSealed(service, sealed(service, 'second', { serveTtlMs: 5_000 }))).toMatchObject({
      outcome: 'applied',
    })
    service.clock.turnWall(leapMs)
    await service.advance(4_900)
    expect(service.serving).toBe('second')
    await service.advance(200)
    expect(service.serving).toBe('first')
  })

  it('back leaves numbers in order: each version is above the one before it', async () => {
    const service = await serving()
    const versions = ['1.1']
    for (const [i, leapMs] of [-LEAP, LEAP, -LEAP, -LEAP].entries()) {
      service.clock.turnWall(leapMs)
      const receipt = await service.confirmed(`later ${i}`)
      if (receipt.outcome === 'applied') versions.push(receipt.version)
    }
    expect(versions).toEqual(['1.1', '1.2', '1.3', '1.4', '1.5'])
  })

  it('does not hold up a file that changed', async () => {
    const service = await serving()
    const offered = service.offer('second', byFile)
    service.clock.turnWall(-LEAP)
    expect(await offered).toMatchObject({ outcome: 'applied' })
    service.clock.turnWall(2 * LEAP)
    expect(await service.offer('third', byFile)).toMatchObject({ outcome: 'applied' })
  })
})
