import { defaultTelemetrySettings, type PreparedTelemetry, type TelemetrySettings } from '@changeover/otel'
import type { PrepareInput, SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { createSecrets } from '../settings/secrets.ts'
import { telemetryParticipant } from './telemetry-participant.ts'

function setUp(isTerminal = false) {
  const told: string[] = []
  const live = {
    settings: defaultTelemetrySettings,
    prepare: (settings: TelemetrySettings): Promise<PreparedTelemetry> => {
      told.push('prepare')
      return Promise.resolve({ settings, release: () => Promise.resolve(void told.push('release')) })
    },
    apply: (next: TelemetrySettings | PreparedTelemetry, occasion?: { version?: string }) => {
      told.push(`apply ${'settings' in next ? 'prepared' : 'settings'} ${occasion?.version}`)
    },
  }
  const secrets = createSecrets({ env: { OTLP: 'otlp-key' }, redactor: { add: () => undefined } })
  const participant = telemetryParticipant({ live, secrets, isTerminal })
  const prepare = async (settings: SettingsTree) =>
    participant.prepare({ settings, version: '1.2' } as unknown as PrepareInput)
  return { participant, prepare, told, live }
}

describe('telemetry settings', () => {
  it('have defaults where nothing is said', async () => {
    expect((await setUp().prepare({})).settings).toEqual({
      logs: { level: 'info', format: 'json' },
      traces: { ratio: 0.1 },
      metrics: {},
      attributes: 'dup',
    })
    expect((await setUp(true).prepare({})).settings.logs.format).toBe('pretty')
  })

  it('are what the operator says, with secrets filled in', async () => {
    const otlp = { endpoint: 'http://127.0.0.1:4318', headers: { 'x-api-key': '${env:OTLP}' } }
    const { settings } = await setUp(true).prepare({
      telemetry: {
        logs: { level: 'warn', rooms: { server: 'debug' }, format: 'logfmt' },
        traces: { ratio: 1, attributes: 'plain', otlp },
        metrics: { otlp: { ...otlp, intervalMs: 5000, timeoutMs: 7 } },
      },
    })
    const headers = { 'x-api-key': 'otlp-key' }
    expect(settings).toEqual({
      logs: { level: 'warn', rooms: { server: 'debug' }, format: 'logfmt' },
      traces: { ratio: 1, otlp: { endpoint: otlp.endpoint, headers, timeoutMs: 10_000 } },
      metrics: { otlp: { endpoint: otlp.endpoint, headers, timeoutMs: 7, intervalMs: 5000 } },
      attributes: 'plain',
    })
  })

  it('that need a secret which is not there are refused', async () => {
    const otlp = { endpoint: 'http://127.0.0.1:4318', headers: { authorization: 'Bearer ${env:NONE}' } }
    await expect(setUp().prepare({ telemetry: { logs: { otlp } } })).rejects.toMatchObject({
      code: 'prepare.failed',
      issues: [{ code: 'settings.secret_missing', pointer: '/telemetry/logs/otlp/headers/authorization' }],
    })
  })

  it('are checked', () => {
    const settings = { telemetry: { logs: { level: 'loud' }, trace: {} } }
    const issues = setUp().participant.validate?.({
      settings,
      previous: null,
      changedParameters: [],
      restores: null,
    })
    expect(issues?.map((it) => it.pointer)).toEqual(['/telemetry/logs/level', '/telemetry/trace'])
  })
})

describe('a reload of telemetry', () => {
  it('prepares aside, applies at the swap, and lets go at the end', async () => {
    const { participant, prepare, told } = setUp()
    const part = await prepare({})
    expect(told).toEqual(['prepare'])
    participant.committed?.(part)
    await participant.release?.(part)
    expect(told).toEqual(['prepare', 'apply prepared 1.2', 'release'])
  })

  it('finds out when something else has set other settings since', async () => {
    const { participant, prepare, live } = setUp()
    const part = await prepare({})
    live.settings = structuredClone(part.settings)
    const { signal } = new AbortController()
    expect(participant.inspect?.(part, signal)).toBeNull()
    live.settings = { ...part.settings, logs: { level: 'debug', format: 'json' } }
    expect(participant.inspect?.(part, signal)).toBe('other telemetry settings are in force')
  })

  it('lets go of what was prepared when the attempt fails', async () => {
    const { participant, prepare, told } = setUp()
    await participant.release?.(await prepare({}))
    expect(told).toEqual(['prepare', 'release'])
  })

  it('that brings an older version back applies its settings', async () => {
    const { participant, prepare, told } = setUp()
    const part = await prepare({})
    participant.committed?.(part)
    participant.committed?.(part)
    expect(told).toEqual(['prepare', 'apply prepared 1.2', 'apply settings 1.2'])
  })
})
