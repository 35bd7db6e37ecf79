import type { Blame, SettingValue, ValueOrigin, VersionStep } from '@changeover/sdk'
import { describe, expect, it } from 'vitest'
import { writeBlame } from './blame.ts'
import { sayOrigin, sayPointer, versionsOf, writeValues, writeVersions } from './origins.ts'
import { plain } from './paint.ts'

const now = Date.UTC(2026, 0, 1, 12)
const step: VersionStep = {
  version: '1.4',
  at: '2026-01-01T11:55:00.000Z',
  author: 'ann',
  reason: 'cheaper',
  attempt: 'rl_1',
  traceId: 'abc',
  trigger: 'cli',
  source: 'changeover.yaml',
  status: 'success',
  restores: null,
  isOverride: false,
  approvedBy: [],
  emergency: null,
  commit: null,
}
const origin: ValueOrigin = {
  pointer: '/routes/chat/targets/0/weight',
  kind: 'file',
  place: { file: 'changeover.yaml', line: 21, column: 9 },
  change: step,
  heldSince: null,
  restored: null,
}
const say = (more: Partial<ValueOrigin>): string => sayOrigin({ ...origin, ...more }, plain)

describe('origins on the terminal', () => {
  it('are a place, a version and its author', () => {
    expect(say({})).toBe('changeover.yaml:21  1.4 by ann')
    expect(say({ place: null })).toBe('1.4 by ann')
    expect(say({ kind: 'starter' })).toBe('changeover.yaml:21  1.4 by ann, the first settings')
    expect(say({ kind: 'override', place: null })).toBe('1.4 by ann, for a time only')
    expect(say({ kind: 'default', place: null, change: null })).toBe('default')
    expect(say({ kind: 'unknown', place: null, change: null, heldSince: '1.2' })).toBe(
      'older than what is kept, 1.2 had it already',
    )
    const { restored: _, ...first } = origin
    const back = { ...step, version: '1.6', author: 'bo', restores: '1.5' }
    expect(say({ change: back, restored: first })).toBe(
      'changeover.yaml:21  1.6 by bo, back to 1.5, written in 1.4 by ann',
    )
  })

  it('stand in columns beside their values', () => {
    const values: SettingValue[] = [
      { pointer: origin.pointer, value: 50, origin },
      { pointer: '/contexts/a~1b@1.0.0/variables', value: { x: 1, y: 2 }, origin },
    ]
    expect(writeValues(values, plain)).toEqual([
      'routes/chat targets 0 weight  50      changeover.yaml:21  1.4 by ann',
      'contexts/a/b@1.0.0 variables  {x, y}  changeover.yaml:21  1.4 by ann',
    ])
    expect(sayPointer('/routes')).toBe('routes')
  })

  it('lead to versions, each told once with all that is known of it', () => {
    const other = {
      ...step,
      version: '1.2',
      at: '2026-01-01T11:00:00.000Z',
      attempt: null,
      status: 'rolled_back',
    }
    const steps = versionsOf([origin, { ...origin, change: other }, origin])
    expect(writeVersions(steps, plain, now)).toEqual([
      '1.2  by ann  1 h ago  cli  "cheaper"  rolled back',
      '     of its reload nothing is kept',
      '1.4  by ann  5 min ago  cli  "cheaper"',
      '     reload rl_1  trace abc',
    ])
    const more = { approvedBy: ['dee', 'eve'], emergency: 'all down', commit: '0123456789abcdef', reason: '' }
    expect(writeVersions([{ ...step, ...more }], plain, now)[0]).toBe(
      '1.4  by ann  5 min ago  cli  approved by dee, eve  emergency: all down  commit 0123456789a…',
    )
  })
})

describe('blame on the terminal', () => {
  const entry: Blame['ranking'][number] = {
    version: '1.4',
    at: step.at,
    guilty: true,
    evidence: 'canary',
    probability: null,
    change: 0.25,
    low: 0.08,
    high: 0.41,
    before: 0.01,
    after: 0.0125,
    samples: 900,
    strength: 4,
    reason: 'more errors',
    changed: ['/routes/chat'],
    words: ['route chat: fast gets 50 % instead of 90 %'],
    step,
  }
  const found: Blame = {
    metric: 'error_rate',
    from: '2026-01-01T11:00:00.000Z',
    to: '2026-01-01T12:00:00.000Z',
    calls: 1_000,
    cut: false,
    concluded: true,
    summary: 'it was 1.4',
    ranking: [
      entry,
      { ...entry, version: '1.5', guilty: false, change: null, low: null, words: [], step: null },
    ],
  }
  const view = { paint: plain, columns: Number.POSITIVE_INFINITY, now, limit: 10 }

  it('is a sentence, a table, and the guilty told in full', () => {
    const lines = writeBlame(found, view)
    expect(lines[0]).toBe('to blame  it was 1.4')
    expect(lines[4]).toMatch(
      /^1\.4 +5 min ago +\+25 % +\+8\.0 % … \+41 % +1\.00 % +1\.25 % +900 +ann +canary +route chat/,
    )
    expect(lines[5]).toMatch(/^1\.5 .* - +canary +\/routes\/chat$/)
    expect(lines.slice(-4)).toEqual([
      '1.4  more errors',
      '  ~ route chat: fast gets 50 % instead of 90 %',
      '  1.4  by ann  5 min ago  cli  "cheaper"',
      '       reload rl_1  trace abc',
    ])
  })

  it('names nobody where nothing can be concluded', () => {
    const nobody = { ...found, concluded: false, summary: 'too few calls', ranking: [], cut: true }
    expect(writeBlame(nobody, view)).toEqual([
      'inconclusive  too few calls',
      'error_rate, 1000 calls from 2026-01-01T11:00:00.000Z to 2026-01-01T12:00:00.000Z, the newest of more',
    ])
    const innocent = found.ranking.map((it) => ({ ...it, guilty: false }))
    const lines = writeBlame({ ...found, concluded: false, ranking: innocent }, { ...view, limit: 1 })
    expect(lines.at(-1)).toBe('and 1 more; --limit shows them')
  })
})
