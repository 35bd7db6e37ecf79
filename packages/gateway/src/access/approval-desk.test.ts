import type { ApprovalAnswer, ApprovalAsked, Manifest, Origin, SettingsTree } from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Identity, OWNER } from '../contract/access.ts'
import type { AccessSettings } from '../contract/caller-settings.ts'
import { type ApprovalDesk, createApprovalDesk } from './approval-desk.ts'
import type { CompiledAccess } from './compile-access.ts'
import { accessOf, person } from './test-access.ts'

const identity = (name: string): Identity => ({ person: `user:${name}`, by: 'token', name, claimed: null })
const tree = (credential: string): SettingsTree => ({ providers: { openai: { credential } } })

const settings: AccessSettings = {
  people: {
    ...person('bo', 'publisher', 'approver'),
    ...person('ann', 'approver'),
    ...person('cleo', 'approver'),
    ...person('vic', 'viewer'),
  },
  approvals: { credentials: { count: 1, withinMs: 60_000 } },
}

interface World {
  readonly desk: ApprovalDesk
  readonly clock: ManualClock
  access: CompiledAccess | null
  ask(more?: Partial<Asked>): Promise<ApprovalAnswer>
  readonly abort: AbortController
}

interface Asked {
  readonly attempt: string
  readonly by: Identity
  readonly origin: Partial<Origin>
  readonly changed: readonly string[]
  readonly author: string
  readonly previous: SettingsTree | null
}

function open(written: AccessSettings = settings): World {
  const clock = new ManualClock(Date.parse('2026-11-21T09:00:00Z'))
  const abort = new AbortController()
  const world: World = {
    desk: createApprovalDesk({ clock, access: () => world.access }),
    clock,
    access: accessOf(written),
    abort,
    ask({ attempt = 'rl_1', by = identity('bo'), origin = {}, author, changed, previous = tree('a') } = {}) {
      const asked: ApprovalAsked = {
        attempt,
        manifest: {
          author: author ?? by.person,
          reason: 'rotate',
          version: { epoch: 1, seq: 2 },
        } as Manifest,
        digest: 'sha256:d',
        origin: {
          trigger: 'admin_api',
          source: 'PATCH',
          actor: by.person,
          hint: by === OWNER ? undefined : { asker: by },
          ...origin,
        },
        settings: tree('b'),
        previous,
        changedParameters: changed ?? ['/providers/openai/credential'],
        waits: () => undefined,
      }
      return world.desk.hook(asked, abort.signal)
    },
  }
  return world
}

describe('a change that needs another', () => {
  it('waits until somebody else agrees, with all that there is to look at', async () => {
    const { desk, ask } = open()
    const answer = ask()
    expect(desk.waiting()).toMatchObject([
      {
        attempt: 'rl_1',
        version: '1.2',
        author: 'user:bo',
        reason: 'rotate',
        classes: ['credentials'],
        changes: [{ pointer: '/providers/openai/credential', before: 'a', after: 'b' }],
        missing: [{ changeClass: 'credentials', found: 0, expected: 1, roles: ['approver', 'owner'] }],
      },
    ])
    expect(desk.approve('rl_1', identity('ann')).missing).toEqual([])
    expect(await answer).toMatchObject({ approved: true, by: ['user:ann'], threshold: 1 })
    expect(desk.waiting()).toEqual([])
  })

  it('is not agreed to by its author, by whoever may not, or by nobody', () => {
    const { desk, ask } = open()
    void ask()
    const refusal = (who: Identity): unknown => {
      try {
        return desk.approve('rl_1', who).missing
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(refusal(identity('bo'))).toBe('access.own_change')
    expect(refusal(identity('vic'))).toBe('access.not_asked')
    expect(() => desk.approve('rl_9', identity('ann'))).toThrow(
      expect.objectContaining({ code: 'access.not_waiting' }),
    )
    expect(() => desk.approve('rl_1', identity('ann'), { digest: 'sha256:other' })).toThrow(
      expect.objectContaining({ code: 'access.other_digest' }),
    )
  })

  it('counts the author of a sealed payload as one, and all names of the owner as one', async () => {
    const { desk, ask } = open()
    const answer = ask({ author: 'user:ann' })
    expect(() => desk.approve('rl_1', identity('ann'))).toThrow('is the author')
    desk.approve('rl_1', identity('cleo'))
    expect(await answer).toMatchObject({ approved: true })
    void ask({
      attempt: 'rl_2',
      by: OWNER,
      origin: { actor: 'admin:claimed:ann' },
      author: 'admin:claimed:ann',
    })
    expect(() => desk.approve('rl_2', OWNER)).toThrow('is the author')
  })

  it('is asked for by the policy in force, which it cannot change for itself', async () => {
    const world = open({ ...settings, approvals: { access: {} } })
    const changed = ['/access/approvals/access']
    const answer = world.ask({ by: OWNER, origin: { actor: 'admin' }, author: 'admin', changed })
    expect(world.desk.waiting()).toHaveLength(1)
    world.desk.approve('rl_1', identity('ann'))
    expect(await answer).toMatchObject({ approved: true })
  })

  it('does not count whoever lost the right between agreeing and the commit', async () => {
    const world = open({ ...settings, approvals: { credentials: { count: 2 } } })
    const answer = world.ask()
    world.desk.approve('rl_1', identity('ann'))
    world.access = accessOf({ ...settings, people: { ...settings.people, ...person('ann', 'viewer') } })
    expect(world.desk.waiting()[0]?.missing).toMatchObject([{ found: 0, expected: 1 }])
    world.access = accessOf({ ...settings, approvals: { credentials: { count: 2 } } })
    world.desk.approve('rl_1', identity('cleo'))
    const given = await answer
    if (!given.approved) throw new Error('expected it to be approved')
    expect(given.objection?.()).toBeNull()
    const { ann: _, ...others } = settings.people ?? {}
    world.access = accessOf({ people: others, approvals: { credentials: { count: 2 } } })
    expect(given.objection?.()).toMatchObject({ code: 'access.approval_gone' })
  })

  it('ends when somebody says no, when its author takes it back, when its time is over, and when it is superseded', async () => {
    const world = open()
    const ask = (attempt: string) => world.ask({ attempt })
    const no = ask('rl_1')
    world.desk.reject('rl_1', identity('ann'), 'not today')
    expect(await no).toMatchObject({
      approved: false,
      issue: { code: 'access.rejected', message: '"user:ann" said no: not today' },
    })
    const back = ask('rl_2')
    expect(() => world.desk.reject('rl_2', identity('vic'), '')).toThrow('does not count')
    world.desk.reject('rl_2', identity('bo'), '')
    expect(await back).toMatchObject({ approved: false })
    const late = ask('rl_3')
    await world.clock.advance(59_999)
    expect(world.desk.waiting()).toHaveLength(1)
    await Promise.all([
      expect(late).rejects.toMatchObject({ code: 'approve.expired', details: { waitedMs: 60_000 } }),
      world.clock.advance(1),
    ])
    const gone = ask('rl_4')
    world.abort.abort(new Error('superseded'))
    await expect(gone).rejects.toThrow('superseded')
    expect(world.desk.waiting()).toEqual([])
  })
})

describe('what nobody is asked about', () => {
  it('is what no rule names, the first version, an emergency, and going back', async () => {
    const { ask, desk } = open()
    const free = { approved: true, by: [] }
    expect(await ask({ changed: ['/routes/chat/targets'] })).toMatchObject(free)
    expect(await ask({ previous: null, changed: ['/providers'] })).toMatchObject(free)
    const sam = { by: OWNER, origin: { emergency: true, reason: 'down' } }
    expect(await ask(sam)).toMatchObject(free)
    expect(await ask({ by: OWNER, origin: { trigger: 'rollback' } })).toMatchObject(free)
    expect(desk.waiting()).toEqual([])
  })

  it('is not going back to other people, when those need another', () => {
    const { ask, desk } = open({ ...settings, approvals: { access: {} } })
    void ask({
      by: OWNER,
      origin: { trigger: 'rollback', actor: 'admin' },
      author: 'admin',
      changed: ['/access/people'],
    })
    expect(desk.waiting()).toHaveLength(1)
  })

  it('is what its asker may not change at all', async () => {
    const { ask } = open({
      roles: { writer: { may: ['change'], changes: ['prompts'] } },
      people: person('pat', 'writer'),
    })
    expect(
      await ask({ by: identity('pat'), changed: ['/contexts/a@1.0.0/prompt', '/limits/x'] }),
    ).toMatchObject({
      approved: false,
      issue: { code: 'access.out_of_scope', pointer: '/limits/x' },
    })
    expect(await ask({ by: identity('pat'), changed: ['/contexts/a@1.0.0/prompt'] })).toMatchObject({
      approved: true,
    })
  })
})

describe('four eyes', () => {
  it('are n different people who may, and never the author, in whatever order and however often they say so', () => {
    const names = ['bo', 'ann', 'cleo', 'vic', 'dan']
    const people = { ...settings.people, ...person('dan', 'approver') }
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.constantFrom(...names), { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (author, voices, count) => {
          const { desk, ask } = open({ people, approvals: { credentials: { count } } })
          void ask({ by: OWNER, origin: { actor: `user:${author}` }, author: `user:${author}` })
          for (const it of voices) {
            try {
              desk.approve('rl_1', identity(it))
            } catch {
              // Refused, or no longer waiting: what counts is what is left.
            }
          }
          const counted = new Set(voices.filter((it) => it !== author && it !== 'vic'))
          expect(desk.waiting().length).toBe(counted.size >= count ? 0 : 1)
        },
      ),
    )
  })
})
