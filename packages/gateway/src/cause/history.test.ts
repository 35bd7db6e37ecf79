import type { AttemptReport, AuditLine, ReloadEvent, SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { findOrigins } from './find-origins.ts'
import { History } from './history.ts'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString()
const ms = (minute: number): number => Date.parse(at(minute))

function line(minute: number, more: Partial<AuditLine>): AuditLine {
  return {
    at: at(minute),
    event: 'config.reload.completed',
    attempt: `rl_${more.to}`,
    scope: 'test',
    who: 'ann',
    trigger: 'admin_api',
    source: 'PATCH /v1/settings',
    from: null,
    to: null,
    digest: null,
    status: 'success',
    reason: '',
    changedParameters: [],
    traceId: `trace-${more.to}`,
    spanId: 's',
    previous: '',
    hash: '',
    ...more,
  }
}

interface Sealed {
  readonly from: string | null
  readonly changed: readonly string[] | null
  readonly more?: object
}

interface Kept {
  readonly audit?: readonly AuditLine[]
  readonly sealed?: Readonly<Record<string, Sealed>>
  readonly settings?: Readonly<Record<string, SettingsTree>>
  readonly reports?: readonly AttemptReport[]
}

function open({ audit = [], sealed = {}, settings = {}, reports = [] }: Kept) {
  const listeners: ((event: ReloadEvent) => void)[] = []
  const lines = [...audit]
  let reads = 0
  const manifestOf = ({ from, changed, more }: Sealed): object => ({
    previous: from === null ? null : { version: from },
    restores: null,
    issuedAt: at(0),
    author: 'ann',
    reason: 'because',
    serveTtlMs: null,
    changedParameters: changed,
    lineage: null,
    ...more,
  })
  const history = new History({
    line: () => [],
    manifest: (version) => {
      const it = sealed[version]
      return Promise.resolve(it === undefined ? null : Buffer.from(JSON.stringify(manifestOf(it))))
    },
    settings: (version) => Promise.resolve(settings[version] ?? null),
    audit: () => {
      reads += 1
      return Promise.resolve(lines)
    },
    subscribe: (listener) => {
      listeners.push(listener)
      return () => undefined
    },
    reports: () => reports,
  })
  const tell = (): void => {
    for (const it of listeners) it({ at: 0, attempt: '', state: '', version: null, traceId: '' })
  }
  return { history, lines, tell, reads: () => reads }
}

describe('the history of a version', () => {
  it('is put together from its manifest and the line that ended its attempt', async () => {
    const lineage = { 'git.commit': 'abc', 'changeover.text': 'sha256:1' }
    const { history } = open({
      sealed: { '1.2': { from: '1.1', changed: ['/routes'], more: { lineage } } },
      audit: [
        line(1, { to: '1.2', from: '1.1', status: 'in_progress', event: 'config.reload.started' }),
        line(2, { to: '1.2', from: '1.1', approvals: ['dee'], emergency: 'all down' }),
      ],
    })
    expect(await history.step('1.2')).toEqual({
      version: '1.2',
      from: '1.1',
      at: at(0),
      author: 'ann',
      reason: 'because',
      attempt: 'rl_1.2',
      traceId: 'trace-1.2',
      trigger: 'admin_api',
      source: 'PATCH /v1/settings',
      status: 'success',
      changed: ['/routes'],
      restores: null,
      isOverride: false,
      approvedBy: ['dee'],
      emergency: 'all down',
      commit: 'abc',
      text: 'sha256:1',
      isStarter: false,
    })
    expect(await history.step('1.9')).toBeNull()
  })

  it('belongs to the attempt that somebody asked for, not to a start or a repair after it', async () => {
    const { history } = open({
      sealed: { '1.2': { from: '1.1', changed: [] } },
      audit: [
        line(1, { to: '1.2', attempt: 'rl_asked' }),
        line(5, { to: '1.2', attempt: 'rl_started', trigger: 'startup' }),
        line(6, { to: '1.2', attempt: 'rl_repaired', trigger: 'drift' }),
      ],
    })
    expect((await history.step('1.2'))?.attempt).toBe('rl_asked')
  })

  it('is told by the report of this process while its attempt has not ended', async () => {
    const report = {
      attempt: 'rl_now',
      trigger: 'cli',
      source: 'patch',
      actor: 'bo',
      from: '1.2',
      to: '1.3',
      status: 'in_progress',
      reason: '',
      traceId: 't',
      startedAt: ms(7),
      durationMs: 1,
      changedParameters: ['/limits/a'],
      issues: [],
      approvals: ['dee'],
      stages: [],
    } as const
    const { history } = open({ reports: [report] })
    expect(await history.step('1.3')).toMatchObject({
      attempt: 'rl_now',
      author: 'bo',
      status: 'in_progress',
      reason: null,
      changed: ['/limits/a'],
      approvedBy: ['dee'],
    })
  })

  it('goes on in the audit log where the line of versions ends, and says what is not known any more', async () => {
    const { history } = open({
      sealed: { '1.9': { from: '1.8', changed: ['/limits/a'] } },
      audit: [
        line(1, { to: '1.7', from: '1.6', who: 'bo', changedParameters: ['/routes/chat/targets/0/weight'] }),
        line(2, { to: '1.8', from: '1.7', changedParameters: ['/limits/b'] }),
        line(3, { to: '1.9', from: '1.8', changedParameters: ['/limits/a'] }),
      ],
    })
    const finder = { history, isOwn: true, placeIn: () => Promise.resolve(null) }
    const pointers = ['/routes/chat/targets/0/weight', '/models/fast/provider']
    const found = await findOrigins(finder, '1.9', pointers)
    expect(found.get('/routes/chat/targets/0/weight')?.change).toMatchObject({
      version: '1.7',
      author: 'bo',
      reason: null,
      traceId: 'trace-1.7',
    })
    expect(found.get('/models/fast/provider')).toMatchObject({ kind: 'unknown', heldSince: '1.7' })
  })

  it('works out what a version changed where its manifest does not say', async () => {
    const tree = (requests: number): SettingsTree => ({ limits: { a: { requests, perMs: 1 } } })
    const { history } = open({
      sealed: { '1.2': { from: '1.1', changed: null }, '1.3': { from: '1.0', changed: null } },
      settings: { '1.1': tree(1), '1.2': tree(2), '1.3': tree(3) },
    })
    const [known, unknown] = [await history.step('1.2'), await history.step('1.3')]
    expect(known && (await history.changedBy(known))).toEqual(['/limits/a/requests'])
    expect(unknown && (await history.changedBy(unknown))).toBeNull()
  })

  it('knows the share of a rollout at a moment', async () => {
    const move = (minute: number, share: number): AuditLine =>
      line(minute, { to: '1.2', event: 'config.rollout.step', rollout: { id: 'sha256:1', step: 0, share } })
    const { history } = open({ audit: [move(1, 0.01), move(5, 0.25)] })
    expect(await history.shareAt('sha256:1', ms(0))).toBeNull()
    expect((await history.shareAt('sha256:1', ms(2)))?.share).toBe(0.01)
    expect((await history.shareAt('sha256:1', ms(6)))?.share).toBe(0.25)
    expect(await history.shareAt('sha256:2', ms(6))).toBeNull()
  })

  it('lists what came into force within a time, and the one before; refused versions are not among them', async () => {
    const { history } = open({
      audit: [
        line(1, { to: '1.1' }),
        line(2, { to: '1.2' }),
        line(11, { to: '1.3', status: 'rejected' }),
        line(12, { to: '1.4', status: 'rolled_back' }),
        line(13, { to: '1.5' }),
        line(21, { to: '1.6' }),
      ],
    })
    const found = await history.broughtBetween(ms(10), ms(20))
    expect(found.map((it) => it.version)).toEqual(['1.2', '1.4', '1.5'])
  })

  it('reads the audit log once, until something happens', async () => {
    const { history, lines, tell, reads } = open({ audit: [line(1, { to: '1.1' })] })
    history.follow()
    await history.step('1.1')
    await history.step('1.2')
    expect(reads()).toBe(1)
    lines.push(line(2, { to: '1.2' }))
    expect(await history.step('1.2')).toBeNull()
    tell()
    expect((await history.step('1.2'))?.attempt).toBe('rl_1.2')
    expect(reads()).toBe(2)
  })
})
