import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { undeclaredVariables } from './check-context.ts'
import { compileContext } from './compile-context.ts'
import { contextSpec } from './spec.ts'
import { fillTemplate, parseTemplate } from './template.ts'

const context = (prompt: string, variables: Record<string, object> = {}) =>
  compileContext('support@1.0.0', contextSpec.parse({ prompt, variables }))

/** The prompt, or the refusal. */
function fill(it: ReturnType<typeof context>, variables?: Record<string, unknown>): string {
  const filled = it.fill(variables)
  return filled.ok ? filled.prompt : filled.message
}

describe('a context', () => {
  const greeting = context('Hello {{ name }}, {{name}}! {{tone}}', {
    name: { maxLength: 5 },
    tone: { default: 'Be kind.' },
  })

  it('fills its variables, and takes the default where the caller says nothing', () => {
    expect(fill(greeting, { name: 'Ann' })).toBe('Hello Ann, Ann! Be kind.')
    expect(fill(greeting, { name: 'Ann', tone: '' })).toBe('Hello Ann, Ann! ')
  })

  const refusals: readonly (readonly [
    what: string,
    given: Record<string, unknown> | undefined,
    message: string,
  ])[] = [
    [
      'nothing for a variable without default',
      undefined,
      'prompt variable "name": found nothing, expected a text',
    ],
    ['a number', { name: 7 }, 'prompt variable "name": found a number, expected a text'],
    ['a list', { name: ['a'] }, 'prompt variable "name": found a list, expected a text'],
    ['too long a text', { name: 'abcdef' }, 'prompt variable "name": found 6 characters, expected 5 at most'],
    [
      'a variable that is not declared',
      { name: 'Ann', nmae: 'x' },
      'prompt variable "nmae": found a variable that is not declared, expected name, tone',
    ],
    [
      'a variable of the prototype',
      { constructor: 'x' },
      'prompt variable "constructor": found a variable that is not declared, expected name, tone',
    ],
  ]
  for (const [what, given, message] of refusals) {
    it(`refuses ${what}`, () => {
      expect(greeting.fill(given)).toEqual({ ok: false, code: 'contexts.variable', message })
    })
  }

  it('does not look into values: what a caller says stays text', () => {
    expect(fill(greeting, { name: '{{t}}' })).toBe('Hello {{t}}, {{t}}! Be kind.')
    expect(fill(context('{{a}}{{b}}', { a: {}, b: {} }), { a: '{{b}}', b: '$&' })).toBe('{{b}}$&')
  })

  it('without variables is its prompt, made once', () => {
    const plain = context('Be brief.')
    const [first, second] = [plain.fill(undefined), plain.fill(undefined)]
    expect(second).toBe(first)
    expect(fill(plain, { x: '1' })).toBe(
      'prompt variable "x": found a variable that is not declared, expected none',
    )
  })

  it('names variables that are not declared, each once', () => {
    const it = contextSpec.parse({ prompt: '{{a}} {{b}} {{ c d }} {{a}} {{}}', variables: { b: {} } })
    expect(undeclaredVariables(it)).toEqual(['a', 'c d', ''])
  })
})

describe('a template', () => {
  it('takes the braces next to a name; more of them are text, as around a value in JSON', () => {
    const fill = (text: string): string => fillTemplate(parseTemplate(text), (name) => `<${name}>`)
    expect(fill('{{{a}}}')).toBe('{<a>}')
    expect(fill('{{{ }}')).toBe('{<>')
    expect(fill('{{{{ a }}')).toBe('{{<a>')
    expect(fill('{"to": {{a}}}')).toBe('{"to": <a>}')
  })

  it('filled with its own placeholders is the text it was made of', () => {
    const piece = fc.constantFrom('{{a}}', '{{bc}}', '{', '}', '{{', 'text', '\n', '{{ }')
    const tight = (text: string): string => text.replaceAll(/\{\{(?!\{)\s*/g, '{{')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('')
        const filled = fillTemplate(parseTemplate(text), (name) => `{{${name}}}`)
        expect(tight(filled)).toBe(tight(text))
      }),
      { examples: [[['{', '{{ }', '}']]] },
    )
  })
})
