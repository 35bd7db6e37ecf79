/** The documents lead somewhere, and decisions are whole. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deadLinks, incompleteDecision } from './docs.ts'
import { filesBelow, root } from './source-tree.ts'

describe('the documents', () => {
  it('link to what is there', () => {
    const exists = (path: string) => existsSync(join(root, path))
    expect(filesBelow([''], ['.md']).flatMap((it) => deadLinks(it, exists))).toEqual([])
  })

  it('tell each decision with context, decision, what was rejected and consequences', () => {
    const decisions = filesBelow(['docs/decisions'], ['.md'])
    expect(decisions.length).toBeGreaterThan(0)
    expect(decisions.flatMap((it) => incompleteDecision(it))).toEqual([])
  })
})

describe('the link rule', () => {
  const dead = (text: string) =>
    deadLinks({ path: 'docs/guide/a.md', text }, (path) =>
      ['docs/guide/b.md', 'README.md', 'docs/guide/a.md'].includes(path),
    )

  it('catches what leads nowhere', () => {
    expect(dead('[x](c.md) [y](../b.md "t")\n[z]: ../../../out.md')).toEqual([
      'docs/guide/a.md: "c.md" leads nowhere',
      'docs/guide/a.md: "../b.md" leads nowhere',
      'docs/guide/a.md: "../../../out.md" leads nowhere',
    ])
    expect(dead('# One\n[x](#two)')).toEqual(['docs/guide/a.md: "#two" names no heading'])
  })

  it('lets be what is there, outside, or code', () => {
    expect(
      dead('[x](b.md#part) [y](../../README.md) [z](https://a.example) [m](mailto:a@b.example)'),
    ).toEqual([])
    expect(dead('# Two words\n[x](#two-words) `[y](c.md)`\n```\n[z](d.md)\n```')).toEqual([])
  })
})

describe('the decision rule', () => {
  const path = 'docs/decisions/2026-01-31-a-slug.md'
  const whole = '# A\n## Context\n## Decision\n## Rejected\n## Consequences\n'

  it('catches what is missing, out of order or misnamed', () => {
    expect(incompleteDecision({ path, text: whole })).toEqual([])
    expect(incompleteDecision({ path, text: whole.replace('## Rejected\n', '') })).toEqual([
      `${path}: no heading "## Rejected"`,
    ])
    expect(
      incompleteDecision({ path, text: '## Decision\n## Context\n## Rejected\n## Consequences\n' }),
    ).toEqual([expect.stringContaining('in the order')])
    expect(incompleteDecision({ path: 'docs/decisions/Slug.md', text: whole })).toHaveLength(1)
  })
})
