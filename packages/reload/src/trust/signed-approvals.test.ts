/** What signatures say: one counts for one thing, and an author's never for agreement. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countRole, mayPublish, readTrust, type Trust } from '../format/trust.ts'
import { readRootBody } from './root.ts'
import { writeRootDocument } from './root-document.ts'
import { approvedBy, isStillSigned } from './signed-approvals.ts'
import { type RootWish, rootDocument, type TestKey, testKey } from './test-keys.ts'

const [ann, bo, cy] = [testKey(), testKey(), testKey()]
const [di, both, eve] = [testKey(), testKey(), testKey()]
const trustOf = (wish: Partial<RootWish> = {}): Trust =>
  readRootBody(
    writeRootDocument(
      rootDocument({
        roles: { root: [di], publisher: [ann, both], approver: [bo, cy, both], emergency: [eve] },
        approvals: { credentials: { threshold: 1 } },
        owners: { 'user:ann': ann, 'user:bo': bo, 'user:cy': cy },
        ...wish,
      }),
    ),
  ).trust
const change = (author: string, ...keys: TestKey[]) => ({
  author,
  keyids: keys.map((it) => it.keyid),
  changeClasses: ['credentials'],
})
const missing = (trust: Trust, author: string, ...keys: TestKey[]) =>
  approvedBy(trust, change(author, ...keys)).missing.length

describe('signatures', () => {
  const trust = trustOf()

  it('by a publisher and by an approver bring in what needs one of each', () => {
    expect(missing(trust, 'user:ann', ann)).toBe(1)
    expect(missing(trust, 'user:ann', ann, bo)).toBe(0)
    expect(missing(trust, 'user:ann', bo, ann)).toBe(0)
    expect(approvedBy(trust, change('user:ann', ann, bo))).toMatchObject({
      authors: ['user:ann', ann.keyid, 'user:ann'],
      approvals: [{ by: 'user:bo', roles: ['approver'] }],
    })
  })

  it('by one key with both roles count for one of them', () => {
    expect(missing(trust, 'user:zoe', both)).toBe(1)
    expect(missing(trust, 'user:zoe', both, ann)).toBe(0)
    expect(missing(trust, 'user:zoe', ann, both)).toBe(0)
  })

  it('by the author never approve, also when another brings the change', () => {
    expect(missing(trust, 'user:bo', ann, bo)).toBe(1)
    expect(missing(trust, 'USER:BO', ann, bo)).toBe(1)
    expect(missing(trust, 'user:bo', ann, bo, cy)).toBe(0)
  })

  it('by two keys of one owner count once', () => {
    const owners = { 'user:bo': bo, 'User:Bo': cy }
    const strict = trustOf({ approvals: { credentials: { threshold: 2 } }, owners })
    expect(missing(strict, 'user:ann', ann, bo, cy)).toBe(1)
    expect(missing(trustOf({ approvals: { credentials: { threshold: 2 } } }), 'user:ann', ann, bo, cy)).toBe(
      0,
    )
  })

  it('by a key that the root does not list any more count for nothing', () => {
    const after = trustOf({ roles: { root: [di], publisher: [ann], approver: [cy] }, owners: {} })
    expect(isStillSigned(trust, change('user:ann', ann, bo))).toBe(true)
    expect(isStillSigned(after, change('user:ann', ann, bo))).toBe(false)
    expect(isStillSigned(after, change('user:ann', both, cy))).toBe(false)
  })

  it('by one key under two names are one', () => {
    const named = readTrust({ keys: { a: ann.pem, b: ann.pem, c: bo.pem }, threshold: 2 })
    expect(countRole(named, 'publisher', ['a', 'b'])).toBe(1)
    expect(countRole(named, 'publisher', ['a', 'b', 'c', 'nobody'])).toBe(2)
    expect(countRole(named, 'root', ['a'])).toBe(0)
  })

  it('of an emergency need nobody who agrees', () => {
    expect(approvedBy(trust, change('user:eve', eve))).toMatchObject({ isEmergency: true, missing: [] })
    expect(mayPublish(trust, [eve.keyid])).toBe(true)
    expect(mayPublish(trust, [bo.keyid])).toBe(false)
  })

  it('never let as many keys as there are thresholds be fewer than their sum', () => {
    const keys = [ann, bo, cy, both]
    const strict = trustOf({
      approvals: { credentials: { threshold: 2 } },
      thresholds: { publisher: 2 },
      owners: {},
    })
    fc.assert(
      fc.property(fc.shuffledSubarray(keys), (signed) => {
        const it = change('user:zoe', ...signed)
        if (isStillSigned(strict, it)) expect(new Set(it.keyids).size).toBeGreaterThanOrEqual(4)
      }),
      { seed: 18, numRuns: 300 },
    )
    expect(isStillSigned(strict, change('user:zoe', ann, both, bo, cy))).toBe(true)
  })
})
