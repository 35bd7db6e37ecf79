import { describe, expect, it } from 'vitest'
import type { Origin } from '../contract/origin.ts'
import type { Decided, Waiting } from '../contract/receipt.ts'
import type { ApprovalAnswer, ApprovalAsked } from '../contract/trust.ts'
import { Toy } from './test-toy.ts'

const byBo: Origin = { trigger: 'admin_api', source: 'test', actor: 'user:bo' }

/** Asks for a word from the second version on, and has the one that is waited for given by hand. */
function askingToy(options: ConstructorParameters<typeof Toy>[0] = {}) {
  const asked: ApprovalAsked[] = []
  let give: (answer: ApprovalAnswer) => void = () => undefined
  const toy = new Toy({
    ...options,
    approve: async (it) => {
      if (it.previous === null || it.origin.emergency === true) return { approved: true, by: [] }
      asked.push(it)
      const answer = Promise.withResolvers<ApprovalAnswer>()
      give = answer.resolve
      it.waits()
      return await answer.promise
    },
  })
  return { toy, asked, give: (answer: ApprovalAnswer) => give(answer) }
}

async function waitingFor(toy: Toy, mark: number, origin = byBo): Promise<Waiting> {
  const receipt = await toy.change({ mark }, origin)
  if (receipt.outcome !== 'waiting') throw new Error(`expected it to wait, found ${receipt.outcome}`)
  return receipt
}

const decidedOf = async (toy: Toy, { decided }: Waiting): Promise<Decided> =>
  (await toy.answer(decided)) as Decided

describe('an offer that people have to agree to', () => {
  it('is answered at once, holds nothing, and comes in with the names of those who agreed', async () => {
    const { toy, asked, give } = askingToy()
    await toy.change({ mark: 1 })
    const built = toy.parts.length
    const waiting = await waitingFor(toy, 2)
    expect(waiting).toMatchObject({ waitsFor: 'approval', version: '1.1', candidate: '1.2' })
    expect(asked[0]).toMatchObject({ attempt: waiting.attempt, digest: waiting.digest })
    expect(toy.parts.length).toBe(built)
    give({ approved: true, by: ['user:ann', 'user:cleo'], threshold: 2 })
    expect(await decidedOf(toy, waiting)).toMatchObject({ outcome: 'applied', version: '1.2' })
    const span = toy.telemetry.named('reload.approve').at(-1)
    expect(span?.attributes).toMatchObject({
      'reload.approval.count': 2,
      'reload.approval.threshold': 2,
      'reload.approval.by': ['user:ann', 'user:cleo'],
    })
    await toy.advance(1_000)
    const [line] = (await toy.reloader.audit()).filter((it) => it.status === 'success').slice(-1)
    expect(line).toMatchObject({ who: 'user:bo', approvals: ['user:ann', 'user:cleo'] })
    expect(toy.reloader.status().last?.approvals).toEqual(['user:ann', 'user:cleo'])
  })

  it('does not come in when those who agreed may not any more at the commit', async () => {
    const { toy, give } = askingToy()
    await toy.change({ mark: 1 })
    const waiting = await waitingFor(toy, 2)
    const issue = { code: 'access.revoked', message: 'user:ann may not approve any more' }
    give({ approved: true, by: ['user:ann'], threshold: 1, objection: () => issue })
    expect(await decidedOf(toy, waiting)).toMatchObject({
      outcome: 'refused',
      code: 'approve.refused',
      issues: [issue],
    })
    expect(toy.reloader.current()?.version).toBe('1.1')
    expect(toy.parts.filter((it) => it.version === '1.2').map((it) => it.released)).toEqual([1, 1])
  })

  it('gives way to what is offered after it', async () => {
    const { toy } = askingToy()
    await toy.change({ mark: 1 })
    const waiting = await waitingFor(toy, 2)
    await toy.change({ mark: 3 }, { ...byBo, emergency: true, reason: 'prod is down' })
    expect(await decidedOf(toy, waiting)).toMatchObject({ outcome: 'superseded' })
    expect(toy.reloader.current()?.version).toBe('1.3')
  })

  it('is the same offer under the same key while it waits', async () => {
    const { toy, asked } = askingToy()
    await toy.change({ mark: 1 })
    const keyed = { ...byBo, idempotencyKey: 'k1' }
    const waiting = await waitingFor(toy, 2, keyed)
    const again = await waitingFor(toy, 2, keyed)
    expect(again.attempt).toBe(waiting.attempt)
    expect(asked).toHaveLength(1)
  })
})

describe('an emergency', () => {
  it('passes the open breaker, and is written down as what it is', async () => {
    const { toy } = askingToy({ limits: { breakerFailures: 1, breakerOpenMs: 60_000 } })
    await toy.change({ mark: 1 })
    await toy.change({ mark: 2, models: 'prepare' }, { ...byBo, emergency: true, reason: 'first try' })
    expect(toy.reloader.status().breaker).toBe('open')
    const urgent = { ...byBo, emergency: true, reason: 'prod is down' }
    expect(await toy.change({ mark: 3 }, urgent)).toMatchObject({ outcome: 'applied' })
    expect(toy.telemetry.named('reload').at(-1)?.attributes['reload.emergency']).toBe(true)
    const lines = await toy.reloader.audit()
    expect(lines.filter((it) => it.emergency === 'prod is down').length).toBeGreaterThan(0)
  })

  it('does not pass validation', async () => {
    const { toy } = askingToy()
    await toy.change({ mark: 1 })
    const urgent = { ...byBo, emergency: true, reason: 'prod is down' }
    expect(await toy.change({ mark: 2, models: 'validate' }, urgent)).toMatchObject({ outcome: 'refused' })
    expect(toy.reloader.current()?.version).toBe('1.1')
  })
})
