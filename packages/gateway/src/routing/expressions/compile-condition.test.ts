import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RouteAsk } from '../../contract/route-ask.ts'
import { testAsk } from '../test-ask.ts'
import { compileCondition, faultOfCondition } from './compile-condition.ts'

const ask: RouteAsk = testAsk({
  model: 'gpt-4o-mini',
  tenant: 'acme',
  stream: true,
  headers: { 'x-tier': 'gold', authorization: 'Bearer secret' },
  metadata: { team: 'legal', size: 12, urgent: true },
  inputTokens: 9000,
  maxOutputTokens: null,
  modalities: ['text', 'image'],
  sensitive: true,
})

const holds = (text: string): boolean => compileCondition(text)(ask)

describe('a condition', () => {
  it.each([
    ['tenant == "acme"', true],
    ["tenant == 'acme'", true],
    ['tenant != "acme"', false],
    ['tokens > 8000 && "image" in modalities', true],
    ['tokens <= 9000 && tokens >= 9000', true],
    ['tokens < -1 || stream', true],
    ['!(tokens < 100)', true],
    ['tenant in ["other", "acme"]', true],
    ['tenant in []', false],
    ['headers["x-tier"] == "gold"', true],
    ['headers["X-Tier"] == "gold"', true],
    ['metadata.team == "legal" && metadata.urgent == true', true],
    ['metadata["size"] > 10', true],
    ['metadata.size >= 12.5', false],
    ['has(metadata.team) && !has(metadata.other)', true],
    ['size(model) == 11 && size(modalities) == 2', true],
    ['model.startsWith("gpt-") && model.endsWith("mini") && model.contains("4o")', true],
    ['sensitive', true],
    ['"b" > "a"', true],
    ['region == null', true],
    ['true || false && false', true],
    ['model == "a\\"b\\n"', false],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected)
  })

  it.each([
    'headers["x-none"] == "gold"',
    'headers["x-none"].startsWith("g")',
    'maxTokens > 1',
    'maxTokens <= 1',
    'metadata.none > 1',
    'metadata.team > 1',
    'metadata.none in ["a"]',
    'size(headers["x-none"]) >= 0',
    'region.contains("")',
  ])('that asks %s of what is missing is false', (text) => {
    expect(holds(text)).toBe(false)
  })

  it.each([
    ['', '1:1 found the end, expected a value'],
    ['tenant = "a"', '1:8 found "=", expected "=="'],
    ['tenant == "a" & stream', '1:15 found "&", expected "&&"'],
    ['tenant ==', '1:10 found the end, expected a value'],
    ['tenant == "a', '1:11 this text does not end, expected "'],
    ['a\n  && tenant', '1:1 there is no "a", expected one of'],
    ['stream &&\n  tennant == "a"', '2:3 there is no "tennant"; did you mean "tenant"?'],
    ['tokens == "many"', '1:11 found a text, expected a number to compare with'],
    ['tenant && stream', '1:1 found a text, expected true or false'],
    ['headers == "a"', '1:1 "headers" is a map, expected one of its entries'],
    ['headers["authorization"] == "a"', '1:9 "authorization" carries a credential and cannot be asked for'],
    ['tenant.matches("a+")', '1:8 there is no "matches()", expected one of startsWith, endsWith, contains'],
    ['tenant.startWith("a")', '1:8 there is no "startWith()"; did you mean "startsWith"?'],
    ['sizes(model) == 1', '1:1 there is no "sizes()"; did you mean "size"?'],
    ['tokens > 1 > 2', '1:12 found ">", expected "&&" or "||"'],
    ['[1] == modalities', '1:2 expected a text in quotes: lists hold texts'],
    ['stream < true', '1:8 true and false have no order'],
    ['modalities == modalities', '1:12 lists cannot be compared with "=="'],
    ['model.name == "a"', '1:7 only headers and metadata have entries'],
    ['has(1)', '1:5 expected an entry such as metadata.team'],
    ['tokens', '1:1 found a number, expected true or false'],
    ['tenant == "a" tenant', '1:15 found "tenant", expected "&&", "||" or the end'],
    ['12a == tokens', '1:1 found "12a", expected a number or a name'],
    ['model == "\\d"', '1:11 found "\\d", expected'],
    ['model == #', '1:10 found "#", expected a word, a value or a sign'],
  ])('%j is refused with the place: %s', (text, expected) => {
    expect(faultOfCondition(text)).toContain(expected)
  })

  it('is bounded in length, depth and size', () => {
    expect(faultOfCondition(' '.repeat(2001))).toContain('found 2001 characters, expected at most 2000')
    expect(faultOfCondition(`${'('.repeat(40)}stream${')'.repeat(40)}`)).toContain('nested deeper than 32')
    expect(faultOfCondition(`${'!'.repeat(1000)}stream`)).toContain('nested deeper than 32')
    expect(faultOfCondition(Array.from({ length: 190 }, () => 'stream').join('||'))).toBeNull()
    expect(
      faultOfCondition(
        Array.from({ length: 300 }, () => '!sensitive')
          .join('||')
          .slice(0, 2000),
      ),
    ).not.toBeNull()
  })

  it('cannot reach what objects inherit', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(faultOfCondition(`${name} == "a"`)).toContain(`there is no "${name}"`)
      expect(faultOfCondition(`tenant.${name}("a")`)).toContain(`there is no "${name}()"`)
      expect(holds(`has(metadata.${name})`)).toBe(false)
    }
  })

  it('whatever is written is read or refused with a place, and never throws when it runs', () => {
    const word = fc.constantFrom(...WORDS.split(' '), ' ', '\n')
    const text = fc.oneof(
      fc.array(word, { maxLength: 30 }).map((it) => it.join(' ')),
      fc.array(word, { maxLength: 30 }).map((it) => it.join('')),
      fc.string({ maxLength: 60, unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, (source) => {
        const fault = faultOfCondition(source)
        if (fault !== null) expect(fault).toMatch(/^\d+:\d+ /)
        else expect(typeof holds(source)).toBe('boolean')
      }),
      { numRuns: 5000, seed: 20261121 },
    )
  })

  it('says the same as JavaScript about logic and order', () => {
    interface Said {
      readonly text: string
      readonly value: boolean
    }
    const literal = fc.oneof(
      fc.boolean().map((value): Said => ({ text: String(value), value })),
      fc.tuple(fc.integer(), fc.integer()).map(([a, b]): Said => ({ text: `${a} < ${b}`, value: a < b })),
    )
    const { tree } = fc.letrec<{ tree: Said }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        literal,
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]): Said => ({ text: `(${a.text}) && (${b.text})`, value: a.value && b.value })),
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]): Said => ({ text: `(${a.text}) || (${b.text})`, value: a.value || b.value })),
        tie('tree').map((it): Said => ({ text: `!(${it.text})`, value: !it.value })),
      ),
    }))
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        fc.pre(faultOfCondition(text) === null)
        expect(holds(text)).toBe(value)
      }),
      { numRuns: 500, seed: 20261121 },
    )
  })
})

const WORDS = `tenant tokens stream modalities headers metadata has size startsWith in "a" 'b' 1 -2.5 true null ( ) [ ] , . ! - " \\ = & == != < <= > >= && ||`
