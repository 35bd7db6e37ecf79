import { describe, expect, it } from 'vitest'
import { findOrigins, touches } from './find-origins.ts'
import type { History } from './history.ts'
import type { VersionStep } from './origin.ts'

function step(version: string, from: string | null, more: Partial<VersionStep> = {}): VersionStep {
  return {
    version,
    from,
    at: '2026-01-01T00:00:00.000Z',
    author: 'ann',
    reason: '',
    attempt: `rl_${version}`,
    traceId: 't',
    trigger: 'file',
    source: 'changeover.yaml',
    status: 'success',
    changed: [],
    restores: null,
    isOverride: false,
    approvedBy: [],
    emergency: null,
    commit: null,
    text: null,
    isStarter: false,
    ...more,
  }
}

function finder(steps: readonly VersionStep[], texts: Readonly<Record<string, number>> = {}) {
  const known = new Map(steps.map((it) => [it.version, it]))
  const history = {
    step: (version: string) => Promise.resolve(known.get(version) ?? null),
    changedBy: (it: VersionStep) => Promise.resolve(it.changed),
  } as unknown as History
  return {
    history,
    isOwn: true,
    placeIn: ({ text }: VersionStep) =>
      Promise.resolve(
        text === null || texts[text] === undefined
          ? null
          : { file: 'changeover.yaml', line: texts[text], column: 1 },
      ),
  }
}

async function originOf(found: ReturnType<typeof finder>, version: string, pointer: string) {
  const it = (await findOrigins(found, version, [pointer])).get(pointer)
  if (it === undefined) throw new Error('no answer')
  return it
}

const weight = '/routes/chat/targets/0/weight'

describe('where a value comes from', () => {
  it('is the newest version on the way back that changed it', async () => {
    const found = finder([
      step('1.1', null, { changed: ['/routes'] }),
      step('1.2', '1.1', { changed: [weight] }),
      step('1.3', '1.2', { changed: ['/limits/ci/requests'] }),
    ])
    expect((await originOf(found, '1.3', weight)).change?.version).toBe('1.2')
    expect((await originOf(found, '1.3', '/routes/chat/targets/1/weight')).change?.version).toBe('1.1')
    expect((await originOf(found, '1.1', weight)).change?.version).toBe('1.1')
  })

  it('passes by a version that was taken back, for nothing was made upon it', async () => {
    const found = finder([
      step('1.1', null, { changed: ['/routes'] }),
      step('1.2', '1.1', { changed: [weight] }),
      step('1.3', '1.1', { changed: ['/limits/ci'] }),
    ])
    expect((await originOf(found, '1.3', weight)).change?.version).toBe('1.1')
  })

  it('is a rollback, and behind it what the rollback brought back', async () => {
    const found = finder([
      step('1.1', null, { changed: ['/routes'] }),
      step('1.2', '1.1', { changed: [weight], author: 'bo' }),
      step('1.3', '1.2', { changed: [weight], restores: '1.1', author: 'cy', trigger: 'admin_api' }),
    ])
    const origin = await originOf(found, '1.3', weight)
    expect(origin).toMatchObject({ kind: 'api', change: { version: '1.3', author: 'cy' } })
    expect(origin.restored).toMatchObject({ kind: 'file', change: { version: '1.1', author: 'ann' } })
  })

  it.each(['file', 'poll', 'signal', 'startup'] as const)(
    'is the file where the gateway follows one of its own, found by %s, or else what was pulled',
    async (trigger) => {
      const found = finder([step('1.1', null, { changed: ['/routes'], trigger })])
      expect(await originOf(found, '1.1', weight)).toMatchObject({ kind: 'file' })
      expect(await originOf({ ...found, isOwn: false }, '1.1', weight)).toMatchObject({ kind: 'pulled' })
    },
  )

  it('is told to be older than what is kept, and is not given to the oldest version that is', async () => {
    const found = finder([
      step('1.7', '1.6', { changed: ['/limits'] }),
      step('1.8', '1.7', { changed: ['/limits'] }),
    ])
    expect(await originOf(found, '1.8', weight)).toMatchObject({
      kind: 'unknown',
      change: null,
      heldSince: '1.7',
    })
  })

  it('is not followed past a version whose changes nobody knows', async () => {
    const found = finder([
      step('1.1', null, { changed: ['/routes'] }),
      step('1.2', '1.1', { changed: null }),
      step('1.3', '1.2', { changed: [] }),
    ])
    expect(await originOf(found, '1.3', weight)).toMatchObject({ change: null, heldSince: '1.2' })
  })

  it('stands in the text of the version asked about, or else in that of the version that brought it', async () => {
    const steps = [
      step('1.1', null, { changed: ['/routes'], text: 'a' }),
      step('1.2', '1.1', { changed: [], text: 'b' }),
      step('1.3', '1.2', { changed: [] }),
    ]
    const found = finder(steps, { a: 3, b: 5 })
    expect((await originOf(found, '1.2', weight)).place?.line).toBe(5)
    expect((await originOf(found, '1.3', weight)).place?.line).toBe(3)
    expect((await originOf(finder(steps, { a: 3 }), '1.2', weight)).place?.line).toBe(3)
  })

  it.each([
    [['/routes/chat'], weight, true],
    [[`${weight}/x`], weight, true],
    [[weight], '/routes/chat', true],
    [['/routes/chat/targets/0/weigh'], weight, false],
    [['/routes/cha'], '/routes/chat', false],
  ])('%j touches %s: %s', (changed, pointer, expected) => {
    expect(touches(changed, pointer)).toBe(expected)
  })
})
