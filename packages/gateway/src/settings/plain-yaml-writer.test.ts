import type { Json } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { writePlainEntry } from './plain-yaml-writer.ts'
import type { YamlLayout } from './yaml-edit.ts'

const layouts = [true, false].map(
  (indentSeq): YamlLayout => ({ lineWidth: 0, indent: 2, indentSeq, flowCollectionPadding: true }),
)
const byLibrary = (name: string, value: Json, layout: YamlLayout) => stringify({ [name]: value }, layout)

const word = fc.oneof(
  fc.constantFrom('a', 'model', 'support@2.1.0', 'no-pii', 'Yes', 'nULL', 'NaN', 'a - b', 'e1', 'x_', 'o1'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).filter((it) => it !== '__proto__'),
  fc
    .array(fc.constantFrom('be', 'kind', 'to', 'all-of', 'them.', '12'), { minLength: 1 })
    .map((it) => it.join(' ')),
)
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      word,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }) as fc.Arbitrary<Json>,
  ),
}))

describe('plain YAML that is written', () => {
  it('is what the library writes, or nothing', () => {
    fc.assert(
      fc.property(word, value, fc.constantFrom(...layouts), (name, it, layout) => {
        const lines = writePlainEntry(name, it, layout)
        if (lines !== null) expect(`${lines.join('\n')}\n`).toBe(byLibrary(name, it, layout))
      }),
      { numRuns: 3_000 },
    )
  })

  it('is written where settings are as plain as they mostly are', () => {
    const route = {
      targets: [{ model: 'a', weight: 3 }, { model: 'b' }],
      retries: { attempts: 2, codes: ['timeout', 'reset'] },
      note: 'kind words',
      stream: true,
      empty: {},
      none: [],
      lists: [['a', ['b']], [{ c: null }]],
    }
    for (const layout of layouts) {
      const lines = writePlainEntry('chat', route, layout)
      expect(`${lines?.join('\n')}\n`).toBe(byLibrary('chat', route, layout))
    }
  })

  it('is nothing where the library would say it in another form', () => {
    const same = { model: 'a' }
    for (const it of [[same, same], 'a: b', '# a', '12', 0.5, -0, 'on', '', ' a', 'x'.repeat(101)])
      expect(writePlainEntry('a', it, layouts[0] as YamlLayout)).toBeNull()
    expect(writePlainEntry('a', 1, { ...(layouts[0] as YamlLayout), indent: 4 })).toBeNull()
  })
})
