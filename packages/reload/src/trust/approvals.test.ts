/** I26: the author cannot satisfy their own approval; n distinct others are n. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Approval } from '../contract/trust.ts'
import { kindsOf, missingApprovals, sayMissing } from './approvals.ts'

const by = (name: string, ...roles: string[]): Approval => ({
  by: name,
  roles: roles.length ? roles : ['approver'],
})
const two = { credentials: { threshold: 2 } }
const people = ['ann', 'bo', 'cy', 'di', 'eve']
const person = fc.constantFrom(...people)
const approval = fc.record({
  by: person,
  roles: fc.subarray(['approver', 'security', 'reader']),
  revoked: fc.boolean(),
})
const rule = fc.record({ threshold: fc.integer({ min: 1, max: 4 }) })
const policy = fc.dictionary(fc.constantFrom('credentials', 'prompts', 'routes', '*'), rule)
const classes = fc.subarray(['credentials', 'prompts', 'routes', 'limits'])
const runs = { seed: 26, numRuns: 500 }

describe('missing approvals', () => {
  it('are none where no rule asks for any', () => {
    expect(missingApprovals(['routes'], two, ['ann'], [])).toEqual([])
    expect(missingApprovals([], { '*': { threshold: 1 } }, ['ann'], [])).toEqual([])
  })

  it('say for each class how many there are and how many it takes', () => {
    const missing = missingApprovals(
      ['prompts', 'credentials'],
      { ...two, '*': { threshold: 1 } },
      ['ann'],
      [],
    )
    expect(missing).toEqual([
      { changeClass: 'credentials', found: 0, expected: 2, roles: ['approver'] },
      { changeClass: 'prompts', found: 0, expected: 1, roles: ['approver'] },
    ])
    expect(sayMissing(missing)).toBe('credentials: 0 of 2 by approver; prompts: 0 of 1 by approver')
  })

  it('let a rule of a class replace the rule for all', () => {
    const lax = { '*': { threshold: 2 }, prompts: { threshold: 1 } }
    expect(missingApprovals(['prompts'], lax, ['ann'], [by('bo')])).toEqual([])
    expect(missingApprovals(['routes'], lax, ['ann'], [by('bo')])).toHaveLength(1)
  })

  it('count whoever has one of the roles that a rule names, and nobody else', () => {
    const rules = { credentials: { threshold: 1, roles: ['security', 'owner'] } }
    expect(missingApprovals(['credentials'], rules, ['ann'], [by('bo')])).toHaveLength(1)
    expect(missingApprovals(['credentials'], rules, ['ann'], [by('bo', 'owner')])).toEqual([])
  })

  it('count one person once, however the name is written and whatever the roles', () => {
    const thrice = [by('bo'), by('BO', 'approver', 'security'), by('bo', 'approver')]
    expect(missingApprovals(['credentials'], two, ['ann'], thrice)[0]?.found).toBe(1)
    expect(missingApprovals(['credentials'], two, ['ANN'], [by('ann'), by('Ann')])[0]?.found).toBe(0)
  })

  it('take a class that is called like a part of every object for what it is', () => {
    expect(missingApprovals(['constructor', '__proto__'], {}, ['ann'], [])).toEqual([])
  })

  it('never count an author, by any name', () => {
    fc.assert(
      fc.property(
        classes,
        policy,
        fc.array(approval),
        fc.subarray(people),
        (asked, rules, approvals, authors) => {
          const others = approvals.filter((it) => !authors.includes(it.by))
          expect(missingApprovals(asked, rules, authors, approvals)).toEqual(
            missingApprovals(asked, rules, authors, others),
          )
        },
      ),
      runs,
    )
  })

  it('never count what was taken back', () => {
    fc.assert(
      fc.property(classes, policy, fc.array(approval), (asked, rules, approvals) => {
        const kept = approvals.filter((it) => !it.revoked)
        expect(missingApprovals(asked, rules, ['ann'], approvals)).toEqual(
          missingApprovals(asked, rules, ['ann'], kept),
        )
      }),
      runs,
    )
  })

  it('are none only if for each class there are as many distinct others as its rule says', () => {
    fc.assert(
      fc.property(classes, policy, fc.array(approval), person, (asked, rules, approvals, author) => {
        const valid = approvals.filter(
          (it) => !it.revoked && it.roles.includes('approver') && it.by !== author,
        )
        const distinct = new Set(valid.map((it) => it.by)).size
        const short = asked.filter((it) => distinct < (rules[it] ?? rules['*'] ?? { threshold: 0 }).threshold)
        const missing = missingApprovals(asked, rules, [author], approvals)
        expect(missing.map((it) => it.changeClass)).toEqual(short.toSorted())
      }),
      runs,
    )
  })

  it('never grow by one more approval, and do not mind order or repetition', () => {
    fc.assert(
      fc.property(classes, policy, fc.array(approval), approval, (asked, rules, approvals, more) => {
        const before = missingApprovals(asked, rules, ['ann'], approvals)
        const after = missingApprovals(asked, rules, ['ann'], [more, ...approvals.toReversed(), ...approvals])
        for (const it of after) {
          const was = before.find((other) => other.changeClass === it.changeClass)
          expect(it.found - (was?.found ?? Number.NaN)).toBeGreaterThanOrEqual(0)
        }
      }),
      runs,
    )
  })
})

describe('the kinds of a change', () => {
  it('are the first steps of what changed, each once', () => {
    expect(kindsOf(['/routes/a/b', '/credentials/x', '/routes/c'])).toEqual(['credentials', 'routes'])
    expect(kindsOf([])).toEqual([])
  })
})
