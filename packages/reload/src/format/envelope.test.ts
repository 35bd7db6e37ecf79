import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testKey } from '../../../../spec/make/keys.ts'
import { MANIFEST_TYPE } from '../contract/payload.ts'
import type { TrustPolicy } from '../contract/trust.ts'
import { isReloadError } from '../errors.ts'
import { digestOf } from './digest.ts'
import { encodeEnvelope, openEnvelope, preAuthEncoding } from './envelope.ts'

const [ann, bo, eve] = ['test-ann', 'test-bo', 'test-eve'].map(testKey) as [Key, Key, Key]
type Key = ReturnType<typeof testKey>
const trust: TrustPolicy = { keys: { [ann.keyid]: ann.publicKey, [bo.keyid]: bo.publicKey }, threshold: 2 }
const one: TrustPolicy = { ...trust, threshold: 1 }
const body = new TextEncoder().encode('{"not even":"parsed"')
const maxBytes = 10_000

type Parts = { payloadType: string; payload: string; signatures: { keyid?: string; sig: string }[] }
const partsOf = (bytes: Uint8Array): Parts => JSON.parse(new TextDecoder().decode(bytes)) as Parts
const bytesOf = (parts: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(parts))
const changed = (change: (parts: Parts) => unknown, signers: Key[] = [ann, bo]): Uint8Array => {
  const parts = partsOf(encodeEnvelope(body, signers))
  return bytesOf(change(parts) ?? parts)
}
const answer = (bytes: Uint8Array, policy: TrustPolicy | null = trust): string => {
  try {
    return openEnvelope(bytes, { maxBytes, ...(policy && { trust: policy }) }).keyids.join(' ') || 'opened'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe('an envelope', () => {
  it('encodes type and body as DSSE prints it', () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', new TextEncoder().encode('hello world'))
    expect(new TextDecoder().decode(encoded)).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
    const wide = preAuthEncoding('é', new Uint8Array(3))
    expect(new TextDecoder().decode(wide), 'lengths are bytes').toBe('DSSEv1 2 é 3 \0\0\0')
  })

  it('gives back exactly the bytes that were sealed, with their digest and verified key ids', () => {
    const opened = openEnvelope(encodeEnvelope(body, [ann, bo]), { maxBytes, trust })
    expect(Buffer.compare(opened.manifestBytes, body)).toBe(0)
    expect(opened.digest).toBe(digestOf(body))
    expect(opened.keyids).toEqual([ann.keyid, bo.keyid])
  })

  it('opens unsigned or signed without a policy, and claims no key ids', () => {
    expect(answer(encodeEnvelope(body), null)).toBe('opened')
    expect(answer(encodeEnvelope(body, null), null)).toBe('opened')
    expect(answer(encodeEnvelope(body, eve), null)).toBe('opened')
    expect(answer(encodeEnvelope(body))).toBe('verify.threshold')
  })

  it('is refused by size before it is looked at', () => {
    expect(answer(new Uint8Array(maxBytes + 1).fill(0xff))).toBe('payload.too_large')
    expect(answer(new Uint8Array(maxBytes).fill(0xff))).toBe('payload.not_utf8')
  })

  it('is refused when it is not one', () => {
    expect(answer(bytesOf([]))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, payload: undefined })))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, payload: 1 })))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, signatures: {} })))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, signatures: ['x'] })))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, signatures: [{ keyid: 'x' }] })))).toBe('payload.schema')
    expect(answer(changed((it) => ({ ...it, payloadType: 'application/json' })))).toBe('verify.payload_type')
    expect(
      answer(changed((it) => ({ ...it, signatures: Array.from({ length: 33 }, () => ({ sig: '' })) }))),
    ).toBe('payload.too_many')
  })

  it('ignores fields that DSSE may add', () => {
    const more = changed((it) => ({
      ...it,
      note: {},
      signatures: it.signatures.map((s) => ({ ...s, cert: 'x' })),
    }))
    expect(answer(more)).toBe('test-ann test-bo')
  })

  it('takes either base64 alphabet, and no third spelling', () => {
    const safe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')
    expect(answer(changed((it) => ({ ...it, payload: safe(it.payload) })))).toBe('test-ann test-bo')
    for (const spoil of [
      (t: string) => `${t}\n`,
      (t: string) => t.replace(/=*$/, ''),
      (t: string) => `!${t}`,
    ]) {
      expect(answer(changed((it) => ({ ...it, payload: spoil(it.payload) })))).toBe('payload.schema')
      const signatures = (it: Parts): unknown => it.signatures.map((s) => ({ ...s, sig: spoil(s.sig) }))
      expect(answer(changed((it) => ({ ...it, signatures: signatures(it) })))).toBe('payload.schema')
    }
  })
})

describe('signatures', () => {
  it('count once for each key, whatever it is called', () => {
    const twin = { ...ann, keyid: 'ann-again' }
    const keys = { ...trust.keys, [twin.keyid]: ann.publicKey }
    const policy = { keys, threshold: 2 }
    expect(answer(encodeEnvelope(body, [ann, twin]), policy)).toBe('verify.threshold')
    expect(answer(encodeEnvelope(body, [ann, twin, bo]), policy)).toBe('test-ann test-bo')
    const unnamed = { ...ann, keyid: '' }
    expect(answer(encodeEnvelope(body, [unnamed, ann]), policy)).toBe('verify.threshold')
  })

  it('stand once for each key id', () => {
    expect(answer(changed((it) => ({ ...it, signatures: [...it.signatures, ...it.signatures] })))).toBe(
      'payload.schema',
    )
  })

  it('of strangers are not counted, and do not hurt', () => {
    expect(answer(encodeEnvelope(body, [eve, ann]))).toBe('verify.threshold')
    expect(answer(encodeEnvelope(body, [eve, ann, bo]))).toBe('test-ann test-bo')
    expect(answer(encodeEnvelope(body, [{ ...eve, keyid: '__proto__' }, ann, bo]))).toBe('test-ann test-bo')
  })

  it('that name a trusted key and do not fit refuse the payload, whoever else signed', () => {
    expect(answer(encodeEnvelope(body, [{ ...eve, keyid: ann.keyid }, bo]), one)).toBe('verify.signature')
    const other = new TextEncoder().encode('other')
    const moved = partsOf(encodeEnvelope(other, [ann, bo])).signatures
    expect(answer(changed((it) => ({ ...it, signatures: moved })))).toBe('verify.signature')
  })

  it('without a key id are tried with each key', () => {
    expect(answer(encodeEnvelope(body, { ...bo, keyid: '' }), one)).toBe('test-bo')
    expect(answer(encodeEnvelope(body, { ...eve, keyid: '' }), one)).toBe('verify.threshold')
    const bare = changed((it) => ({ ...it, signatures: it.signatures.map(({ sig }) => ({ sig })) }))
    expect(answer(bare)).toBe('test-ann test-bo')
  })

  it('cover the type: bytes signed as something else are not a manifest', () => {
    const signature = ann.sign(preAuthEncoding('text/plain', body))
    const sig = Buffer.from(signature).toString('base64')
    const bytes = changed((it) => ({ ...it, signatures: [{ keyid: ann.keyid, sig }] }))
    expect(answer(bytes, one)).toBe('verify.signature')
    const plain = Buffer.from(ann.sign(body)).toString('base64')
    expect(
      answer(
        changed((it) => ({ ...it, signatures: [{ keyid: ann.keyid, sig: plain }] })),
        one,
      ),
    ).toBe('verify.signature')
  })

  it('hold against any single byte: what opens is what was signed', () => {
    const sealed = encodeEnvelope(body, [ann, bo])
    const opens = (bytes: Uint8Array): boolean => {
      try {
        return Buffer.compare(openEnvelope(bytes, { maxBytes, trust }).manifestBytes, body) === 0
      } catch (error) {
        return isReloadError(error)
      }
    }
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(sealed)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        expect(opens(bytes)).toBe(true)
      }),
      { numRuns: 500 },
    )
    const start = Buffer.from(sealed).indexOf(Buffer.from(body).toString('base64'))
    for (let at = start; at < start + 20; at++) {
      const bytes = Uint8Array.from(sealed)
      bytes[at] = bytes[at] === 65 ? 66 : 65
      expect(answer(bytes), `byte ${at}`).toBe('verify.signature')
    }
  })
})

describe('a trust policy', () => {
  it('that could accept anything, or nothing, is an error and not a policy', () => {
    const sealed = encodeEnvelope(body, [ann, bo])
    for (const threshold of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3]) {
      expect(answer(sealed, { ...trust, threshold }), String(threshold)).toBe('trust.unusable')
    }
    expect(answer(sealed, { keys: {}, threshold: 1 })).toBe('trust.unusable')
    const twice = { keys: { a: ann.publicKey, b: ann.publicKey }, threshold: 2 }
    expect(answer(sealed, twice), 'one key under two names is one key').toBe('trust.unusable')
  })

  it('takes Ed25519 public keys only', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    const pem = rsa.export({ type: 'spki', format: 'pem' }).toString()
    expect(answer(encodeEnvelope(body), { keys: { rsa: pem }, threshold: 1 })).toBe('trust.unusable')
    expect(answer(encodeEnvelope(body), { keys: { x: 'nonsense' }, threshold: 1 })).toBe('trust.unusable')
  })

  it('refuses a private key, which has no business here', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(answer(encodeEnvelope(body), { keys: { mine: pem }, threshold: 1 })).toBe('trust.unusable')
  })

  it('names the type that it verified', () => {
    expect(partsOf(encodeEnvelope(body, ann)).payloadType).toBe(MANIFEST_TYPE)
  })
})
