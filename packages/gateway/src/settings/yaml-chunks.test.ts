/** Cutting with the text before at hand gives what cutting without it gives. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutYaml } from './yaml-chunks.ts'

const base = `models:
  # the first
  a:
    provider: one
  b: { provider: one }

  c:
    provider: two
    # inside
# at the side
routes:
  chat:
    targets:
      - { model: a, weight: 1 }
  # below
  other: { targets: [a] }
`

const line = fc.constantFrom(
  ...base.split('\n'),
  '  d: { provider: one }',
  '    more: yes',
  '    a: 1',
  ' a: 1',
  'limits:',
  '      # deep',
)

/** So many texts are remembered, and these have nothing in common with ours. */
function cutAfresh(text: string) {
  for (const it of ['one', 'two', 'three']) cutYaml(`unrelated:\n  ${it}: 1\n`)
  return cutYaml(text)
}

describe('cutting a text that was changed', () => {
  it('gives the same as cutting a text that nobody has seen before', () => {
    const edit = fc.record({ at: fc.nat(18), out: fc.nat(4), lines: fc.array(line, { maxLength: 4 }) })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 3 }), fc.boolean(), (edits, isClosed) => {
        const lines = base.split('\n')
        for (const it of edits) lines.splice(it.at, it.out, ...it.lines)
        const text = lines.join('\n') + (isClosed ? '\n' : '')
        const fresh = cutAfresh(text)
        cutAfresh(base)
        expect(cutYaml(text)).toEqual(fresh)
      }),
      { numRuns: 2_000, seed: 7 },
    )
  })

  it('keeps the entries that stand as they stood', () => {
    const before = cutAfresh(base)
    const after = cutYaml(base.replace('weight: 1', 'weight: 2'))
    expect(after?.[0]?.chunks).toHaveLength(3)
    for (const [i, chunk] of (after?.[0]?.chunks ?? []).entries()) expect(chunk).toBe(before?.[0]?.chunks[i])
    expect(after?.[1]?.chunks[0]).not.toBe(before?.[1]?.chunks[0])
  })
})
