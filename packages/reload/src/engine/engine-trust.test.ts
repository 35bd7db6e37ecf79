/** A signed root in force: what it lets in, how another follows, and that no start ever knows an older one. */
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE, type Manifest } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import { ROOT_ENVELOPE_TYPE } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'
import { encodeEnvelope } from '../format/envelope.ts'
import { writeManifest } from '../format/manifest.ts'
import { readRootChain } from '../trust/root-chain.ts'
import { type RootWish, signedRoot, type TestKey, testKey } from '../trust/test-keys.ts'
import { byHand, bytesOf, readSealed, Toy, treeOf } from './test-toy.ts'

const [ann, bo, cy, di, old, eve] = [testKey(), testKey(), testKey(), testKey(), testKey(), testKey()]
const roles = { root: [ann, bo], publisher: [cy, old], approver: [di], emergency: [eve] }
const wish: RootWish = { roles, thresholds: { root: 2 }, owners: { 'user:di': di } }
const anchor = { root: signedRoot(wish, ann, bo) }
const withoutOld = (over: Partial<RootWish> = {}, ...signers: TestKey[]): Uint8Array =>
  signedRoot(
    { ...wish, version: 2, roles: { ...roles, publisher: [cy] }, ...over },
    ...(signers.length ? signers : [ann, bo]),
  )
const byRoot = { ...byHand, mediaType: ROOT_ENVELOPE_TYPE }

async function offer(
  toy: Toy,
  mark: number,
  keys: TestKey[],
  over: Partial<Manifest> = {},
): Promise<Receipt> {
  return await toy.answer(
    toy.reloader.offer(sealedBy(toy, mark, keys, over), { ...byHand, mediaType: ENVELOPE_TYPE }),
  )
}

function sealedBy(toy: Toy, mark: number, keys: TestKey[], over: Partial<Manifest> = {}): Uint8Array {
  const { manifest } = readSealed(toy.sealed({ mark }, over).bytes)
  return encodeEnvelope(
    writeManifest(manifest),
    keys.map((it) => it.signer),
  )
}

async function serving(options: ConstructorParameters<typeof Toy>[0] = {}, keys = [old]): Promise<Toy> {
  const toy = new Toy({ trust: anchor, ...options })
  expect(await offer(toy, 1, keys)).toMatchObject({ outcome: 'applied' })
  await toy.advance(20_000)
  return toy
}

async function restart(toy: Toy, options: ConstructorParameters<typeof Toy>[0] = {}): Promise<Toy> {
  const next = toy.crash({ trust: anchor, ...options })
  await next.reloader.start()
  await next.rest()
  return next
}

describe('under a root', () => {
  it('publishers bring versions, and nobody else does', async () => {
    const toy = await serving()
    expect(await offer(toy, 2, [])).toMatchObject({ code: 'verify.threshold' })
    expect(await offer(toy, 2, [di])).toMatchObject({ code: 'verify.threshold' })
    expect(await offer(toy, 2, [ann, bo])).toMatchObject({ code: 'verify.threshold' })
    expect(await offer(toy, 2, [testKey()])).toMatchObject({ code: 'verify.threshold' })
    expect(await offer(toy, 2, [cy])).toMatchObject({ outcome: 'applied' })
    expect(toy.telemetry.named('reload.verify').at(-1)?.attributes).toMatchObject({
      'reload.signature.keyids': [cy.keyid],
      'reload.signature.threshold': 1,
      'reload.root.version': 1,
    })
  })

  it('status tells the root, with what a person has to know of it', async () => {
    const toy = await serving()
    expect(toy.reloader.status().root).toMatchObject({
      version: 1,
      isExpired: false,
      expires: '2027-11-21T08:00:00Z',
      owners: { [di.keyid]: 'user:di' },
      roles: { root: { keyids: [ann.keyid, bo.keyid], threshold: 2 } },
    })
    expect(new Toy({ trust: { keys: { a: ann.pem }, threshold: 1 } }).reloader.status().root).toBeNull()
  })
})

describe('a new root', () => {
  it('is in force at once, and its word is asked of the next payload', async () => {
    const toy = await serving({}, [cy])
    const receipt = await toy.reloader.trust(withoutOld(), byRoot)
    expect(receipt).toMatchObject({
      outcome: 'accepted',
      version: 2,
      removed: [old.keyid],
      added: [],
      unvouched: [],
    })
    expect(await offer(toy, 2, [old])).toMatchObject({ code: 'verify.threshold' })
    expect(await offer(toy, 2, [cy])).toMatchObject({ outcome: 'applied' })
  })

  it('leaves one audit line, one span and one event, whatever becomes of it', async () => {
    const toy = await serving()
    const events: string[] = []
    toy.reloader.subscribe((it) => events.push(it.state))
    await toy.reloader.trust(withoutOld({}, ann), byRoot)
    await toy.reloader.trust(withoutOld(), byRoot)
    const lines = (await toy.reloader.audit()).filter((it) => it.event.startsWith('config.trust'))
    expect(lines.map(({ event, from, to, reason, who }) => [event, from, to, reason, who])).toEqual([
      ['config.trust.rejected', 'root 1', null, 'trust.root_signatures', 'user:bo'],
      ['config.trust.accepted', 'root 1', 'root 2', '', 'user:bo'],
    ])
    expect(lines[1]?.changedParameters).toContainEqual(expect.stringMatching(/^\/roles\/publisher\/keyids/))
    expect(toy.telemetry.named('reload.trust').map((it) => [it.failed, it.ended])).toEqual([
      ['trust.root_signatures', 1],
      [null, 1],
    ])
    expect(events).toEqual(['config.trust.rejected', 'config.trust.accepted'])
  })

  it('that leaves what serves without a word for it says so, and cuts nobody off', async () => {
    const toy = await serving()
    expect(await toy.reloader.trust(withoutOld(), byRoot)).toMatchObject({ unvouched: ['1.1'] })
    expect(toy.serving).toBe(1)
    const after = await restart(toy)
    expect(after.reloader.status()).toMatchObject({ state: 'degraded', applied: null, root: { version: 2 } })
  })

  it('takes back at once what is still on trial and has no other word for it', async () => {
    const toy = await serving({}, [cy])
    expect(await offer(toy, 666, [old])).toMatchObject({ outcome: 'applied' })
    expect(await toy.reloader.trust(withoutOld(), byRoot)).toMatchObject({ withdrawn: '1.2', unvouched: [] })
    expect([toy.serving, toy.reloader.status().quarantine.map((it) => it.version)]).toEqual([1, ['1.2']])
    await toy.rest()
    expect((await restart(toy)).serving).toBe(1)
  })

  it('speaks again for what an earlier one had let in as far as its number', async () => {
    const own = { trust: anchor, signer: old.signer }
    const toy = await serving(own, [cy])
    toy.store.refuse = (it) => it === 'intent'
    expect(await toy.change({ mark: 2 })).toMatchObject({ code: 'store.failed' })
    toy.store.refuse = () => false
    await toy.reloader.trust(withoutOld(), byRoot)
    expect(await toy.change({ mark: 2 })).toMatchObject({ code: 'trust.unsigned' })
    const again = signedRoot({ ...wish, version: 3 }, ann, bo)
    await toy.reloader.trust(again, byRoot)
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'applied', version: '1.2' })
  })

  it('is kept: no later start knows the one before, whatever the file of the operator says', async () => {
    const toy = await serving({}, [cy])
    await toy.reloader.trust(withoutOld(), byRoot)
    const after = await restart(toy)
    expect(after.reloader.status().root?.version).toBe(2)
    expect(await offer(after, 3, [old])).toMatchObject({ code: 'verify.threshold' })
    expect(await after.reloader.trust(anchor.root, byRoot)).toMatchObject({ code: 'trust.root_version' })
  })

  it('that could not be written down is not in force', async () => {
    const toy = await serving()
    toy.store.refuse = (it) => it === 'root'
    expect(await toy.reloader.trust(withoutOld(), byRoot)).toMatchObject({
      code: 'store.failed',
      retry: true,
    })
    toy.store.refuse = () => false
    expect(toy.reloader.status().root?.version).toBe(1)
    expect(await offer(toy, 2, [old])).toMatchObject({ outcome: 'applied' })
    expect(await toy.reloader.trust(withoutOld(), byRoot)).toMatchObject({ outcome: 'accepted' })
    expect(toy.store.writes.filter((it) => it === 'root')).toHaveLength(2)
  })

  it('is refused where keys are a fixed list, or none', async () => {
    for (const options of [{}, { trust: { keys: { cy: cy.pem }, threshold: 1 } }]) {
      const toy = new Toy(options)
      expect(await toy.reloader.trust(withoutOld(), byRoot)).toMatchObject({
        code: 'trust.fixed',
        version: null,
      })
    }
  })

  it('the same again changes nothing', async () => {
    const toy = await serving()
    const before = toy.store.writes.length
    expect(await toy.reloader.trust(anchor.root, byRoot)).toMatchObject({ outcome: 'unchanged', version: 1 })
    expect(toy.store.writes.slice(before)).toEqual([])
  })
})

describe('the file of the operator', () => {
  it('may be ahead of what is kept by one root, or by a list that leads there', async () => {
    const toy = await serving({}, [cy])
    const second = withoutOld()
    const after = await restart(toy, { trust: { root: second } })
    expect(after.reloader.status().root?.version).toBe(2)
    const third = signedRoot({ ...wish, version: 3 }, ann, bo)
    const fourth = signedRoot({ ...wish, version: 4 }, ann, bo)
    const list = new TextEncoder().encode(
      `[${[third, fourth].map((it) => new TextDecoder().decode(it)).join(',')}]`,
    )
    const later = after.crash({ trust: { root: list } })
    await later.reloader.start()
    expect(later.reloader.status().root?.version).toBe(4)
  })

  it('with a gap to what is kept, or with another root of the same number, does not start', async () => {
    const toy = await serving()
    const far = toy.crash({ trust: { root: signedRoot({ ...wish, version: 3 }, ann, bo) } })
    await expect(far.reloader.start()).rejects.toMatchObject({ code: 'trust.root_version' })
    const other = toy.crash({
      trust: { root: signedRoot({ roles: { root: [eve], publisher: [eve] } }, eve) },
    })
    await expect(other.reloader.start()).rejects.toMatchObject({ code: 'trust.root_conflict' })
  })

  it('decides: what somebody put into the store without the keys is not believed', async () => {
    const toy = await serving()
    const forged = signedRoot({ version: 2, roles: { root: [eve], publisher: [eve] } }, eve)
    const chain = [anchor.root, forged].map((it) => new TextDecoder().decode(it))
    await toy.store.writeRecord('root', { version: 2, digest: 'sha256:0', chain })
    await expect(toy.crash({ trust: anchor }).reloader.start()).rejects.toMatchObject({
      code: 'trust.root_signatures',
    })
  })
})

describe('a line of roots in the store', () => {
  const kept = (toy: Toy, ...roots: Uint8Array[]) => {
    const chain = roots.map((it) => new TextDecoder().decode(it))
    const { version, digest } = readRootChain(roots.at(-1) ?? anchor.root).now.trust
    return toy.store.writeRecord('root', { version, digest: digest ?? '', chain })
  }
  const byEve = (version: number) => signedRoot({ version, roles: { root: [eve], publisher: [eve] } }, eve)

  it.each([
    ['that begins after the root of the operator', [byEve(2)], 'trust.root_version'],
    ['that has another root in its place', [byEve(1)], 'trust.root_conflict'],
    ['that leads to it from elsewhere', [byEve(1), byEve(2)], 'trust.root_conflict'],
  ])('%s is not believed', async (_, roots, code) => {
    const toy = await serving()
    await kept(toy, ...roots)
    await expect(toy.crash({ trust: anchor }).reloader.start()).rejects.toMatchObject({ code })
  })

  it('that ends before the root of the operator has to be signed on by it', async () => {
    const toy = await serving()
    await kept(toy, byEve(1))
    const second = withoutOld()
    await expect(toy.crash({ trust: { root: second } }).reloader.start()).rejects.toMatchObject({
      code: 'trust.root_signatures',
    })
  })

  it('that is damaged gives way to the root of the operator, and is said to be', async () => {
    const toy = await serving({}, [cy])
    const read = toy.store.readRecord
    toy.store.readRecord = async (name) => {
      if (name === 'root') throw new ReloadError('store.corrupt', { what: 'record "root"' })
      return await read(name)
    }
    const after = await restart(toy)
    expect(after.reloader.status()).toMatchObject({
      state: 'degraded',
      root: { version: 1 },
      applied: { version: '1.1' },
    })
  })
})

describe('an expired root', () => {
  const short = { root: signedRoot({ ...wish, expires: '2026-11-21T10:00:00Z' }, ann, bo) }

  it('lets nothing new in, serves on, goes back to what has been here, and is followed by another', async () => {
    const toy = await serving({ trust: short })
    expect(await offer(toy, 2, [cy])).toMatchObject({ outcome: 'applied' })
    await toy.advance(3_600_000)
    expect(await offer(toy, 3, [cy])).toMatchObject({ code: 'trust.root_expired' })
    expect(toy.reloader.status()).toMatchObject({
      stale: { reason: 'root_expired', since: '2026-11-21T10:00:00.000Z' },
      root: { isExpired: true },
    })
    expect(toy.serving).toBe(2)
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({ outcome: 'applied' })
    expect(await toy.reloader.trust(signedRoot({ ...wish, version: 2 }, ann, bo), byRoot)).toMatchObject({
      outcome: 'accepted',
    })
    expect(toy.reloader.status().stale).toBeNull()
    expect(await offer(toy, 3, [cy])).toMatchObject({ outcome: 'applied' })
  })

  it('still speaks for what it let in, at the next start', async () => {
    const toy = await serving({ trust: short })
    await toy.advance(7_200_000)
    const after = toy.crash({ trust: short })
    await after.reloader.start()
    expect([after.serving, after.reloader.status().stale?.reason]).toEqual([1, 'root_expired'])
  })

  it('raises the alarm once, for people and for machines', async () => {
    const toy = await serving({ trust: short })
    await toy.advance(7_200_000)
    const alarms = toy.telemetry.logs.filter((it) => it.eventName === 'config.stale')
    expect(alarms).toMatchObject([{ level: 'error', attributes: { 'reload.reason': 'root_expired' } }])
    expect([...(toy.telemetry.gauges.get('config.stale')?.() ?? [])]).toMatchObject([{ value: 1 }])
  })
})

describe('a look before signing', () => {
  it('needs no signature, and brings nothing in', async () => {
    const toy = await serving()
    const wanted = bytesOf(treeOf({ mark: 7 }))
    expect(await toy.reloader.plan(wanted, byHand)).toMatchObject({
      ok: true,
      from: '1.1',
      changes: [{}, {}],
    })
    expect(await toy.change({ mark: 7 })).toMatchObject({ code: 'trust.unsigned' })
    expect(await toy.change({ mark: 1 })).toMatchObject({ reason: 'already_applied' })
    expect(toy.version).toBe('1.1')
  })
})

describe('approval by signature', () => {
  const asking = { root: signedRoot({ ...wish, approvals: { models: { threshold: 1 } } }, ann, bo) }

  it('is asked for what changes, of others than the author, and the same payload may come again with it', async () => {
    const toy = new Toy({ trust: asking })
    const bytes = (keys: TestKey[], author: string) => sealedBy(toy, 1, keys, { author })
    const send = (it: Uint8Array) =>
      toy.answer(toy.reloader.offer(it, { ...byHand, mediaType: ENVELOPE_TYPE }))
    expect(await send(bytes([cy], 'user:bo'))).toMatchObject({
      code: 'approve.signatures',
      message: expect.stringContaining('models: 0 of 1 by approver'),
    })
    expect(await send(sealedBy(toy, 1, [cy, di], { author: 'user:di' }))).toMatchObject({
      code: 'approve.signatures',
    })
    expect(toy.serving).toBeNull()
    expect(await send(sealedBy(toy, 1, [cy, di], { author: 'user:bo' }))).toMatchObject({
      outcome: 'applied',
    })
  })

  it('is written down: who agreed, and of how many that was asked for', async () => {
    const toy = new Toy({ trust: asking })
    // The keys of the root have no say here, whatever they sign.
    expect(await offer(toy, 1, [cy, di, ann])).toMatchObject({ outcome: 'applied' })
    expect(toy.telemetry.named('reload.approve').at(-1)?.attributes).toMatchObject({
      'reload.approval.count': 1,
      'reload.approval.threshold': 1,
      'reload.approval.by': ['user:di'],
    })
    await toy.advance(20_000)
    expect((await toy.reloader.audit()).at(-1)).toMatchObject({ status: 'success', approvals: ['user:di'] })
  })

  it('is asked by the classes that the embedding service knows', async () => {
    const named = { root: signedRoot({ ...wish, approvals: { secret: { threshold: 1 } } }, ann, bo) }
    const isSecret = (changed: readonly string[]) =>
      changed.some((it) => it.startsWith('/routes')) ? ['secret'] : []
    expect(await offer(new Toy({ trust: named }), 1, [cy])).toMatchObject({ outcome: 'applied' })
    const toy = new Toy({ trust: named, changeClasses: isSecret })
    expect(await offer(toy, 1, [cy])).toMatchObject({ code: 'approve.signatures' })
    expect(await offer(toy, 1, [cy, di])).toMatchObject({ outcome: 'applied' })
  })

  it('is not asked in an emergency, which says so', async () => {
    const toy = new Toy({ trust: asking })
    expect(await offer(toy, 1, [eve], { reason: 'it burns' })).toMatchObject({ outcome: 'applied' })
    expect(toy.telemetry.named('reload.approve').at(-1)?.attributes['reload.emergency']).toBe(true)
    expect(toy.telemetry.named('reload').at(-1)?.attributes['reload.emergency']).toBe(true)
    await toy.advance(20_000)
    expect((await toy.reloader.audit()).at(-1)).toMatchObject({ status: 'success', emergency: 'it burns' })
  })

  it('is not asked again for what was here before, not even when the approver goes back to it', async () => {
    const toy = new Toy({ trust: asking })
    await offer(toy, 1, [cy, di])
    await toy.advance(20_000)
    await offer(toy, 2, [cy, di])
    await toy.advance(20_000)
    expect(await toy.answer(toy.reloader.rollback({ ...byHand, actor: 'user:di' }))).toMatchObject({
      outcome: 'applied',
    })
    expect(toy.serving).toBe(1)
  })
})
