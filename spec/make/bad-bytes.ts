/** Payloads that are refused for what they are, whatever the receiver has seen before. */
import { createHash } from 'node:crypto'
import {
  bodyOf,
  envelopeFrom,
  envelopeOf,
  MANIFEST_TYPE,
  outside,
  resourceOf,
  second,
  secondBytes,
  signatureOf,
  type TestResource,
} from './payload.ts'
import { type BadMaking, bad, SIGNED_CONTEXT } from './vector.ts'

const payload = secondBytes.toString('base64')
const plain = { payloadType: MANIFEST_TYPE, payload, signatures: [] as object[] }
const good = envelopeOf(secondBytes)
const text = good.toString()
const [ann, bo] = [signatureOf(secondBytes, 'test-ann'), signatureOf(secondBytes, 'test-bo')]
const signed = (...signatures: object[]): Buffer => envelopeFrom({ ...plain, signatures })

const envelopes: BadMaking[] = [
  bad(['oversize', 'blanks up to a byte above the cap of 8 MiB'], ['open', 'payload.too_large', null], {
    recipe: 'pad',
    file: 'good/second.json',
    toBytes: 8 * 1024 * 1024 + 1,
  }),
  bad(['empty', 'no bytes at all'], ['open', 'payload.not_json', null], Buffer.alloc(0)),
  bad(
    ['truncated', 'the last third is missing'],
    ['open', 'payload.not_json', null],
    good.subarray(0, good.length / 1.5),
  ),
  bad(
    ['trailing-bytes', 'a second envelope after the first'],
    ['open', 'payload.not_json', null],
    Buffer.concat([good, good]),
  ),
  bad(
    ['byte-order-mark', 'a byte order mark before the envelope'],
    ['open', 'payload.not_json', null],
    Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), good]),
  ),
  bad(
    ['invalid-utf8', 'a byte in the envelope that is no UTF-8'],
    ['open', 'payload.not_utf8', null],
    Buffer.concat([Buffer.from('{"note":"'), Buffer.of(0xc3, 0x28), Buffer.from(`",${text.slice(1)}`)]),
  ),
  bad(
    ['duplicate-key', 'the envelope has two payloads; readers disagree about which one counts'],
    ['open', 'payload.not_json', null],
    Buffer.from(`{"payload":${JSON.stringify(bodyOf('{}').toString('base64'))},${text.slice(1)}`),
  ),
  bad(
    ['prototype-key', 'the key "__proto__" in the envelope'],
    ['open', 'payload.forbidden_key', ['envelope', '']],
    Buffer.from(`{"__proto__":{"payloadType":"x"},${text.slice(1)}`),
  ),
  bad(
    ['not-an-object', 'a list instead of an envelope'],
    ['open', 'payload.schema', ['envelope', '']],
    envelopeFrom([plain]),
  ),
  bad(
    ['no-signatures-field', 'the field "signatures" is missing'],
    ['open', 'payload.schema', ['envelope', '/signatures']],
    envelopeFrom({ payloadType: MANIFEST_TYPE, payload }),
  ),
  bad(
    ['wrong-base64', 'a character in the payload that no base64 has'],
    ['open', 'payload.schema', ['envelope', '/payload']],
    envelopeFrom({ ...plain, payload: `${payload.slice(0, 40)}*${payload.slice(41)}` }),
  ),
  bad(
    ['base64-without-padding', 'base64 cut short by its padding'],
    ['open', 'payload.schema', ['envelope', '/payload']],
    envelopeFrom({ ...plain, payload: bodyOf('{"a":1} ').toString('base64').replaceAll('=', '') }),
  ),
  bad(
    ['payload-type', 'bytes that say they are something else'],
    ['open', 'verify.payload_type', ['envelope', '/payloadType']],
    envelopeFrom({ ...plain, payloadType: 'application/vnd.in-toto+json' }),
  ),
  bad(
    ['many-signatures', 'more signatures than anyone checks'],
    ['open', 'payload.too_many', ['envelope', '/signatures']],
    signed(...Array.from({ length: 33 }, (_, i) => ({ keyid: `k${i}`, sig: '' }))),
  ),
]

const THRESHOLD = ['open', 'verify.threshold', ['envelope', '/signatures']] as const
const otherBody = bodyOf({ ...second, reason: 'something else' })

const signatures: BadMaking[] = [
  bad(['unsigned', 'no signature where two are asked for'], THRESHOLD, good, SIGNED_CONTEXT),
  bad(['one-signature', 'one signature where two are asked for'], THRESHOLD, signed(ann), SIGNED_CONTEXT),
  bad(
    ['two-signatures-by-one-key', 'two key ids, but one key: one person has approved twice'],
    THRESHOLD,
    signed(ann, signatureOf(secondBytes, 'test-ann', 'test-ann-again')),
    SIGNED_CONTEXT,
  ),
  bad(
    ['one-key-id-twice', 'one signature given twice'],
    ['open', 'payload.schema', ['envelope', '/signatures/1/keyid']],
    signed(ann, ann),
    SIGNED_CONTEXT,
  ),
  bad(
    ['signed-by-strangers', 'good signatures by keys that are not trusted'],
    THRESHOLD,
    signed(signatureOf(secondBytes, 'test-eve'), signatureOf(secondBytes, 'test-mallory')),
    SIGNED_CONTEXT,
  ),
  bad(
    ['bad-signature', 'one bit of a signature is turned'],
    ['open', 'verify.signature', ['envelope', '/signatures/1/sig']],
    signed(ann, { ...bo, sig: turned(bo.sig) }),
    SIGNED_CONTEXT,
  ),
  bad(
    ['borrowed-name', 'a stranger signs in the name of a trusted key'],
    ['open', 'verify.signature', ['envelope', '/signatures/0/sig']],
    signed(signatureOf(secondBytes, 'test-eve', 'test-ann'), bo),
    SIGNED_CONTEXT,
  ),
  bad(
    ['changed-after-signing', 'signatures of other bytes'],
    ['open', 'verify.signature', ['envelope', '/signatures/0/sig']],
    signed(signatureOf(otherBody, 'test-ann'), signatureOf(otherBody, 'test-bo')),
    SIGNED_CONTEXT,
  ),
  bad(
    ['signature-not-base64', 'a signature that is no base64'],
    ['open', 'payload.schema', ['envelope', '/signatures/0/sig']],
    signed({ ...ann, sig: 'not base64' }, bo),
    SIGNED_CONTEXT,
  ),
]

/** Resources of the second version, of which the one named `support` is another. */
const withSupport = (change: (it: TestResource) => object): object => ({
  ...second,
  resources: (second['resources'] as TestResource[]).map((it) => (it.name === 'support' ? change(it) : it)),
})
const support = (json: string): Buffer => envelopeOf(withSupport(() => resourceOf('routes', 'support', json)))
const SUPPORT = ['settings', '/routes/support'] as const
const inManifest = (code: string, pointer: string) => ['read', code, ['manifest', pointer]] as const
const index = (second['resources'] as TestResource[]).findIndex((it) => it.name === 'support')
const at = (field: string): string => `/resources/${index}${field}`

const manifests: BadMaking[] = [
  bad(
    ['manifest-not-utf8', 'a byte in the manifest that is no UTF-8'],
    ['read', 'payload.not_utf8', null],
    envelopeOf(
      Buffer.concat([
        Buffer.from('{"reason":"'),
        Buffer.of(0xff),
        Buffer.from(`",${JSON.stringify(second).slice(1)}`),
      ]),
    ),
  ),
  bad(
    ['manifest-not-json', 'a comma too many'],
    ['read', 'payload.not_json', null],
    envelopeOf(`${JSON.stringify(second).slice(0, -1)},}`),
  ),
  bad(
    ['manifest-duplicate-key', 'the manifest has two scopes'],
    ['read', 'payload.not_json', null],
    envelopeOf(`{"scope":"gateway/other",${JSON.stringify(second).slice(1)}`),
  ),
  bad(['deep-manifest', 'lists in lists, 100,000 deep'], ['read', 'payload.too_many', null], {
    recipe: 'nest',
    levels: 100_000,
  }),
  bad(['many-values', 'more values than any manifest needs'], ['read', 'payload.too_many', null], {
    recipe: 'values',
    count: 2_000_000,
  }),
  bad(
    ['many-resources', '100,000 resources'],
    inManifest('payload.too_many', '/resources'),
    { recipe: 'resources', file: 'good/first.json', count: 100_000 },
    { limits: { payloadBytes: 64 * 1024 * 1024 } },
  ),
  bad(
    ['unknown-field', '"expire" for "expires": a wish that nobody would grant'],
    inManifest('payload.unknown_field', '/expire'),
    envelopeOf({ ...second, expire: '2026-01-16T00:00:00Z' }),
  ),
  bad(
    ['unknown-resource-field', 'a resource with a field of its own'],
    inManifest('payload.unknown_field', at('/content')),
    envelopeOf(withSupport((it) => ({ ...it, content: it.inline }))),
  ),
  bad(
    ['missing-scope', 'a manifest for nowhere'],
    inManifest('payload.schema', '/scope'),
    envelopeOf({ ...second, scope: undefined }),
  ),
  bad(
    ['missing-previous', 'what it builds on is not said; the first version says null'],
    inManifest('payload.schema', '/previous'),
    envelopeOf({ ...second, previous: undefined }),
  ),
  bad(
    ['version-as-text', 'a version that is not a pair of numbers'],
    inManifest('payload.schema', '/version'),
    envelopeOf({ ...second, version: '1.2' }),
  ),
  bad(
    ['version-beyond-numbers', 'a version that readers round differently'],
    inManifest('payload.schema', '/version/seq'),
    envelopeOf(JSON.stringify(second).replace('"seq":2', '"seq":9007199254740993')),
  ),
  bad(
    ['later-format', 'a manifest of a later form'],
    inManifest('payload.schema', '/apiVersion'),
    envelopeOf({ ...second, apiVersion: 'reload/v2' }),
  ),
  bad(
    ['builds-on-itself', '"previous" is not below the version'],
    inManifest('payload.schema', '/previous/version'),
    envelopeOf({ ...second, previous: { ...(second['previous'] as object), version: '1.2' } }),
  ),
  bad(
    ['impossible-instant', '30 February'],
    inManifest('payload.schema', '/expires'),
    envelopeOf({ ...second, expires: '2026-02-30T00:00:00Z' }),
  ),
  bad(
    ['window-turned-round', 'expires before it may be applied'],
    inManifest('payload.schema', '/expires'),
    envelopeOf({ ...second, notBefore: '2026-01-17T00:00:00Z', expires: '2026-01-16T00:00:00Z' }),
  ),
  bad(
    ['several-faults', 'three things wrong at once, and all of them named'],
    ['read', 'payload.unreadable', null],
    envelopeOf({ ...second, author: '', allowShrink: 'yes', rollout: { strategy: 'bigBang' } }),
  ),
  bad(
    ['canary-without-steps', 'a canary that does not say to whom it comes'],
    inManifest('payload.schema', '/rollout/steps'),
    envelopeOf({ ...second, rollout: { strategy: 'canary' } }),
  ),
  bad(
    ['shares-that-shrink', 'the second step of a canary has less than the first'],
    inManifest('payload.schema', '/rollout/steps/1/share'),
    envelopeOf({
      ...second,
      rollout: { strategy: 'canary', steps: [0.5, 0.25].map((share) => ({ share, forMs: 1000 })) },
    }),
  ),
  bad(
    ['share-of-all-and-more', 'a share above the whole'],
    inManifest('payload.schema', '/rollout/steps/0/share'),
    envelopeOf({ ...second, rollout: { strategy: 'canary', steps: [{ share: 1.5, forMs: 1000 }] } }),
  ),
  bad(
    ['steps-all-at-once', 'steps for a version that comes in at once'],
    inManifest('payload.schema', '/rollout/steps'),
    envelopeOf({ ...second, rollout: { strategy: 'allAtOnce', steps: [{ share: 0.5, forMs: 1000 }] } }),
  ),
  bad(
    ['literal-secret', 'the authorization of an external measure is there itself, and not by reference'],
    inManifest('payload.schema', '/rollout/analysis/external/score/authorization'),
    envelopeOf({
      ...second,
      rollout: {
        strategy: 'canary',
        steps: [{ share: 0.5, forMs: 1000 }],
        analysis: {
          external: {
            score: { source: 'webhook', url: 'https://scores.example/', authorization: 'Bearer word' },
          },
        },
      },
    }),
  ),
  bad(
    ['unknown-rollout-field', 'a field of a rollout that this version of the format does not know'],
    inManifest('payload.unknown_field', '/rollout/stepz'),
    envelopeOf({ ...second, rollout: { strategy: 'allAtOnce', stepz: [] } }),
  ),
  bad(
    ['manifest-prototype-key', 'the key "constructor" in a map of free keys'],
    inManifest('payload.forbidden_key', '/lineage'),
    envelopeOf({ ...second, lineage: { constructor: 'x' } }),
  ),
  bad(
    ['resource-named-proto', 'a resource whose name reaches a prototype'],
    inManifest('payload.forbidden_key', at('/name')),
    envelopeOf(withSupport((it) => ({ ...it, name: '__proto__' }))),
  ),
  bad(
    ['duplicate-resource', 'one resource listed twice, with two contents'],
    inManifest('payload.duplicate_resource', `/resources/${(second['resources'] as object[]).length}`),
    envelopeOf({
      ...second,
      resources: [...(second['resources'] as object[]), resourceOf('routes', 'support', '{"targets":[]}')],
    }),
  ),
  bad(
    ['removed-and-listed', 'a resource that is there and removed'],
    inManifest('payload.schema', '/removed/0'),
    envelopeOf({ ...second, removed: [{ kind: 'routes', name: 'support' }] }),
  ),
  bad(
    ['inline-as-object', 'the resource as JSON instead of its exact text'],
    inManifest('payload.schema', at('/inline')),
    envelopeOf(withSupport((it) => ({ ...it, inline: JSON.parse(it.inline ?? '') as object }))),
  ),
  bad(
    ['inline-and-uri', 'bytes in two places'],
    inManifest('payload.schema', at('')),
    envelopeOf(withSupport((it) => ({ ...it, uri: 'test:support' }))),
  ),
  bad(
    ['credentials-in-uri', 'an address with a password in it'],
    inManifest('payload.schema', at('/uri')),
    envelopeOf(withSupport((it) => outside(it, 'test://user:word@host/support'))),
  ),
  bad(
    ['digest-of-another-kind', 'a digest by another algorithm'],
    inManifest('payload.schema', at('/digest')),
    envelopeOf(
      withSupport((it) => ({ ...it, digest: `md5:${createHash('md5').update('x').digest('hex')}` })),
    ),
  ),
  bad(
    ['resource-too-large', 'an artifact of a terabyte'],
    inManifest('payload.too_large', at('/size')),
    envelopeOf(withSupport((it) => ({ ...outside(it, 'test:support'), size: 10 ** 12 }))),
  ),
]

const resources: BadMaking[] = [
  bad(
    ['wrong-resource-digest', 'one of the resources is not what its digest names'],
    ['resources', 'verify.digest', SUPPORT],
    envelopeOf(withSupport((it) => ({ ...it, inline: (it.inline ?? '').replace('50', '51') }))),
  ),
  bad(
    ['mix-and-match', 'the digest of a resource of this version, the text of one of another version'],
    ['resources', 'verify.digest', SUPPORT],
    envelopeOf(
      withSupport((it) => ({ ...it, inline: (it.inline ?? '').replace('50', '90').replace('50', '10') })),
    ),
  ),
  bad(
    ['wrong-resource-size', 'the digest fits, the stated size does not'],
    ['resources', 'payload.schema', SUPPORT],
    envelopeOf(withSupport((it) => ({ ...it, size: it.size + 1 }))),
  ),
  bad(
    ['resource-not-json', 'a resource that is not the JSON it says'],
    ['resources', 'payload.not_json', SUPPORT],
    support('{"targets":[}'),
  ),
  bad(
    ['resource-duplicate-key', 'a resource with one key twice'],
    ['resources', 'payload.not_json', SUPPORT],
    support('{"targets":[],"targets":[]}'),
  ),
  bad(
    ['resource-prototype-key', 'a resource with the key "__proto__", spelled with an escape'],
    ['resources', 'payload.forbidden_key', SUPPORT],
    support('{"targets":[],"\\u005f_proto__":{"polluted":true}}'),
  ),
  bad(
    ['resource-half-character', 'half a surrogate pair'],
    ['resources', 'payload.not_json', SUPPORT],
    support('{"targets":[],"note":"\\ud800"}'),
  ),
  bad(
    ['resource-endless-number', 'a number that some readers take for infinity'],
    ['resources', 'payload.not_json', SUPPORT],
    support('{"targets":[],"weight":1e400}'),
  ),
  bad(
    ['deep-resource', 'a resource nested deeper than the cap of 64'],
    ['resources', 'payload.too_many', SUPPORT],
    support(`${'['.repeat(65)}${']'.repeat(65)}`),
  ),
]

function turned(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7)
  return bytes.toString('base64')
}

export const badBytes: readonly BadMaking[] = [...envelopes, ...signatures, ...manifests, ...resources]
