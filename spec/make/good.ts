/** Payloads that have to be taken, each for something that a receiver might wrongly refuse. */
import {
  envelopeFrom,
  envelopeOf,
  FIRST_TREE,
  first,
  firstBytes,
  MANIFEST_TYPE,
  next,
  outside,
  resourceOf,
  resourcesOf,
  SECOND_TREE,
  second,
  secondBytes,
  sha256,
  signatureOf,
} from './payload.ts'
import { type GoodMaking, SIGNED_CONTEXT } from './vector.ts'

const FRESH = { before: [], applied: null }
const secondRef = { version: '1.2', digest: sha256(secondBytes) }
const SECOND_CHANGES = second['changedParameters'] as string[]
/** The first settings again, with something added. */
const with_ = (more: GoodMaking['settings']): GoodMaking['settings'] => ({ ...FIRST_TREE, ...more })

const line: GoodMaking[] = [
  {
    name: 'first',
    about: 'the first version of a line, with nothing but the required fields and an idempotency key',
    bytes: envelopeOf(firstBytes),
    settings: FIRST_TREE,
    changedParameters: ['/limits', '/models', '/routes', '/server'],
    context: FRESH,
  },
  {
    name: 'first-signed',
    about: 'the same bytes, signed by two keys: the digest is that of the manifest, whoever signed it',
    bytes: envelopeOf(firstBytes, ['test-ann', 'test-bo']),
    settings: FIRST_TREE,
    changedParameters: ['/limits', '/models', '/routes', '/server'],
    context: { ...SIGNED_CONTEXT, ...FRESH },
  },
  {
    name: 'second',
    about: 'one route changed, one removed and named, and the changes stated',
    bytes: envelopeOf(secondBytes),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'third',
    about: 'a rollback: a new, higher version that restores an older one; its resources are held already',
    bytes: envelopeOf({
      ...first,
      version: { epoch: 1, seq: 3 },
      previous: secondRef,
      restores: { version: '1.1', digest: sha256(firstBytes) },
      idempotencyKey: null,
      reason: 'support was slow',
      resources: resourcesOf(FIRST_TREE).map((it) => outside(it)),
      changedParameters: SECOND_CHANGES,
    }),
    settings: FIRST_TREE,
    changedParameters: SECOND_CHANGES,
    context: { before: ['good/first.json', 'good/second.json'], applied: secondRef },
  },
]

const body = Buffer.from(secondBytes)
const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')
const signed = (signatures: readonly object[], more: object = {}): Buffer =>
  envelopeFrom({ payloadType: MANIFEST_TYPE, payload: body.toString('base64'), signatures, ...more })
const [ann, bo] = [signatureOf(body, 'test-ann'), signatureOf(body, 'test-bo')]
const asSecond = {
  settings: SECOND_TREE,
  changedParameters: SECOND_CHANGES,
  context: SIGNED_CONTEXT,
}

const signatures: GoodMaking[] = [
  { name: 'signed-by-two', about: 'two keys, as the threshold asks', bytes: signed([ann, bo]), ...asSecond },
  {
    name: 'signed-url-safe',
    about: 'DSSE allows the URL-safe alphabet of base64 as well',
    bytes: envelopeFrom({
      payloadType: MANIFEST_TYPE,
      payload: urlSafe(body.toString('base64')),
      signatures: [ann, bo].map((it) => ({ ...it, sig: urlSafe(it.sig) })),
    }),
    ...asSecond,
  },
  {
    name: 'signed-without-key-ids',
    about: 'a key id is a hint: without it, each trusted key is tried',
    bytes: signed([{ sig: ann.sig }, { keyid: '', sig: bo.sig }]),
    ...asSecond,
  },
  {
    name: 'signed-by-a-stranger-too',
    about: 'signatures by unknown keys are not counted, and do not hurt',
    bytes: signed([signatureOf(body, 'test-eve'), ann, bo]),
    ...asSecond,
  },
  {
    name: 'unknown-envelope-fields',
    about: 'DSSE says that unknown fields of the envelope are ignored; nothing in them is signed',
    bytes: signed([{ ...ann, cert: 'x' }, bo], { note: ['x'] }),
    ...asSecond,
  },
  {
    name: 'versions-skipped',
    about: 'a receiver that was away: the version in between is not known here, and the keys vouch for it',
    bytes: envelopeOf(
      {
        ...second,
        version: { epoch: 1, seq: 7 },
        previous: { version: '1.6', digest: `sha256:${'6'.repeat(64)}` },
        changedParameters: null,
      },
      ['test-ann', 'test-bo'],
    ),
    ...asSecond,
  },
]

const note = resourceOf('notes', 'hello', '# Hello\r\n\n"not" {json}\n', 'text/markdown')
const weights = resourceOf('weights', 'scorer', 'pretend these are weights', 'application/octet-stream')
const artifacts = {
  'test:large': JSON.stringify({ provider: 'c' }),
  'test:scorer': 'pretend these are weights',
}
const firstResources = resourcesOf(FIRST_TREE)
const pretty = JSON.stringify(FIRST_TREE['limits']?.['all'], null, 2)

const resources: GoodMaking[] = [
  {
    name: 'not-canonical',
    about: "blanks, order and escapes are the publisher's own: what counts is the digest of the bytes",
    bytes: envelopeOf(
      `\n${JSON.stringify(
        {
          ...next,
          resources: firstResources.map((it) =>
            it.kind === 'limits' && it.name === 'all' ? resourceOf('limits', 'all', `${pretty}\n`) : it,
          ),
          changedParameters: [],
        },
        null,
        2,
      ).replace('"gateway/test"', '"gateway\\/test"')}\n`,
    ),
    settings: FIRST_TREE,
    changedParameters: [],
  },
  {
    name: 'text-and-artifacts',
    about: 'a text resource, one JSON resource behind an address, one binary; the text is taken as it stands',
    bytes: envelopeOf({
      ...next,
      resources: [
        ...firstResources.filter((it) => it.kind !== 'models' || it.name !== 'large'),
        outside(resourceOf('models', 'large', artifacts['test:large']), 'test:large'),
        note,
        outside(weights, 'test:scorer'),
      ],
      changedParameters: ['/models/large/provider', '/notes', '/weights'],
    }),
    settings: {
      ...with_({
        models: { ...FIRST_TREE['models'], large: { provider: 'c' } },
        notes: { hello: note.inline },
        weights: { scorer: { digest: weights.digest, size: weights.size, mediaType: weights.mediaType } },
      }),
    },
    changedParameters: ['/models/large/provider', '/notes', '/weights'],
    context: { artifacts },
  },
  {
    name: 'names-with-slashes',
    about: 'names may hold slashes, tildes, blanks and any script; pointers escape them',
    bytes: envelopeOf({
      ...next,
      resources: [
        ...firstResources,
        resourceOf('models', 'openai/gpt~4', '{"provider":"a"}'),
        resourceOf('models', 'größe 🌊', '{"provider":"\\u00e4"}'),
        resourceOf('models', 'toString', '{"provider":"a"}'),
      ],
      changedParameters: ['/models/größe 🌊', '/models/openai~1gpt~04', '/models/toString'],
    }),
    settings: with_({
      models: {
        ...FIRST_TREE['models'],
        'openai/gpt~4': { provider: 'a' },
        'größe 🌊': { provider: 'ä' },
        toString: { provider: 'a' },
      },
    }),
    changedParameters: ['/models/größe 🌊', '/models/openai~1gpt~04', '/models/toString'],
  },
]

const one = { limits: { all: { perMinute: 600 } } }
const edges: GoodMaking[] = [
  {
    name: 'shrink-confirmed',
    about: 'a payload that removes most of the resources, with the word of confirmation',
    bytes: envelopeOf({
      ...next,
      resources: resourcesOf(one),
      removed: firstResources.filter((it) => it.name !== 'all').map(({ kind, name }) => ({ kind, name })),
      allowShrink: true,
    }),
    settings: one,
    changedParameters: ['/limits/trial', '/models', '/routes', '/server'],
  },
  {
    name: 'inside-its-window',
    about: 'not before this very instant, for this instance among others, with every policy field',
    bytes: envelopeOf({
      ...second,
      notBefore: '2026-01-15T13:00:00+01:00',
      expires: '2026-01-15T12:00:00.001Z',
      serveTtlMs: 3_600_000,
      ticket: 'OPS-7',
      targets: { instances: ['gw-0', 'gw-1'] },
      apply: {
        warmup: { timeoutMs: 5000 },
        drain: { mode: 'finish', timeoutMs: 60_000 },
        confirm: { mode: 'auto', timeoutMs: 60_000 },
        maxCrashAttempts: 2,
      },
      rollout: { strategy: 'allAtOnce', bakeMs: 1000 },
      trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
      lineage: { 'git.commit': '4b825dc642cb6eb9a060e54bf8d69288fbee4904' },
      requires: null,
    }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'canary',
    about: 'comes to a growing part of the tenants, with every field of a rollout by steps',
    bytes: envelopeOf({
      ...second,
      rollout: {
        strategy: 'canary',
        bakeMs: 600_000,
        unit: 'tenant',
        steps: [
          { share: 0.0001, forMs: null },
          { share: 0.05, forMs: 600_000 },
          { share: 1, forMs: 3_600_000 },
        ],
        analysis: {
          everyMs: 1000,
          falseAlarms: 0.01,
          pass: 'noHarm',
          measures: { latency_ms: { tolerance: 0.2, minSamples: 500 }, cost_micro_usd: { off: true } },
          onInconclusive: 'pause',
          extendMs: 0,
        },
        meanwhile: 'queue',
        startAt: '2026-01-15T03:00:00+01:00',
      },
    }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'canary-external',
    about: 'is compared by what others measure as well, with every field of such a measure',
    bytes: envelopeOf({
      ...second,
      rollout: {
        strategy: 'canary',
        steps: [{ share: 0.05, forMs: 600_000 }],
        analysis: {
          external: {
            'queue depth': {
              source: 'prometheus',
              url: 'http://prometheus.example:9090',
              value: 'avg(queue_depth{version="${version}"})',
              samples: 'sum(increase(requests_total{version="${version}"}[5m]))',
              authorization: 'Bearer ${env:PROMETHEUS_TOKEN}',
              everyMs: 15_000,
              timeoutMs: 2000,
              kind: 'amount',
              worse: 'higher',
              tolerance: 0.2,
              minSamples: 100,
            },
            satisfaction: { source: 'webhook', url: 'https://scores.example/compare', worse: 'lower' },
          },
        },
      },
    }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'burn-rate',
    about: 'comes in at once, and is watched for its error budget for an hour',
    bytes: envelopeOf({
      ...second,
      rollout: {
        strategy: 'allAtOnce',
        bakeMs: 3_600_000,
        burnRate: {
          objective: 0.999,
          factor: 14.4,
          longMs: 3_600_000,
          shortMs: 300_000,
          minSamples: 100,
        },
      },
    }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'blue-green',
    about: 'stands beside until somebody promotes it',
    bytes: envelopeOf({ ...second, rollout: { strategy: 'blueGreen', forMs: null, startAt: null } }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'shadow',
    about: 'sees copies for an hour, and is compared',
    bytes: envelopeOf({ ...second, rollout: { strategy: 'shadow', forMs: 3_600_000, analysis: {} } }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'widest-jump',
    about: 'a million versions at once is the most that a receiver takes',
    bytes: envelopeOf({ ...second, version: { epoch: 1, seq: 1_000_001 } }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'next-epoch',
    about: 'an operator has opened a new epoch: its first version is above everything before',
    bytes: envelopeOf({ ...second, version: { epoch: 2, seq: 1 } }),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
  },
  {
    name: 'made-for-this-version',
    about: 'the offer says which version it was made for, and that one is in force',
    bytes: envelopeOf(secondBytes),
    settings: SECOND_TREE,
    changedParameters: SECOND_CHANGES,
    context: { ifMatch: '1.1' },
  },
]

export const goodVectors: readonly GoodMaking[] = [...line, ...signatures, ...resources, ...edges]
