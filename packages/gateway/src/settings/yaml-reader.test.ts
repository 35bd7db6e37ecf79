import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { ReadText } from './document.ts'
import { readYaml } from './yaml.ts'
import { cutYaml } from './yaml-chunks.ts'
import { readYamlByEntries, readYamlInTurns } from './yaml-reader.ts'

const name = fc.oneof(
  fc.constantFrom('chat', 'support@1.0.0', 'a/b:c', 'x y', '"q"', '1', 'true', '~', '- a', '#h', "it's"),
  fc.string({ minLength: 1, maxLength: 8 }),
)
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    'a\nb: c\n',
    '# no comment\nx\n',
    '* item\n* item\n',
    'R & D',
    '{{x}}',
    '${env:X}',
    '---\nx',
    '&a b',
  ),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer({ min: -1000, max: 1000 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
}))
const tree = fc.dictionary(
  fc.constantFrom('routes', 'models', 'contexts', 'limits'),
  fc.dictionary(name, value, { maxKeys: 4 }),
)

const yaml = fc
  .tuple(tree, fc.constantFrom(1, 2, 4), fc.boolean())
  .map(([it, indent, indentSeq]) => stringify(it, { indent, indentSeq, lineWidth: 40 }))

/** One sign taken out, put in or doubled: where the two ways could come apart. */
const broken = fc
  .tuple(
    yaml,
    fc.nat(),
    fc.constantFrom('', ' ', '"', "'", ':', '\n', '#', '{', ']', '- ', '\t', '&a ', '*a', '|', '\r', '---\n'),
  )
  .map(([it, at, sign]) => {
    const i = at % (it.length + 1)
    return it.slice(0, i) + sign + it.slice(sign === '' ? i + 1 : i)
  })

function outcome(read: ReadText): unknown {
  return read.ok ? read.document.value : read.issues.map((it) => [it.message, it.place])
}

describe('YAML read by entries', { timeout: 60_000 }, () => {
  it('says the same as YAML read as a whole', () => {
    fc.assert(
      fc.property(yaml, (it) => {
        expect(outcome(readYamlByEntries(it, 'c.yaml'))).toEqual(outcome(readYaml(it, 'c.yaml')))
      }),
      { numRuns: 100 },
    )
  })

  it('says the same when a sign is wrong', () => {
    fc.assert(
      fc.property(broken, (it) => {
        expect(outcome(readYamlByEntries(it, 'c.yaml'))).toEqual(outcome(readYaml(it, 'c.yaml')))
      }),
      { numRuns: 600 },
    )
  })

  it('leads to the same places', () => {
    fc.assert(
      fc.property(yaml, (it) => {
        const [parts, whole] = [readYamlByEntries(it, 'c.yaml'), readYaml(it, 'c.yaml')]
        if (!parts.ok || !whole.ok) return
        for (const steps of stepsIn(whole.document.value)) {
          expect(parts.document.placeOf(steps)).toEqual(whole.document.placeOf(steps))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('says the same in turns', async () => {
    const it = 'routes:\n  a:\n    targets: []\n  b: {}\nmodels: # none\n'
    expect(outcome(await readYamlInTurns(it, 'c.yaml'))).toEqual(outcome(readYaml(it, 'c.yaml')))
  })

  it('is how plain settings are read, prose and references in them too', () => {
    const it =
      'contexts:\n  a@1.0.0:\n    prompt: |\n      * R & D! costs 5 %\n      - **all**: yes\n  b@1.0.0: { prompt: "x" }\n\n# end\n'
    expect(cutYaml(it)?.map((section) => section.chunks.length)).toEqual([2])
  })

  it('does not read an entry again that has not changed', () => {
    const before = readYamlByEntries('routes:\n  a: { x: [1] }\n  b: { x: [2] }\n', 'c.yaml')
    const after = readYamlByEntries('routes:\n  a: { x: [1] }\n  b: { x: [3] }\n', 'c.yaml')
    const entry = (read: ReadText, of: string) =>
      read.ok ? (read.document.value as Record<string, Record<string, unknown>>).routes?.[of] : undefined
    expect(entry(after, 'a')).toBe(entry(before, 'a'))
    expect(entry(after, 'b')).not.toBe(entry(before, 'b'))
  })
})

function* stepsIn(value: unknown, at: readonly string[] = []): Generator<readonly string[]> {
  yield at
  if (typeof value !== 'object' || value === null) return
  for (const [step, inner] of Object.entries(value)) yield* stepsIn(inner, [...at, step])
}

describe('a text that was cut before', () => {
  const cutFresh = (it: string) => {
    // Other texts push out what is remembered.
    for (let i = 0; i < 5; i++) cutYaml(`routes:\n  other${i}: {}\n`)
    return cutYaml(it)
  }

  it('is cut in the same way as one that was not', () => {
    fc.assert(
      fc.property(fc.oneof(yaml, broken), fc.oneof(yaml, broken), (one, other) => {
        const fresh = [cutFresh(one), cutFresh(other)]
        for (let i = 0; i < 2; i++) expect([cutYaml(one), cutYaml(other)]).toEqual(fresh)
      }),
    )
  })

  it('says the same again, and places lead into the file that was asked about', async () => {
    const it = 'routes:\n  a: { x: 1 }\n  b:\n    x: 2\n'
    const [first, second] = [readYamlByEntries(it, 'one.yaml'), await readYamlInTurns(it, 'two.yaml')]
    if (!first.ok || !second.ok) throw new Error('not read')
    expect(second.document.value).toBe(first.document.value)
    expect(first.document.placeOf(['routes', 'b', 'x'])).toEqual({ file: 'one.yaml', line: 4, column: 5 })
    expect(second.document.placeOf(['routes', 'b', 'x'])).toEqual({ file: 'two.yaml', line: 4, column: 5 })
  })

  it('keeps to an entry the comments that are deeper than it, and only those', () => {
    const it = 'routes:\n  a:\n    x: 1\n    # deep\n\n  # b is next\n  b: {}\n'
    const chunks = cutYaml(it)?.[0]?.chunks.map(({ text: chunk, bodyLines, linesBefore }) => {
      return { chunk, bodyLines, linesBefore }
    })
    expect(chunks).toEqual([
      { chunk: '  a:\n    x: 1\n    # deep\n\n  # b is next\n', bodyLines: 3, linesBefore: 1 },
      { chunk: '  b: {}\n\n', bodyLines: 1, linesBefore: 6 },
    ])
  })
})
