import type { Json, SettingsTree } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { replacePlainValues, replaceYamlValues } from './yaml-splice.ts'

const ENTRY = `chat:
  # customers
  targets:
    - model: fast   # cheap
      weight: 90
    - { model: careful, weight: 10 }
  fallback: [careful, 'slow one']
  prompt: "say: hello"
`

const wanted = (change: (entry: Record<string, unknown>) => void): SettingsTree => {
  const tree = parse(ENTRY) as { chat: Record<string, unknown> }
  change(tree.chat)
  return tree as SettingsTree
}

describe('exchanging values without the library', () => {
  it('finds them in lists, in brackets and in quotes, and moves no other byte', () => {
    const targets = [
      { model: 'fast', weight: 25 },
      { model: 'other', weight: 75 },
    ]
    const next = wanted((it) =>
      Object.assign(it, { targets, fallback: ['careful', "it's"], prompt: 'a "b"' }),
    )
    expect(replacePlainValues(ENTRY, next)).toBe(
      ENTRY.replace('90', '25')
        .replace('{ model: careful, weight: 10 }', '{ model: other, weight: 75 }')
        .replace("'slow one'", "'it''s'")
        .replace('"say: hello"', '"a \\"b\\""'),
    )
  })

  it('leaves to the library what changes more than values, and what is not plain', () => {
    expect(
      replacePlainValues(
        ENTRY,
        wanted((it) => delete it['fallback']),
      ),
    ).toBeNull()
    expect(replacePlainValues('a: &x 1\nb: *x\n', { a: 2, b: 1 } as unknown as SettingsTree)).toBeNull()
  })

  it('writes what the library writes', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,6}$/)
    const simple = fc.oneof(
      fc.integer({ min: 0, max: 999 }),
      fc.boolean(),
      fc.constantFrom('plain', 'two words', 'a: b', '${env:KEY}', "it's", '#1', '', 'true', '12'),
    )
    const value = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        simple,
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(name, tie('tree'), { minKeys: 1, maxKeys: 3 }),
      ),
    })).tree
    const layout = fc.record({
      collectionStyle: fc.constantFrom('any', 'flow', 'block'),
      indent: fc.constantFrom(2, 4),
    })
    let exchanged = 0
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }),
        layout,
        simple,
        (tree, options, other) => {
          const text = stringify(tree, { lineWidth: 0, ...options } as never)
          const next = exchangeFirst(tree, other) as SettingsTree
          const quick = replacePlainValues(text, next)
          if (quick === null) return
          exchanged += 1
          expect(quick).toBe(replaceYamlValues(text, next))
          expect(parse(quick)).toEqual(next)
        },
      ),
      { numRuns: 400, seed: 11 },
    )
    expect(exchanged).toBeGreaterThan(100)
  })
})

/** The tree with another value in the first place that holds a simple one. */
function exchangeFirst(tree: Json, other: Json): Json {
  if (typeof tree !== 'object' || tree === null) return other
  if (Array.isArray(tree)) return tree.map((it: Json, i) => (i === 0 ? exchangeFirst(it, other) : it))
  const [first] = Object.keys(tree)
  return Object.fromEntries(
    Object.entries(tree).map(([key, it]) => [key, key === first ? exchangeFirst(it, other) : it]),
  )
}
