/**
 * Signatures, asked again at the start (row 27 of the engine's contract): what the trusted keys do not speak for any
 * more does not serve.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { InstanceRecords, Proof } from '../contract/store.ts'
import type { Signer, TrustPolicy } from '../contract/trust.ts'
import { encodeEnvelope, openEnvelope } from '../format/envelope.ts'
import { writeManifest } from '../format/manifest.ts'
import { byFile, byHand, readSealed, Toy } from './test-toy.ts'

interface Key {
  readonly signer: Signer
  readonly pem: string
}

function key(keyid: string): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    signer: { keyid, sign: (bytes) => sign(null, bytes, privateKey) },
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

const [ann, bo, mallory] = [key('ann'), key('bo'), key('ann')]
const trusting = (...keys: Key[]): TrustPolicy => ({
  keys: Object.fromEntries(keys.map((it) => [it.signer.keyid, it.pem])),
  threshold: 1,
})

async function offerSigned(toy: Toy, signer: Signer, mark: number): ReturnType<Toy['change']> {
  const { manifest } = readSealed(toy.sealed({ mark }).bytes)
  const bytes = encodeEnvelope(writeManifest(manifest), signer)
  const receipt = await toy.answer(toy.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE }))
  await toy.advance(1_000)
  return receipt
}

/** Serves 1.2, confirmed, with 1.1 behind it; both sealed elsewhere. */
async function signedBy({ signer }: Key, trust: TrustPolicy): Promise<Toy> {
  const toy = new Toy({ trust })
  for (const mark of [1, 2]) await offerSigned(toy, signer, mark)
  expect([toy.version, toy.reloader.status().state]).toEqual(['1.2', 'idle'])
  return toy
}

async function restart(toy: Toy, options: ConstructorParameters<typeof Toy>[0] = {}): Promise<Toy> {
  const next = toy.crash(options)
  await next.reloader.start()
  await next.rest()
  return next
}

async function baselineOf(toy: Toy): Promise<InstanceRecords['baseline']> {
  const baseline = await toy.store.readRecord('baseline')
  if (baseline === null) throw new Error('there is no baseline')
  return baseline
}

async function expectUnvouched(toy: Toy): Promise<void> {
  expect(toy.reloader.status()).toMatchObject({ state: 'degraded', applied: null, baseline: null })
  expect(() => toy.reloader.acquire()).toThrow(expect.objectContaining({ code: 'reload.not_ready' }))
  const [line] = (await toy.reloader.audit()).slice(-1)
  expect(line).toMatchObject({ trigger: 'startup', status: 'rejected', reason: 'trust.unvouched' })
  const [root] = toy.telemetry.named('reload').slice(-1)
  expect(root).toMatchObject({ failed: 'trust.unvouched', ended: 1 })
}

describe('a baseline that trusted keys have signed', () => {
  it('serves again after a restart, also when other keys have come and gone', async () => {
    const before = await signedBy(ann, trusting(ann))
    const toy = await restart(before, { trust: trusting(ann, bo) })
    expect([toy.version, toy.serving, toy.reloader.status().state]).toEqual(['1.2', 2, 'idle'])
    const again = await restart(toy, { trust: trusting(ann) })
    expect(again.version).toBe('1.2')
  })

  it('serves again when this instance had signed it itself', async () => {
    const before = new Toy({ trust: trusting(ann), signer: ann.signer })
    await before.change({ mark: 1 })
    expect((await restart(before, { trust: trusting(ann) })).version).toBe('1.1')
  })

  it('may be asked for later: signatures are kept also where nobody asks for them', async () => {
    const before = new Toy()
    await offerSigned(before, ann.signer, 1)
    expect((await restart(before, { trust: trusting(ann) })).version).toBe('1.1')
  })

  it('serves again when it restores one, with no signature of its own', async () => {
    const before = await signedBy(ann, trusting(ann))
    await before.answer(before.reloader.rollback(byHand))
    await before.advance(1_000)
    await before.answer(before.reloader.rollback(byHand, '1.2'))
    await before.advance(1_000)
    await before.answer(before.reloader.rollback(byHand, '1.3'))
    await before.advance(1_000)
    expect((await baselineOf(before)).proof?.version).toBe('1.1')
    const toy = await restart(before, { trust: trusting(ann) })
    expect([toy.version, toy.serving]).toEqual(['1.5', 1])
    await expectUnvouched(await restart(toy, { trust: trusting(bo) }))
  })
})

describe('a baseline that the trusted keys do not speak for', () => {
  it('does not serve when its key was taken out, and nothing older does', async () => {
    const before = new Toy({ trust: trusting(ann, bo) })
    await offerSigned(before, bo.signer, 1)
    await offerSigned(before, ann.signer, 2)
    await expectUnvouched(await restart(before, { trust: trusting(bo) }))
  })

  it('gives way to the first version that trusted keys have signed', async () => {
    const toy = await restart(await signedBy(ann, trusting(ann)), { trust: trusting(bo) })
    expect(await offerSigned(toy, ann.signer, 3)).toMatchObject({ code: 'verify.threshold' })
    expect(await offerSigned(toy, bo.signer, 3)).toMatchObject({ outcome: 'applied', version: '1.3' })
    expect(toy.reloader.status().state).toBe('idle')
    expect((await restart(toy, { trust: trusting(bo) })).version).toBe('1.3')
  })

  it('is signed anew where this instance may, when its source says the same', async () => {
    const before = new Toy({ trust: trusting(ann), signer: ann.signer })
    await before.change({ mark: 1 }, byFile)
    const toy = await restart(before, { trust: trusting(bo), signer: bo.signer })
    await expectUnvouched(toy)
    expect(await toy.change({ mark: 1 }, byFile)).toMatchObject({ outcome: 'applied', version: '1.1' })
    expect((await restart(toy, { trust: trusting(bo) })).version).toBe('1.1')
  })

  it('does not serve when nobody had ever signed it', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    await expectUnvouched(await restart(before, { trust: trusting(ann) }))
  })

  it.each([
    ['without its signatures', async () => undefined],
    [
      'with a signature of another key under that name',
      async (toy: Toy, { version, digest }: InstanceRecords['baseline']) => {
        const bytes = (await toy.store.readBlob(digest)) ?? new Uint8Array()
        const forged = encodeEnvelope(bytes, mallory.signer)
        const { signatures } = openEnvelope(forged, { maxBytes: forged.length })
        return { version, digest, signatures }
      },
    ],
    ['with the signatures of another version', async (toy: Toy) => toy.reloader.line()[0]?.proof],
  ] satisfies [string, (toy: Toy, it: InstanceRecords['baseline']) => Promise<Proof | undefined>][])(
    'does not serve %s',
    async (_, forge) => {
      const before = await signedBy(ann, trusting(ann))
      const { version, digest } = await baselineOf(before)
      const forged = await forge(before, { version, digest })
      const line = (await before.store.readRecord('line')) ?? []
      const forgedLine = line.map((it) => (it.digest === digest ? { ...it, proof: forged } : it))
      await before.store.writeRecord('line', forgedLine as InstanceRecords['line'])
      await before.store.writeRecord('baseline', { version, digest, ...(forged && { proof: forged }) })
      await expectUnvouched(await restart(before, { trust: trusting(ann) }))
    },
  )

  it('does not serve when somebody has put their own in its place', async () => {
    const before = await signedBy(ann, trusting(ann))
    const forged = before.sealed({ mark: 666 })
    const { manifestBytes } = openEnvelope(forged.bytes, { maxBytes: forged.bytes.length })
    await before.store.putBlob(forged.digest, manifestBytes)
    const { proof } = await baselineOf(before)
    for (const it of [undefined, proof]) {
      const record = { version: forged.version, digest: forged.digest, ...(it && { proof: it }) }
      await before.store.writeRecord('baseline', record)
      await expectUnvouched(await restart(before, { trust: trusting(ann) }))
    }
  })
})

it('going back to a version whose key does not count any more needs a signature of this instance', async () => {
  const before = new Toy({ trust: trusting(ann, bo) })
  await offerSigned(before, ann.signer, 1)
  await offerSigned(before, bo.signer, 2)
  const toy = await restart(before, { trust: trusting(bo) })
  expect(toy.serving).toBe(2)
  expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({ code: 'verify.threshold' })
  const signing = await restart(before, { trust: trusting(bo), signer: bo.signer })
  expect(await signing.answer(signing.reloader.rollback(byHand))).toMatchObject({ outcome: 'applied' })
  await signing.advance(1_000)
  expect((await restart(signing, { trust: trusting(bo) })).serving).toBe(1)
})
