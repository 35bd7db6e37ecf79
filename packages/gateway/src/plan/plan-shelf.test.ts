import { describe, expect, it } from 'vitest'
import { createPlanShelf, type KeptPlan, newPlanId } from './plan-shelf.ts'

function plan(id: string, bytes = 10): KeptPlan<string> {
  const offer = { bytes: new Uint8Array(bytes), mediaType: 'application/yaml', source: 'a.yaml', hint: {} }
  return { id, at: 1, base: '1.1', digest: 'sha256:a', body: id, offer, applied: null, sizeBytes: bytes }
}

describe('the shelf of plans', () => {
  it('gives the last ones, newest first, and forgets those before', () => {
    const shelf = createPlanShelf<string>()
    for (let i = 0; i < 60; i += 1) shelf.keep(plan(`pl_${i}`))
    expect(shelf.list()).toHaveLength(50)
    expect(shelf.list()[0]?.id).toBe('pl_59')
    expect([shelf.find('pl_9'), shelf.find('pl_10')?.body]).toEqual([null, 'pl_10'])
  })

  it('is bounded in bytes too: what is larger than all of it is not kept', () => {
    const shelf = createPlanShelf<string>()
    const megabyte = 1024 * 1024
    for (let i = 0; i < 5; i += 1) shelf.keep(plan(`pl_${i}`, 10 * megabyte))
    expect(shelf.list().map((it) => it.id)).toEqual(['pl_4', 'pl_3', 'pl_2'])
    shelf.keep(plan('pl_large', 33 * megabyte))
    expect(shelf.list()).toHaveLength(3)
  })

  it('knows which reload applied one', () => {
    const shelf = createPlanShelf<string>()
    shelf.keep(plan('pl_1'))
    shelf.apply('pl_1', 'rl_7')
    shelf.apply('pl_gone', 'rl_8')
    expect(shelf.list().map((it) => it.applied)).toEqual(['rl_7'])
    expect(newPlanId()).toMatch(/^pl_[\w-]{12}$/)
  })
})
