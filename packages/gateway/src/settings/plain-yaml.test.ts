import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readPlainYaml } from './plain-yaml.ts'
import { readYaml } from './yaml.ts'

describe('plain YAML', () => {
  it('is what most settings are written in', () => {
    const text = `  chat:
    # a comment, and an empty line

    targets:
      - { model: model-a, weight: 70 } # the greater part
      - { model: "model b", weight: 0.5, tags: [a, 'b c', []] }
      - model: c
        on: true
      - word
    endpoint: http://127.0.0.1:9000/v1?a=b
    credential: \${env:KEY}
    prompt: You help {{who}}, and say so.
    none: null
    hash: "sha256:0a"
`
    expect(readPlainYaml(text)).toEqual({
      chat: {
        targets: [
          { model: 'model-a', weight: 70 },
          { model: 'model b', weight: 0.5, tags: ['a', 'b c', []] },
          { model: 'c', on: true },
          'word',
        ],
        endpoint: 'http://127.0.0.1:9000/v1?a=b',
        credential: '${env:KEY}',
        prompt: 'You help {{who}}, and say so.',
        none: null,
        hash: 'sha256:0a',
      },
    })
  })

  const left = [
    'a: |\n  b',
    'a: b\n  c',
    'a: b: c',
    'a: 1\na: 2',
    'a: &x b',
    'a: 0x10',
    'a: 1e3',
    'a: 010',
    'a: 2026-11-21',
    'a: True',
    'a: "b\\n"',
    "a: 'it''s'",
    'a: [b, c',
    'a: {b}',
    'a: [b,]',
    'a:',
    'a: b#c',
    'a: ü',
    'a:\tb',
    '<<: { a: 1 }',
    'null: 1',
    '__proto__: 1',
    '- - a',
    '  a: 1\n b: 2',
    `a: ${'['.repeat(20)}${']'.repeat(20)}`,
    '',
  ]
  for (const text of left) {
    it(`leaves ${JSON.stringify(text.slice(0, 24))} to the library`, () => {
      expect(readPlainYaml(text)).toBeUndefined()
    })
  }
})

const word = fc.constantFrom(
  'a',
  'b1',
  'x y',
  'http://h:1/v',
  '${env:K}',
  'True',
  '1',
  '0.50',
  '01',
  '1:2',
  '-',
  '~',
  '{{v}}',
  'a,b',
  'a: b',
  'a #b',
  'a :b',
  "it's",
  '"',
  '|',
  '',
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(word, tie('value'), { maxKeys: 3 }),
  ),
}))
const written = fc
  .tuple(fc.dictionary(word, value, { maxKeys: 3 }), fc.boolean())
  .map(([it, flow]) => stringify(it, { collectionStyle: flow ? 'flow' : 'any', lineWidth: 0 }))
const piece = fc.constantFrom(
  'a',
  'b',
  ':',
  ': ',
  '- ',
  '\n',
  '\n  ',
  '\n    ',
  '{ ',
  ' }',
  '[',
  ']',
  ', ',
  '"',
  "'",
  '#',
  ' #',
  ' ',
  '1',
  '.5',
  'true',
  'null',
  '$',
  '/',
  '@',
  '-',
  '|',
  '>',
  '&a',
  '*a',
  '!',
  '?',
  '%',
  '~',
  '---',
  '...',
)
const pieced = fc.array(piece, { minLength: 1, maxLength: 14 }).map((it) => it.join(''))
const edited = fc.tuple(written, fc.nat(), piece).map(([it, at, sign]) => {
  const i = at % (it.length + 1)
  return it.slice(0, i) + sign + it.slice(i)
})

describe('a text that is read as plain YAML', () => {
  it('says to the library the same', () => {
    fc.assert(
      fc.property(fc.oneof(written, pieced, edited), (text) => {
        const quick = readPlainYaml(text)
        if (quick === undefined) return
        const read = readYaml(text, 'a.yaml')
        expect(read.ok ? read.document.value : read.issues).toEqual(quick)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is found among what is written at random', () => {
    // A fixed seed: how often chance writes plain YAML is no promise of ours.
    const texts = fc.sample(fc.oneof(written, pieced, edited), { numRuns: 2_000, seed: 7 })
    expect(texts.filter((it) => readPlainYaml(it) !== undefined).length).toBeGreaterThan(10)
  })
})
