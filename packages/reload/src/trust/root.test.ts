/** Which root is believed, and which may follow it. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Json } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { canonicalJson } from '../format/canonical.ts'
import { readNextRoot, readRoot, splitRoots } from './root.ts'
import { followed, readRootChain } from './root-chain.ts'
import { rootDocument, signedRoot, signRoot, type TestKey, testKey } from './test-keys.ts'

const [ann, bo, cy, di, mallory] = [testKey(), testKey(), testKey(), testKey(), testKey()]
const roles = { root: [ann, bo], publisher: [cy] }
const two = { root: 2 }
const first = signedRoot({ roles, thresholds: two }, ann, bo)
const next = (...signers: TestKey[]) =>
  signedRoot({ version: 2, roles: { root: [bo, di], publisher: [di] }, thresholds: two }, ...signers)

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'nothing'
  } catch (error) {
    return isReloadError(error) ? error.code : String(error)
  }
}

describe('a root', () => {
  it('is believed when enough of its own root keys have signed it', () => {
    const { trust, keyids, document } = readRoot(first)
    expect([trust.version, keyids, document.roles.publisher.keyids]).toEqual([
      1,
      [ann.keyid, bo.keyid],
      [cy.keyid],
    ])
  })

  it.each([
    ['by too few', [ann], 'trust.root_signatures'],
    ['by nobody', [], 'trust.root_signatures'],
    ['by keys of other roles', [ann, cy], 'trust.root_signatures'],
    ['by a stranger', [ann, mallory], 'trust.root_signatures'],
    ['by one key twice', [ann, ann], 'payload.schema'],
  ])('signed %s is not', (_, signers, code) => {
    expect(codeOf(() => readRoot(signedRoot({ roles, thresholds: two }, ...signers)))).toBe(code)
  })

  it('is not a payload, and a payload is no root, whoever has signed', () => {
    const envelope = JSON.parse(new TextDecoder().decode(first)) as object
    const asPayload = { ...envelope, payloadType: 'application/vnd.changeover.reload.v1+json' }
    const bytes = new TextEncoder().encode(JSON.stringify(asPayload))
    expect(codeOf(() => readRoot(bytes))).toBe('verify.payload_type')
  })

  const document = rootDocument({ roles })
  const { keyid } = cy
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  it.each<[string, object, string, string?]>([
    [
      'a threshold that nobody could reach',
      { roles: { ...document.roles, root: { keyids: [ann.keyid], threshold: 2 } } },
      'payload.schema',
      '/roles/root/threshold',
    ],
    [
      'a threshold of none',
      { roles: { ...document.roles, root: { keyids: [ann.keyid], threshold: 0 } } },
      'payload.schema',
      '/roles/root/threshold',
    ],
    [
      'a key twice in one role',
      { roles: { ...document.roles, root: { keyids: [ann.keyid, ann.keyid], threshold: 2 } } },
      'payload.schema',
      '/roles/root/keyids/1',
    ],
    [
      'a role of keys that are not listed',
      { roles: { ...document.roles, publisher: { keyids: [mallory.keyid], threshold: 1 } } },
      'payload.schema',
      '/roles/publisher/keyids/0',
    ],
    ['no publishers', { roles: { root: document.roles.root } }, 'payload.schema', '/roles/publisher'],
    [
      'a key under the name of another',
      { keys: { ...document.keys, [keyid]: mallory.pem } },
      'trust.unusable',
    ],
    [
      'a key that is not Ed25519',
      { keys: { ...document.keys, [keyid]: rsa.export({ type: 'spki', format: 'pem' }).toString() } },
      'trust.unusable',
    ],
    [
      'an approval by a role that there is not',
      { approvals: { prompts: { threshold: 1 } } },
      'payload.schema',
      '/approvals/prompts/roles/0',
    ],
    [
      'an owner of a key that is not listed',
      { owners: { [mallory.keyid]: 'user:m' } },
      'payload.schema',
      `/owners/${mallory.keyid}`,
    ],
    [
      'a key for emergencies that is a publisher too',
      { roles: { ...document.roles, emergency: document.roles.publisher } },
      'payload.schema',
      '/roles/emergency/keyids/0',
    ],
    ['a field that nobody knows', { expire: 'never' }, 'payload.unknown_field', '/expire'],
    ['version 0', { version: 0 }, 'payload.schema', '/version'],
    ['an end that is no instant', { expires: 'never' }, 'payload.schema', '/expires'],
  ])('with %s is refused', (_, over, code, pointer) => {
    const body = new TextEncoder().encode(canonicalJson({ ...document, ...over } as unknown as Json))
    try {
      readRoot(signRoot(body, ann, bo))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code })
      if (pointer !== undefined) expect(error).toMatchObject({ issues: [{ pointer }] })
    }
  })
})

describe('the next root', () => {
  const now = readRoot(first).trust

  it('is signed by enough keys of the one before, and by enough of its own', () => {
    expect(readNextRoot(now, next(ann, bo, di))?.trust.version).toBe(2)
  })

  it.each([
    ['the old ones only', [ann, bo]],
    ['the new ones only', [bo, di]],
    ['new ones and one of the old', [di, bo, mallory]],
    ['strangers', [mallory]],
  ])('signed by %s is refused', (_, signers) => {
    expect(codeOf(() => readNextRoot(now, next(...signers)))).toBe('trust.root_signatures')
  })

  it.each([
    ['one number too far', 3, 'trust.root_version'],
    ['as far as numbers go', Number.MAX_SAFE_INTEGER, 'trust.root_version'],
  ])('%s is refused', (_, version, code) => {
    expect(codeOf(() => readNextRoot(now, signedRoot({ version, roles, thresholds: two }, ann, bo)))).toBe(
      code,
    )
  })

  it('never goes back, and never has two contents', () => {
    const second = readRoot(next(ann, bo, di)).trust
    expect(codeOf(() => readNextRoot(second, first))).toBe('trust.root_version')
    const other = signedRoot(
      { version: 2, roles: { root: [bo, di], publisher: [bo] }, thresholds: two },
      ann,
      bo,
      di,
    )
    expect(codeOf(() => readNextRoot(second, other))).toBe('trust.root_conflict')
    expect(readNextRoot(second, next(ann, bo, di))).toBeNull()
  })

  it('with a broken signature by a key of the old root is refused, however many others there are', () => {
    const envelope = JSON.parse(new TextDecoder().decode(next(ann, bo, di))) as {
      signatures: { sig: string }[]
    }
    const [one] = envelope.signatures
    if (one) one.sig = Buffer.alloc(64).toString('base64')
    const bytes = new TextEncoder().encode(JSON.stringify(envelope))
    expect(codeOf(() => readNextRoot(now, bytes))).toBe('verify.signature')
  })
})

describe('a list of roots', () => {
  const asList = (...roots: Uint8Array[]) =>
    new TextEncoder().encode(`[${roots.map((it) => new TextDecoder().decode(it)).join(',')}]`)
  const third = signedRoot({ version: 3, roles: { root: [di], publisher: [di] } }, bo, di)

  it('leads from one to the next', () => {
    const chain = readRootChain(asList(first, next(ann, bo, di), third))
    expect(chain.roots.map((it) => it.trust.version)).toEqual([1, 2, 3])
  })

  it('with a gap, or with one that was not signed for, is refused', () => {
    expect(codeOf(() => readRootChain(asList(first, third)))).toBe('trust.root_version')
    expect(codeOf(() => readRootChain(asList(first, next(bo, di))))).toBe('trust.root_signatures')
  })

  it('may repeat what is known, and changes nothing when it says no more', () => {
    const chain = readRootChain(first)
    const grown = followed(chain, asList(first, next(ann, bo, di), third))
    expect(grown.now.trust.version).toBe(3)
    expect(followed(grown, asList(first, next(ann, bo, di)))).toBe(grown)
    expect(codeOf(() => followed(grown, first))).toBe('trust.root_version')
  })

  it('that began elsewhere is refused', () => {
    const other = signedRoot({ roles: { root: [mallory], publisher: [mallory] } }, mallory)
    const chain = readRootChain(first)
    const theirs = signedRoot({ version: 2, roles: { root: [mallory], publisher: [mallory] } }, mallory)
    expect(codeOf(() => followed(chain, asList(other, theirs)))).toBe('trust.root_conflict')
  })

  it('is read in bounded time and memory', () => {
    expect(codeOf(() => splitRoots(new Uint8Array(9_000_000)))).toBe('payload.too_large')
    expect(
      codeOf(() => splitRoots(asList(...Array.from({ length: 200 }, () => new Uint8Array([123, 125]))))),
    ).toBe('payload.schema')
    expect(codeOf(() => splitRoots(asList()))).toBe('payload.schema')
    const large = new TextEncoder().encode(JSON.stringify({ payloadType: 'x'.repeat(70_000) }))
    expect(codeOf(() => readRoot(large))).toBe('payload.too_large')
  })
})
