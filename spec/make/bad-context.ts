/** Payloads that are well made, and refused because of who receives them, when, or after what. */
import {
  envelopeOf,
  FIRST_TREE,
  first,
  firstBytes,
  firstRef,
  next,
  outside,
  resourceOf,
  resourcesOf,
  SECOND_TREE,
  second,
  secondBytes,
  sha256,
  type Tree,
} from './payload.ts'
import { type BadMaking, bad } from './vector.ts'

const secondRef = { version: '1.2', digest: sha256(secondBytes) }
const inManifest = (code: string, pointer: string) => ['admit', code, ['manifest', pointer]] as const

const admission: BadMaking[] = [
  bad(
    ['not-yet', 'may not be applied before tomorrow'],
    inManifest('verify.not_yet', '/notBefore'),
    envelopeOf({ ...second, notBefore: '2026-01-16T12:00:00Z' }),
  ),
  bad(
    ['expired', 'expired at this very instant'],
    inManifest('verify.expired', '/expires'),
    envelopeOf({ ...second, expires: '2026-01-15T12:00:00Z' }),
  ),
  bad(
    ['wrong-scope', 'made for another line'],
    inManifest('verify.scope', '/scope'),
    envelopeOf({ ...second, scope: 'gateway/other' }),
  ),
  bad(
    ['wrong-target', 'made for other instances'],
    inManifest('verify.target', '/targets/instances'),
    envelopeOf({ ...second, targets: { instances: ['gw-2', 'gw-3'] } }),
  ),
  bad(
    ['replay', 'the first version, authentic and unchanged, after the second'],
    inManifest('verify.below_floor', '/version'),
    envelopeOf(firstBytes),
    { before: ['good/first.json', 'good/second.json'], applied: secondRef },
  ),
  bad(
    ['jump', 'a million and one versions ahead'],
    inManifest('verify.jump', '/version'),
    envelopeOf({ ...second, version: { epoch: 1, seq: 1_000_002 } }),
  ),
  bad(
    ['jump-to-the-end', 'the last version there can be: nothing could ever follow it'],
    inManifest('verify.jump', '/version'),
    envelopeOf({ ...second, version: { epoch: 1, seq: Number.MAX_SAFE_INTEGER } }),
  ),
  bad(
    ['equivocation', 'the version in force, with other bytes'],
    inManifest('verify.equivocation', '/version'),
    envelopeOf({ ...first, reason: 'another first version', idempotencyKey: null }),
  ),
  bad(
    ['previous-mismatch', 'builds on a 1.1 that is not the one in force'],
    inManifest('verify.previous', '/previous/digest'),
    envelopeOf({ ...second, previous: { ...firstRef, digest: `sha256:${'0'.repeat(64)}` } }),
  ),
  bad(
    ['made-for-another-version', 'the offer says it was made for a version that is not in force'],
    ['admit', 'verify.conflict', null],
    envelopeOf(secondBytes),
    { ifMatch: '1.7' },
  ),
  bad(
    ['idempotency-key-reused', 'a key that was used for other bytes'],
    inManifest('verify.idempotency', '/idempotencyKey'),
    envelopeOf({ ...second, idempotencyKey: 'key-of-the-first' }),
  ),
]

const secondResources = resourcesOf(SECOND_TREE)
const one: Tree = { limits: { all: { perMinute: 600 } }, models: FIRST_TREE['models'] ?? {} }
const kept = new Set(resourcesOf(one).map((it) => `${it.kind}/${it.name}`))

const plans: BadMaking[] = [
  bad(
    ['unknown-kind', 'settings that nothing here reads'],
    ['plan', 'validate.unknown_kind', ['settings', '/route']],
    envelopeOf({
      ...second,
      resources: [...secondResources, resourceOf('route', 'extra', '{}')],
      changedParameters: null,
    }),
  ),
  bad(
    ['unnamed-removal', 'a resource is gone and nobody says so'],
    ['plan', 'validate.unnamed_removal', ['settings', '/routes/old']],
    envelopeOf({ ...second, removed: [] }),
  ),
  bad(
    ['shrink', 'five of nine resources removed, all of them named, without the word of confirmation'],
    ['plan', 'validate.shrink', ['manifest', '/removed']],
    envelopeOf({
      ...next,
      resources: resourcesOf(one),
      removed: resourcesOf(FIRST_TREE)
        .filter((it) => !kept.has(`${it.kind}/${it.name}`))
        .map(({ kind, name }) => ({ kind, name })),
      changedParameters: null,
    }),
  ),
  bad(
    ['unstated-change', 'a change that "changedParameters" does not name'],
    ['plan', 'validate.changed_parameters', ['settings', '/routes/support/targets/1/weight']],
    envelopeOf({ ...second, changedParameters: ['/routes/old', '/routes/support/targets/0/weight'] }),
  ),
  bad(
    ['stated-but-unchanged', 'a change that is stated and does not happen'],
    ['plan', 'validate.changed_parameters', ['settings', '/limits/all/perMinute']],
    envelopeOf({
      ...second,
      changedParameters: ['/limits/all/perMinute', ...(second['changedParameters'] as string[])],
    }),
  ),
  bad(
    ['requires-what-is-not-here', 'needs a feature that this receiver does not have'],
    ['plan', 'validate.requires', ['manifest', '/requires/no-such-feature']],
    envelopeOf({ ...second, requires: { 'no-such-feature': '>=1' } }),
  ),
]

const added = resourceOf('models', 'fetched', '{"provider":"c"}')
const fetching = (uri?: string): Buffer =>
  envelopeOf({ ...second, resources: [...secondResources, outside(added, uri)], changedParameters: null })
const ADDED = ['settings', '/models/fetched'] as const

const fetches: BadMaking[] = [
  bad(
    ['bytes-nowhere', 'a resource without bytes or address, which nobody holds'],
    ['fetch', 'fetch.missing', ADDED],
    fetching(),
  ),
  bad(
    ['unknown-scheme', 'an address of a kind that nothing here fetches'],
    ['fetch', 'fetch.scheme', ADDED],
    fetching('gopher://example.com/fetched'),
  ),
  bad(
    ['address-fails', 'an address that never answers'],
    ['fetch', 'fetch.failed', ADDED],
    fetching('test:down'),
    {
      artifacts: { 'test:down': null },
    },
  ),
  bad(
    ['artifact-of-other-bytes', 'what answers at the address is something else'],
    ['fetch', 'verify.digest', ADDED],
    fetching('test:fetched'),
    { artifacts: { 'test:fetched': '{"provider":"d"}' } },
  ),
]

const refused = (name: string, wrong: string, code: string, pointer: string, change: Tree): BadMaking =>
  bad(
    [name, wrong],
    ['validate', code, ['settings', pointer]],
    envelopeOf({ ...second, resources: resourcesOf({ ...SECOND_TREE, ...change }), changedParameters: null }),
  )
const limits = (all: object): Tree => ({ limits: { ...FIRST_TREE['limits'], all } })
const lost = { ...SECOND_TREE['routes'], search: { targets: [{ model: 'tiny', weight: 100 }] } }

const settings: BadMaking[] = [
  refused(
    'wrong-setting',
    'no requests a minute',
    'validate.setting',
    '/limits/all/perMinute',
    limits({ perMinute: 0 }),
  ),
  refused(
    'unknown-setting',
    'a setting that does not exist',
    'validate.unknown_setting',
    '/limits/all/perMinutes',
    limits({ perMinute: 600, perMinutes: 6 }),
  ),
  refused(
    'dangling-reference',
    'a route to a model that is not there',
    'validate.reference',
    '/routes/search/targets/0/model',
    {
      routes: lost,
    },
  ),
  refused(
    'restart-only',
    'a setting that cannot change in a running service',
    'validate.restart_only',
    '/server/main/port',
    {
      server: { main: { port: 8701 } },
    },
  ),
  {
    ...refused('several-settings', 'two settings are wrong, and both are named', 'validate.refused', '', {
      ...limits({ perMinute: 'many' }),
      routes: lost,
    }),
    in: null,
    pointer: null,
  },
]

export const badContexts: readonly BadMaking[] = [...admission, ...plans, ...fetches, ...settings]
