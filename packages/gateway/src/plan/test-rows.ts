/** Recorded calls and settings for tests of plans. */
import type { ReplayRow } from '../calls/replay-rows.ts'
import { readSettingsText } from '../settings/reader.ts'

let made = 0

export function row(more: Partial<ReplayRow> = {}): ReplayRow {
  made += 1
  return {
    id: `call_${made}`,
    startedAt: Date.UTC(2026, 10, 21, 12) + made * 1000,
    durationMs: 900,
    firstTokenMs: 300,
    tenant: null,
    key: null,
    route: 'chat',
    target: 'sim/small',
    context: null,
    stream: false,
    status: 200,
    error: '',
    inputTokens: 1000,
    outputTokens: 100,
    cachedInputTokens: null,
    cacheWriteTokens: null,
    reasoningTokens: null,
    inputAudioTokens: null,
    outputAudioTokens: null,
    rare: null,
    requestBytes: 4000,
    askedModel: 'chat',
    endpoint: '/v1/chat/completions',
    session: null,
    asked: null,
    ...more,
  }
}

export const hashOf = (digit: string): string => `sha256:${digit.repeat(64)}`

/** Settings as a person writes them, in YAML. */
export const tree = (text: string) => readSettingsText(text, 'changeover.yaml').tree

export const base = `
providers:
  sim: { kind: simulated }
models:
  small: { provider: sim, catalogue: own/small }
  large: { provider: sim, catalogue: own/large }
catalogue:
  own/small: { prices: [{ input: 1, output: 2 }] }
  own/large: { prices: [{ input: 10, output: 20 }] }
routes:
  chat:
    targets: [{ model: small, weight: 90 }, { model: large, weight: 10 }]
  docs:
    targets: [{ model: large }]
`

export const tenants = `
tenants:
  acme:
    limit: default
    keys:
      ci: { hash: "${hashOf('a')}" }
      ops: { hash: "${hashOf('b')}" }
limits:
  default: { requests: 100, perMs: 60000 }
`
