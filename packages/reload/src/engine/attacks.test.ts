/**
 * The attacks of the engine's contract, cases 13 to 19, each through the whole engine with real keys. What each of
 * these names promises is listed in `docs/reference/attacks.md`, which a test of the house holds against them.
 */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE, MANIFEST_TYPE, type Manifest } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import { ROOT_ENVELOPE_TYPE } from '../contract/trust.ts'
import { addSignatures, encodeEnvelope, readSigned, writeSigned } from '../format/envelope.ts'
import { writeManifest } from '../format/manifest.ts'
import { compareReports, reportOf } from '../trust/compare-reports.ts'
import { type RootWish, signedRoot, type TestKey, testKey } from '../trust/test-keys.ts'
import { byHand, bytesOf, readSealed, Toy, treeOf, type Wish } from './test-toy.ts'

const [ann, bo, cy, di, stolen] = [testKey(), testKey(), testKey(), testKey(), testKey()]
const roles = { root: [ann, bo], publisher: [cy, stolen], approver: [di] }
const wish: RootWish = { roles, thresholds: { root: 2 }, owners: { 'user:di': di, 'user:cy': cy } }
const trust = { root: signedRoot(wish, ann, bo) }
const withoutStolen = signedRoot({ ...wish, version: 2, roles: { ...roles, publisher: [cy] } }, ann, bo)
const sealedOrigin = { ...byHand, mediaType: ENVELOPE_TYPE }
const rootOrigin = { ...byHand, mediaType: ROOT_ENVELOPE_TYPE }

const envelopeOf = (manifest: Manifest, keys: readonly TestKey[]): Uint8Array =>
  encodeEnvelope(
    writeManifest(manifest),
    keys.map((it) => it.signer),
  )

/** The next version of a toy, as these keys would sign it. */
function signedBy(toy: Toy, it: Wish, keys: readonly TestKey[], over: Partial<Manifest> = {}): Uint8Array {
  return envelopeOf(readSealed(toy.sealed(it, over).bytes).manifest, keys)
}

function send(toy: Toy, bytes: Uint8Array): Promise<Receipt> {
  return toy.answer(toy.reloader.offer(bytes, sealedOrigin))
}

async function publish(
  toy: Toy,
  mark: number,
  keys = [cy],
  over: Partial<Manifest> = {},
): Promise<Uint8Array> {
  const bytes = signedBy(toy, { mark }, keys, over)
  expect(await send(toy, bytes)).toMatchObject({ outcome: 'applied' })
  await toy.advance(1_000)
  return bytes
}

async function restarted(toy: Toy, options: ConstructorParameters<typeof Toy>[0] = {}): Promise<Toy> {
  const next = toy.crash({ trust, ...options })
  await next.reloader.start()
  await next.rest()
  return next
}

describe('13 replay', () => {
  it('an old payload with good signatures is refused, and so it is after a restart', async () => {
    const toy = new Toy({ trust })
    const [first] = [await publish(toy, 1), await publish(toy, 2), await publish(toy, 3)]
    expect(await send(toy, first)).toMatchObject({ code: 'verify.below_floor' })
    const after = await restarted(toy)
    expect(await send(after, first)).toMatchObject({ code: 'verify.below_floor' })
    expect([toy.serving, after.serving]).toEqual([3, 3])
  })

  it('an old root with good signatures is refused, and so it is after a restart', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    await toy.reloader.trust(withoutStolen, rootOrigin)
    expect(await toy.reloader.trust(trust.root, rootOrigin)).toMatchObject({ code: 'trust.root_version' })
    const after = await restarted(toy)
    expect(await after.reloader.trust(trust.root, rootOrigin)).toMatchObject({ code: 'trust.root_version' })
    expect(await send(after, signedBy(after, { mark: 2 }, [stolen]))).toMatchObject({
      code: 'verify.threshold',
    })
  })

  it('a payload that was out of its time is refused, however good its signatures', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const late = signedBy(toy, { mark: 2 }, [cy], { expires: '2026-11-21T09:30:00Z' })
    await toy.advance(1_800_000)
    expect(await send(toy, late)).toMatchObject({ code: 'verify.expired' })
  })
})

describe('14 freeze', () => {
  const hour = 3_600_000

  it('a source that repeats what is old raises the alarm, serves on, and is well with the next young word', async () => {
    const toy = new Toy({ trust, freshness: { maxAgeMs: hour } })
    const held = await publish(toy, 1)
    const elsewhere = () => signedBy(toy, { mark: 9 }, [cy], { scope: 'toy/two' })
    for (let minutes = 0; minutes < 61; minutes += 10) {
      await toy.advance(hour / 6)
      expect(await send(toy, held)).toMatchObject({ reason: 'already_applied' })
      expect(await send(toy, elsewhere())).toMatchObject({ code: 'verify.scope' })
    }
    expect(toy.reloader.status().stale).toEqual({ reason: 'age', since: '2026-11-21T10:00:00.000Z' })
    expect(toy.reloader.acquire().snapshot.version).toBe('1.1')
    expect(toy.telemetry.logs.filter((it) => it.eventName === 'config.stale')).toHaveLength(1)
    await publish(toy, 2)
    expect(toy.reloader.status().stale).toBeNull()
  })

  it('a scope that fails closed serves nobody then, also after a restart, until a young word comes', async () => {
    const freshness = { maxAgeMs: hour, failClosed: true }
    const toy = new Toy({ trust, freshness })
    const held = await publish(toy, 1)
    await toy.advance(hour)
    const refuses = (it: Toy) =>
      expect(() => it.reloader.acquire()).toThrow(expect.objectContaining({ code: 'reload.stale' }))
    refuses(toy)
    const after = await restarted(toy, { freshness })
    refuses(after)
    await send(after, held)
    refuses(after)
    await publish(after, 2)
    expect(after.reloader.acquire().snapshot.version).toBe('1.2')
  })

  it('a stamp of the future buys no time', async () => {
    const toy = new Toy({ trust, freshness: { maxAgeMs: hour } })
    await publish(toy, 1, [cy], { issuedAt: '2099-01-01T00:00:00Z' })
    await toy.advance(hour)
    expect(toy.reloader.status().stale?.reason).toBe('age')
  })
})

describe('15 fast-forward', () => {
  it.each([
    ['2^53', 2 ** 53, 'payload.schema'],
    ['2^53 - 1', 2 ** 53 - 1, 'verify.jump'],
    ['a million and two', 1_000_002, 'verify.jump'],
  ])('a stolen key cannot jump to %s', async (_, seq, code) => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const manifest = { ...readSealed(toy.sealed({ mark: 2 }).bytes).manifest, version: { epoch: 1, seq } }
    expect(await send(toy, envelopeOf(manifest, [stolen]))).toMatchObject({ code })
    expect(toy.reloader.status().floor?.version).toBe('1.1')
  })

  it('publishers cannot begin a new epoch, and neither can too few root keys', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const version = { epoch: 2, seq: 1 }
    for (const keys of [[stolen], [cy, stolen], [cy, ann]])
      expect(await send(toy, signedBy(toy, { mark: 2 }, keys, { version }))).toMatchObject({
        code: 'verify.epoch',
      })
    expect(await send(toy, signedBy(toy, { mark: 2 }, [cy, ann, bo], { version }))).toMatchObject({
      outcome: 'applied',
      version: '2.1',
    })
  })

  it('the drill: a line that a stolen key ran away with comes back by a new root and a new epoch', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const kept = toy.reloader.status().applied
    await publish(toy, 666, [stolen], { version: { epoch: 1, seq: 1_000_001 } })
    expect(
      await send(toy, signedBy(toy, { mark: 2 }, [cy], { version: { epoch: 1, seq: 2 }, previous: kept })),
    ).toMatchObject({
      code: 'verify.below_floor',
    })
    expect(await toy.reloader.trust(withoutStolen, rootOrigin)).toMatchObject({ outcome: 'accepted' })
    const version = { epoch: 2, seq: 1 }
    expect(await send(toy, signedBy(toy, { mark: 2 }, [cy, ann, bo], { version }))).toMatchObject({
      version: '2.1',
    })
    await toy.advance(1_000)
    const after = await restarted(toy)
    expect(await send(after, signedBy(after, { mark: 667 }, [stolen]))).toMatchObject({
      code: 'verify.threshold',
    })
    const back = { version: { epoch: 1, seq: 1_000_002 }, previous: kept }
    expect(await send(after, signedBy(after, { mark: 668 }, [cy], back))).toMatchObject({
      code: 'verify.below_floor',
    })
    await publish(after, 3)
    expect([after.serving, after.version]).toEqual([3, '2.2'])
  })
})

describe('16 mix-and-match', () => {
  it('the signatures of one version do not fit the manifest of another', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const [one, other] = [1, 2].map((mark) =>
      readSigned(signedBy(toy, { mark }, [cy]), MANIFEST_TYPE, 1 << 20),
    )
    if (one === undefined || other === undefined) throw new Error('nothing was sealed')
    const mixed = writeSigned({ body: other.body, signatures: one.signatures }, MANIFEST_TYPE)
    expect(await send(toy, mixed)).toMatchObject({ code: 'verify.signature' })
  })

  it('the resources of one version do not pass for those of another', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const { manifest } = readSealed(toy.sealed({ mark: 2 }).bytes)
    const { manifest: other } = readSealed(toy.sealed({ mark: 3 }).bytes)
    const resources = manifest.resources.map((it, i) => ({ ...it, inline: other.resources[i]?.inline ?? '' }))
    expect(await send(toy, envelopeOf({ ...manifest, resources }, [cy]))).toMatchObject({
      code: 'verify.digest',
    })
    expect(toy.serving).toBe(1)
  })

  it('a payload of another scope, and a root in the place of a payload, are refused', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    expect(await send(toy, signedBy(toy, { mark: 2 }, [cy], { scope: 'toy/two' }))).toMatchObject({
      code: 'verify.scope',
    })
    expect(await send(toy, withoutStolen)).toMatchObject({ code: 'verify.payload_type' })
    const payload = signedBy(toy, { mark: 2 }, [ann, bo])
    expect(await toy.reloader.trust(payload, rootOrigin)).toMatchObject({ code: 'verify.payload_type' })
  })
})

describe('17 equivocation', () => {
  const version = { epoch: 1, seq: 2 }

  it('a second content for a known version is refused where the first is known', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const previous = toy.reloader.status().applied
    await publish(toy, 2)
    expect(await send(toy, signedBy(toy, { mark: 3 }, [cy], { version, previous }))).toMatchObject({
      code: 'verify.equivocation',
    })
  })

  it('two instances that were told different things are found when their reports are compared', async () => {
    const [one, other] = [new Toy({ trust, instance: 'a' }), new Toy({ trust, instance: 'b' })]
    const first = await publish(one, 1)
    await send(other, first)
    await other.advance(1_000)
    const report = ({ reloader }: Toy) => reportOf(reloader.status(), reloader.line())
    expect(compareReports(report(one), report(other))).toEqual([])
    await publish(one, 2)
    expect(compareReports(report(one), report(other))).toEqual([])
    await publish(other, 3)
    const [ours, theirs] = [one, other].map((it) => it.reloader.status().applied?.digest)
    expect(compareReports(report(one), report(other))).toEqual([
      { code: 'verify.equivocation', version: '1.2', instances: ['a', 'b'], digests: [ours, theirs] },
    ])
    expect(compareReports(report(other), report(one))).toHaveLength(1)
  })

  it('two roots with one number are found in the same way', async () => {
    const [one, other] = [new Toy({ trust, instance: 'a' }), new Toy({ trust, instance: 'b' })]
    const twin = signedRoot({ ...wish, version: 2 }, ann, bo)
    await one.reloader.trust(withoutStolen, rootOrigin)
    await other.reloader.trust(twin, rootOrigin)
    const reports = [one, other].map(({ reloader }) => reportOf(reloader.status(), reloader.line()))
    const [a, b] = reports
    if (a === undefined || b === undefined) throw new Error('no reports')
    expect(compareReports(a, b)).toMatchObject([{ code: 'trust.root_conflict', version: 'root 2' }])
    expect(compareReports(a, { ...b, scope: 'toy/two' })).toEqual([])
  })
})

describe('18 threshold', () => {
  const asking = { root: signedRoot({ ...wish, approvals: { '*': { threshold: 1 } } }, ann, bo) }

  it('one key that signs twice is one key, under whatever name', async () => {
    const twice = { root: signedRoot({ ...wish, thresholds: { root: 2, publisher: 2 } }, ann, bo) }
    const toy = new Toy({ trust: twice })
    const signed = readSigned(signedBy(toy, { mark: 1 }, [cy]), MANIFEST_TYPE, 1 << 20)
    const [own] = signed.signatures
    if (own === undefined) throw new Error('not signed')
    const nameless = { ...signed, signatures: [own, { keyid: '', sig: own.sig }] }
    expect(await send(toy, writeSigned(nameless, MANIFEST_TYPE))).toMatchObject({ code: 'verify.threshold' })
    const again = { ...signed, signatures: [own, own] }
    expect(await send(toy, writeSigned(again, MANIFEST_TYPE))).toMatchObject({ code: 'payload.schema' })
    expect(await send(toy, signedBy(toy, { mark: 1 }, [cy, stolen]))).toMatchObject({ outcome: 'applied' })
  })

  it('an author does not approve their own change, with whichever key', async () => {
    const toy = new Toy({ trust: asking })
    const by = (author: string, ...keys: TestKey[]) => send(toy, signedBy(toy, { mark: 1 }, keys, { author }))
    expect(await by('user:di', cy, di)).toMatchObject({ code: 'approve.signatures' })
    expect(await by('user:eve', cy)).toMatchObject({ code: 'approve.signatures' })
    expect(await by('user:eve', cy, stolen)).toMatchObject({ code: 'approve.signatures' })
    expect(await by('user:eve', cy, di)).toMatchObject({ outcome: 'applied' })
  })

  it.each([
    ['an approver', { ...roles, approver: [bo] }],
    ['the publisher', { ...roles, publisher: [stolen] }],
  ])('%s whose key is taken out between approval and commit does not count any more', async (_, left) => {
    const toy = new Toy({ trust: asking })
    const bytes = signedBy(toy, { mark: 1, models: 'check-slow' }, [cy, di])
    const waiting = toy.reloader.offer(bytes, sealedOrigin)
    await toy.rest()
    expect(toy.reloader.status().stage).toBe('warming')
    const next = signedRoot(
      { ...wish, version: 2, roles: left, owners: {}, approvals: { '*': { threshold: 1 } } },
      ann,
      bo,
    )
    expect(await toy.reloader.trust(next, rootOrigin)).toMatchObject({ outcome: 'accepted' })
    await toy.advance(200)
    expect(await waiting).toMatchObject({ outcome: 'refused', code: 'trust.withdrawn' })
    expect([toy.serving, toy.openPools, await toy.store.readRecord('intent')]).toEqual([null, [], null])
  })
})

describe('19 hostile bytes', () => {
  const limits = { payloadBytes: 1 << 20, resources: 1_000, depth: 64 }
  const refuse = async (bytes: Uint8Array): Promise<string> => {
    const toy = new Toy({ trust, limits })
    await publish(toy, 1)
    const receipt = await send(toy, bytes)
    expect([toy.serving, toy.reloader.status().floor?.version]).toEqual([1, '1.1'])
    return receipt.outcome === 'refused' ? receipt.code : receipt.outcome
  }
  const signedBody = (text: string): Uint8Array => {
    const body = new TextEncoder().encode(text)
    return writeSigned(addSignatures({ body, signatures: [] }, MANIFEST_TYPE, [cy.signer]), MANIFEST_TYPE)
  }
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

  it('more bytes than the limit are refused before any is looked at', async () => {
    expect(await refuse(new Uint8Array((1 << 20) + 1).fill(0x5b))).toBe('payload.too_large')
  })

  it('a zip bomb is not unpacked', async () => {
    const bomb = gzipSync(new Uint8Array(1 << 24))
    expect(await refuse(bomb)).toBe('payload.not_utf8')
    const toy = new Toy()
    expect(await toy.answer(toy.reloader.offer(bomb, byHand))).toMatchObject({ outcome: 'refused' })
  })

  it('a million resources are refused by their number', async () => {
    const toy = new Toy({ limits })
    const { manifest } = readSealed(toy.sealed({ mark: 1 }).bytes)
    const rest = JSON.stringify({ ...manifest, resources: [] }).slice(1)
    const many = new TextEncoder().encode(
      `{"resources":[${'0,'.repeat(999_999)}0],${rest.replace('"resources":[],', '')}`,
    )
    const bytes = writeSigned({ body: many, signatures: [] }, MANIFEST_TYPE)
    const wide = new Toy({ limits: { ...limits, payloadBytes: 1 << 24 } })
    expect(await send(wide, bytes)).toMatchObject({ code: 'payload.too_many' })
  })

  it('JSON of any depth is refused, in the envelope, in the manifest and in what a person wrote', async () => {
    expect(await refuse(new TextEncoder().encode(nested(100_000)))).toBe('payload.too_many')
    expect(await refuse(signedBody(nested(100_000)))).toBe('payload.too_many')
    const toy = new Toy({ limits })
    const written = await toy.answer(toy.reloader.offer(new TextEncoder().encode(nested(100_000)), byHand))
    expect(written).toMatchObject({ code: 'payload.too_many' })
  })

  it.each(['__proto__', 'constructor', 'prototype'])(
    'a key "%s" is refused and reaches no object',
    async (key) => {
      const text = `{"${key}":{"polluted":true}}`
      expect(await refuse(signedBody(text))).toBe('payload.forbidden_key')
      const toy = new Toy()
      const tree = { ...treeOf({ mark: 1 }), models: { main: JSON.parse(`{"a":${text}}`) as object } }
      expect(await toy.answer(toy.reloader.offer(bytesOf(tree), byHand))).toMatchObject({
        outcome: 'refused',
      })
      expect(Reflect.get({}, 'polluted')).toBeUndefined()
    },
  )

  it('a root is held to the same, with a limit of its own', async () => {
    const toy = new Toy({ trust })
    await publish(toy, 1)
    const codes: unknown[] = []
    for (const text of [nested(100_000), `"${'x'.repeat(1 << 24)}"`, '{"__proto__":1}'])
      codes.push(await toy.reloader.trust(new TextEncoder().encode(text), rootOrigin))
    expect(codes).toMatchObject([
      { code: 'payload.too_many' },
      { code: 'payload.too_large' },
      { code: 'payload.forbidden_key' },
    ])
  })
})
