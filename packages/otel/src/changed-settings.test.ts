import { describe, expect, it } from 'vitest'
import { changedSettings } from './changed-settings.ts'
import { defaultTelemetrySettings as base } from './settings.ts'

describe('changed settings', () => {
  it('are named by sorted pointers, never by values', () => {
    const after = {
      ...base,
      attributes: 'plain',
      logs: { ...base.logs, rooms: { 'a/b~c': 'debug' } },
      traces: { ratio: 1, otlp: { endpoint: 'http://x', headers: { authorization: 'canary' } } },
    } as const
    expect(changedSettings(base, after)).toEqual(['/attributes', '/logs/rooms', '/traces/otlp'])
    const headers = {
      ...after,
      traces: { ratio: 1, otlp: { endpoint: 'http://x', headers: { authorization: 'b' } } },
    }
    expect(changedSettings(after, headers)).toEqual(['/traces/otlp/headers/authorization'])
    expect(changedSettings(after, structuredClone(after))).toEqual([])
  })
})
