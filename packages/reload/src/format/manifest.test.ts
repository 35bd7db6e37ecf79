import { describe, expect, it } from 'vitest'
import type { Manifest } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { FORMAT_LIMITS } from './defaults.ts'
import { digestOfText } from './digest.ts'
import { readManifest, writeManifest } from './manifest.ts'

const digest = digestOfText('{}')
const resource = {
  kind: 'routes',
  name: 'support',
  mediaType: 'application/json',
  digest,
  size: 2,
  inline: '{}',
}
const least = {
  apiVersion: 'reload/v1',
  kind: 'ReloadPayload',
  scope: 'gateway/prod',
  version: { epoch: 1, seq: 2 },
  previous: { version: '1.1', digest },
  issuedAt: '2026-01-15T12:00:00Z',
  author: 'user:bo',
  resources: [resource],
}

const read = (value: unknown, limits = FORMAT_LIMITS): Manifest =>
  readManifest(new TextEncoder().encode(JSON.stringify(value)), limits)

/** Each issue as `code pointer`, with what was thrown around them. */
const issues = (value: unknown, limits = FORMAT_LIMITS): string[] => {
  try {
    read(value, limits)
    return []
  } catch (error) {
    if (!isReloadError(error)) throw error
    const found = error.issues.map((it) => `${it.code} ${it.pointer}`)
    return found.length === 1 ? found : [error.code, ...found]
  }
}
const withRollout = (it: object): object => ({
  ...least,
  rollout: JSON.parse(
    JSON.stringify({ strategy: 'canary', steps: [{ share: 0.1, forMs: null }], ...it }),
  ) as object,
})

/** An error budget without a fault. */
const burning = { objective: 0.999, factor: 14.4, longMs: 60_000, shortMs: 6_000 }
const withExternal = (it: object): object => withRollout({ analysis: { external: { a: it } } })
const withResource = (change: object): unknown => ({ ...least, resources: [{ ...resource, ...change }] })

describe('a manifest', () => {
  it('says with defaults what it leaves out', () => {
    expect(read(least)).toEqual({
      ...least,
      restores: null,
      notBefore: null,
      expires: null,
      serveTtlMs: null,
      idempotencyKey: null,
      reason: '',
      ticket: null,
      removed: [],
      allowShrink: false,
      changedParameters: null,
      requires: null,
      targets: null,
      apply: {},
      rollout: { strategy: 'allAtOnce' },
      trace: null,
      lineage: null,
    })
  })

  it('is read back as it was written, whole, and frozen', () => {
    const full: Manifest = {
      ...read(least),
      restores: { version: '1.1', digest },
      notBefore: '2026-01-15T12:00:00Z',
      expires: '2026-01-15T12:00:01+00:00',
      serveTtlMs: 60_000,
      idempotencyKey: 'k-1',
      reason: 'two\nlines',
      ticket: 'OPS-1',
      removed: [{ kind: 'routes', name: 'openai/old' }],
      allowShrink: true,
      changedParameters: ['/routes/support', '/routes/a~1b/0'],
      requires: { gateway: '>=0.4' },
      targets: { instances: ['gw-1'] },
      apply: {
        warmup: { timeoutMs: 1 },
        drain: { mode: 'cut', timeoutMs: 0 },
        confirm: { mode: 'commitConfirmed', timeoutMs: 1000 },
        maxCrashAttempts: 2,
      },
      rollout: { strategy: 'allAtOnce', bakeMs: 0 },
      trace: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=y' },
      lineage: { 'git.commit': 'abc' },
    }
    const back = readManifest(writeManifest(full))
    expect(back).toEqual(full)
    expect(Object.isFrozen(back.resources[0])).toBe(true)
    expect(writeManifest(back)).toEqual(writeManifest(full))
  })

  it('is refused with every issue at once, each with its place', () => {
    const wrong = { ...least, scope: 'Gateway Prod', version: { epoch: 0, seq: '2' }, author: '', extra: 1 }
    expect(issues(wrong)).toEqual([
      'payload.unreadable',
      'payload.schema /scope',
      'payload.schema /version/epoch',
      'payload.schema /version/seq',
      'payload.schema /author',
      'payload.unknown_field /extra',
    ])
    expect(issues({ ...least, scope: undefined })).toEqual(['payload.schema /scope'])
    expect(issues([])).toEqual(['payload.schema '])
  })

  it('names the field that an unknown one was meant to be', () => {
    expect(() => read({ ...least, expire: null })).toThrow('"/expire"; did you mean "expires"?')
    expect(() => read(withResource({ digset: digest }))).toThrow('did you mean "digest"?')
    expect(() => read({ ...least, serveTtl: null })).toThrow('did you mean "serveTtlMs"?')
  })

  it('spells out a hundred issues and counts the rest', () => {
    const many = { ...least, removed: Array.from({ length: 500 }, () => ({})) }
    try {
      read(many)
      expect.fail('read')
    } catch (error) {
      if (!isReloadError(error)) throw error
      expect(error.message).toContain('1000 errors')
      expect(error.issues).toHaveLength(100)
    }
  })

  it.each<[string, unknown]>([
    ['/apiVersion', { ...least, apiVersion: 'reload/v2' }],
    ['/kind', { ...least, kind: 'Payload' }],
    ['/previous', { ...least, previous: '1.1' }],
    ['/previous/version', { ...least, previous: { version: '01.1', digest } }],
    ['/previous/version', { ...least, previous: { version: '1.2', digest } }],
    ['/restores/version', { ...least, restores: { version: '2.1', digest } }],
    ['/previous/digest', { ...least, previous: { version: '1.1', digest: digest.toUpperCase() } }],
    ['/version/seq', { ...least, version: { epoch: 1, seq: 2 ** 53 } }],
    ['/version/seq', { ...least, version: { epoch: 1, seq: 1.5 } }],
    ['/issuedAt', { ...least, issuedAt: '2026-02-30T00:00:00Z' }],
    ['/expires', { ...least, notBefore: '2026-01-02T00:00:00Z', expires: '2026-01-01T00:00:00Z' }],
    ['/serveTtlMs', { ...least, serveTtlMs: 0 }],
    ['/serveTtlMs', { ...least, serveTtlMs: 2 ** 31 }],
    ['/author', { ...least, author: 'bo\u001b[31m' }],
    ['/reason', { ...least, reason: null }],
    ['/allowShrink', { ...least, allowShrink: 'yes' }],
    ['/changedParameters/0', { ...least, changedParameters: ['routes/support'] }],
    ['/changedParameters/1', { ...least, changedParameters: ['/a', '/a'] }],
    ['/requires/gateway', { ...least, requires: { gateway: 1 } }],
    ['/targets/instances', { ...least, targets: { instances: [] } }],
    ['/apply/drain/mode', { ...least, apply: { drain: { mode: 'never', timeoutMs: 1 } } }],
    ['/apply/warmup/timeoutMs', { ...least, apply: { warmup: { timeoutMs: 0 } } }],
    ['/rollout/strategy', { ...least, rollout: { strategy: 'bigBang' } }],
    ['/rollout/strategy', { ...least, rollout: {} }],
    ['/rollout/steps', withRollout({ steps: undefined })],
    ['/rollout/steps', withRollout({ steps: [] })],
    ['/rollout/steps/0/share', withRollout({ steps: [{ share: 0, forMs: 1 }] })],
    ['/rollout/steps/0/forMs', withRollout({ steps: [{ share: 0.1 }] })],
    ['/rollout/steps/1/share', withRollout({ steps: [0.5, 0.5].map((share) => ({ share, forMs: 1 })) })],
    ['/rollout/unit', withRollout({ unit: 'instance' })],
    ['/rollout/forMs', withRollout({ forMs: 1 })],
    ['/rollout/unit', { ...least, rollout: { strategy: 'shadow', unit: 'tenant' } }],
    ['/rollout/analysis', { ...least, rollout: { strategy: 'allAtOnce', analysis: {} } }],
    ['/rollout/burnRate/objective', withRollout({ burnRate: { ...burning, objective: 1 } })],
    ['/rollout/burnRate/factor', withRollout({ burnRate: { ...burning, factor: 0.5 } })],
    ['/rollout/burnRate/longMs', withRollout({ burnRate: { ...burning, longMs: undefined } })],
    ['/rollout/burnRate/shortMs', withRollout({ burnRate: { ...burning, shortMs: 60_001 } })],
    ['/rollout/burnRate/shortMs', withRollout({ burnRate: { ...burning, shortMs: 599 } })],
    ['/rollout/meanwhile', withRollout({ meanwhile: 'wait' })],
    ['/rollout/startAt', withRollout({ startAt: 'tomorrow' })],
    ['/rollout/analysis/everyMs', withRollout({ analysis: { everyMs: 0 } })],
    ['/rollout/analysis/falseAlarms', withRollout({ analysis: { falseAlarms: 0 } })],
    [
      '/rollout/analysis/measures/a/tolerance',
      withRollout({ analysis: { measures: { a: { tolerance: -1 } } } }),
    ],
    ['/rollout/analysis/external/a/url', withExternal({ source: 'webhook' })],
    ['/rollout/analysis/external/a/url', withExternal({ source: 'webhook', url: 'file:///etc/passwd' })],
    ['/rollout/analysis/external/a/url', withExternal({ source: 'webhook', url: 'http://me:word@x/' })],
    ['/rollout/analysis/external/a/url', withExternal({ source: 'webhook', url: 'https://x/?key=word' })],
    ['/rollout/analysis/external/a/source', withExternal({ source: 'statsd', url: 'http://x/' })],
    ['/rollout/analysis/external/a/value', withExternal({ source: 'prometheus', url: 'http://x/' })],
    [
      '/rollout/analysis/external/a/value',
      withExternal({ source: 'webhook', url: 'http://x/', value: 'up' }),
    ],
    [
      '/rollout/analysis/external/a/authorization',
      withExternal({ source: 'webhook', url: 'http://x/', authorization: 'Bearer word' }),
    ],
    [
      '/rollout/analysis/external/a/timeoutMs',
      withExternal({ source: 'webhook', url: 'http://x/', timeoutMs: 0 }),
    ],
    ['/trace/traceparent', { ...least, trace: { traceparent: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01` } }],
    ['/resources', { ...least, resources: {} }],
    ['/resources/0/kind', withResource({ kind: 'a/b' })],
    ['/resources/0/name', withResource({ name: '' })],
    ['/resources/0/mediaType', withResource({ mediaType: 'json' })],
    ['/resources/0/digest', withResource({ digest: digest.slice(7) })],
    ['/resources/0/size', withResource({ size: -1 })],
    ['/resources/0/inline', withResource({ inline: {} })],
    ['/resources/0', withResource({ uri: 'https://example.com/x' })],
    ['/resources/0/uri', withResource({ uri: 'x', inline: undefined })],
    ['/resources/0/uri', withResource({ uri: 'https://bo:pw@example.com/x', inline: undefined })],
    ['/removed/0', { ...least, removed: [{ kind: 'routes', name: 'support' }] }],
  ])('is refused for a wrong %s', (pointer, value) => {
    expect(issues(value)).toEqual([`payload.schema ${pointer}`])
  })

  it('never shows an address, which may hold a credential', () => {
    expect(() => read(withResource({ uri: 'https://bo:hunter2@example.com', inline: undefined }))).toThrow(
      /^(?!.*hunter2).*credentials/,
    )
  })

  it('holds each name once, and none that reaches a prototype', () => {
    expect(issues({ ...least, resources: [resource, resource] })).toEqual([
      'payload.duplicate_resource /resources/1',
    ])
    const gone = { kind: 'routes', name: 'old' }
    expect(issues({ ...least, removed: [gone, gone] })).toEqual(['payload.duplicate_resource /removed/1'])
    for (const word of ['__proto__', 'constructor', 'prototype']) {
      expect(issues(withResource({ name: word }))).toEqual(['payload.forbidden_key /resources/0/name'])
      expect(issues(withResource({ kind: word }))).toEqual(['payload.forbidden_key /resources/0/kind'])
    }
    expect(issues(withResource({ name: 'toString' }))).toEqual([])
  })

  it('is held to the caps before it is looked into', () => {
    const limits = { ...FORMAT_LIMITS, resources: 2, resourceBytes: 100 }
    expect(issues({ ...least, resources: [1, 2, 3] }, limits)).toEqual(['payload.too_many /resources'])
    expect(issues(withResource({ size: 101 }), limits)).toEqual(['payload.too_large /resources/0/size'])
    expect(issues(withResource({ size: 100 }), limits)).toEqual([])
  })
})
