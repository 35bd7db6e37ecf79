/** Payloads that somebody else has sealed: what is believed, and in which order. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { Signer, TrustPolicy } from '../contract/trust.ts'
import { encodeEnvelope } from '../format/envelope.ts'
import { writeManifest } from '../format/manifest.ts'
import { byHand, bytesOf, readSealed, Toy, treeOf } from './test-toy.ts'

function keys(keyid: string): { signer: Signer; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    signer: { keyid, sign: (bytes) => sign(null, bytes, privateKey) },
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

const ann = keys('ann')
const mallory = keys('ann')
const trust: TrustPolicy = { keys: { ann: ann.pem }, threshold: 1 }

/** Seals with a key, and offers. */
async function offerSigned(toy: Toy, signer: Signer | null, mark: number): ReturnType<Toy['change']> {
  const { manifest } = readSealed(toy.sealed({ mark }).bytes)
  const bytes = encodeEnvelope(writeManifest(manifest), signer)
  return await toy.answer(toy.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE }))
}

describe('a sealed payload', () => {
  it('comes in under its own number', async () => {
    const toy = new Toy()
    expect(await toy.seal({ mark: 1 }, { version: { epoch: 1, seq: 40 } })).toMatchObject({ version: '1.40' })
    expect(await toy.change({ mark: 2 })).toMatchObject({ version: '1.41' })
  })

  it('that is older than the newest one seen is refused, also when that one never came in', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.seal({ mark: 2, models: 'prepare' }, { version: { epoch: 1, seq: 7 } })
    expect(toy.reloader.status()).toMatchObject({ floor: { version: '1.7' }, applied: { version: '1.1' } })
    expect(await toy.seal({ mark: 3 }, { version: { epoch: 1, seq: 6 } })).toMatchObject({
      code: 'verify.below_floor',
    })
  })

  it('may come again when what stopped it has passed', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const { bytes } = toy.sealed({ mark: 2 })
    const origin = { ...byHand, mediaType: ENVELOPE_TYPE }
    toy.store.refuse = (it) => it === 'intent'
    expect(await toy.answer(toy.reloader.offer(bytes, origin))).toMatchObject({ code: 'store.failed' })
    toy.store.refuse = () => false
    expect(await toy.answer(toy.reloader.offer(bytes, origin))).toMatchObject({ version: '1.2' })
  })

  it('with a known number and other content is refused and said to be two-faced', async () => {
    const toy = new Toy()
    await toy.seal({ mark: 1 })
    await toy.seal({ mark: 2 })
    const again = { version: { epoch: 1, seq: 2 }, previous: toy.reloader.line()[0] ?? null }
    const { version, digest } = again.previous ?? { version: '', digest: '' }
    const receipt = await toy.seal({ mark: 9 }, { ...again, previous: { version, digest } })
    expect(receipt).toMatchObject({ code: 'verify.equivocation', issues: [{ pointer: '/version' }] })
    expect(toy.serving).toBe(2)
  })

  it.each([
    ['for another scope', { scope: 'toy/two' }, 'verify.scope'],
    ['for other instances', { targets: { instances: ['toy-2'] } }, 'verify.target'],
    ['before its time', { notBefore: '2026-11-22T00:00:00Z' }, 'verify.not_yet'],
    ['after its time', { expires: '2026-11-20T00:00:00Z' }, 'verify.expired'],
    ['a million and one ahead', { version: { epoch: 1, seq: 1_000_002 } }, 'verify.jump'],
    ['upon nothing that is known', { previous: null }, 'verify.previous'],
    ['that asks for what is not here', { requires: { gateway: '>=2' } }, 'validate.requires'],
  ])('%s is refused', async (_, over, code) => {
    const toy = new Toy({ provides: { gateway: '1.4.0' } })
    await toy.change({ mark: 1 })
    expect(await toy.seal({ mark: 2 }, over)).toMatchObject({ outcome: 'refused', code })
    expect(toy.serving).toBe(1)
  })

  it('that states its changes wrongly is refused with what differs', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const receipt = await toy.seal(
      { mark: 2 },
      { changedParameters: ['/routes/main/mark', '/models/main/pool'] },
    )
    expect(receipt).toMatchObject({ code: 'validate.refused', issues: [{}, {}] })
    if (receipt.outcome !== 'refused') throw new Error('not refused')
    expect(receipt.issues.map((it) => it.message)).toEqual([
      '/models/main/mark changes but "changedParameters" does not name it',
      '"changedParameters" names /models/main/pool, which does not change',
    ])
  })

  it('built upon a version that was taken back here is held against that version', async () => {
    const toy = new Toy()
    await toy.seal({ mark: 1 })
    const second = await toy.seal({ mark: 2 })
    await toy.reloader.regress('errors')
    if (second.outcome !== 'applied') throw new Error('not applied')
    const previous = { version: second.version, digest: second.digest }
    const changedParameters = ['/models/main/mark', '/routes/main/mark']
    expect(await toy.seal({ mark: 3 }, { previous, changedParameters })).toMatchObject({
      outcome: 'applied',
      previous: '1.1',
    })
  })
})

describe('where signatures are asked for', () => {
  it('only what carries them comes in', async () => {
    const toy = new Toy({ trust })
    expect(await offerSigned(toy, null, 1)).toMatchObject({ code: 'verify.threshold' })
    expect(await offerSigned(toy, mallory.signer, 1)).toMatchObject({ code: 'verify.signature' })
    expect(toy.reloader.status().floor).toBeNull()
    expect(await offerSigned(toy, ann.signer, 1)).toMatchObject({ outcome: 'applied' })
    expect(toy.telemetry.named('reload.verify').at(-1)?.attributes).toMatchObject({
      'reload.signature.keyids': ['ann'],
      'reload.signature.threshold': 1,
    })
  })

  it('what is written here needs a signer of this instance', async () => {
    const unsigned = new Toy({ trust })
    expect(await unsigned.change({ mark: 1 })).toMatchObject({ code: 'verify.threshold' })
    const signed = new Toy({ trust, signer: ann.signer })
    expect(await signed.change({ mark: 1 })).toMatchObject({ outcome: 'applied' })
  })

  it('going back to a version that was verified needs none; claiming to do so is not enough', async () => {
    const toy = new Toy({ trust })
    await offerSigned(toy, ann.signer, 1)
    await offerSigned(toy, ann.signer, 2)
    const [first] = toy.reloader.line()
    if (first === undefined) throw new Error('the line is empty')
    const restores = { version: first.version, digest: first.digest }
    const claimed = toy.reloader.publish({ settings: treeOf({ mark: 7 }), restores }, byHand)
    expect(await toy.answer(claimed)).toMatchObject({ code: 'verify.threshold' })
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({ outcome: 'applied' })
    expect(toy.serving).toBe(1)
  })

  it('a forged payload does not stop the one in work', async () => {
    const toy = new Toy({ trust, signer: ann.signer })
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 1, models: 'check-slow' })), byHand)
    await toy.rest()
    await offerSigned(toy, mallory.signer, 2)
    await toy.advance(200)
    expect(await waiting).toMatchObject({ outcome: 'applied' })
  })
})

describe('approval', () => {
  it('is asked after validation, and what it refuses does not come in', async () => {
    const asked: string[] = []
    const toy = new Toy({
      approve: async ({ manifest, changedParameters }) => {
        asked.push(`${manifest.author}: ${changedParameters.join(' ')}`)
        return asked.length === 1
          ? { approved: true, by: ['user:ann'] }
          : { approved: false, issue: { code: 'approve.refused', message: 'not on a Friday' } }
      },
    })
    expect(await toy.change({ mark: 1 })).toMatchObject({ outcome: 'applied' })
    expect(await toy.change({ mark: 2 })).toMatchObject({
      code: 'approve.refused',
      message: 'not approved: not on a Friday; the running version stays',
    })
    expect(asked).toEqual(['user:bo: /models /routes', 'user:bo: /models/main/mark /routes/main/mark'])
  })

  it('that nobody gives expires with the payload', async () => {
    const toy = new Toy({ approve: () => new Promise(() => {}) })
    const { bytes } = toy.sealed({ mark: 1 }, { expires: '2026-11-21T09:00:10Z' })
    const waiting = toy.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE })
    await toy.rest()
    expect(toy.reloader.status()).toMatchObject({ state: 'working', stage: 'awaiting_approval' })
    await toy.advance(10_000)
    expect(await waiting).toMatchObject({ status: 'expired', code: 'approve.expired' })
    expect(toy.telemetry.named('reload')[0]?.attributes['reload.status']).toBe('expired')
  })
})
