/** What each kind of guard finds, and what it leaves alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findFaults, loadEngines } from './find-faults.ts'
import { guardrailSpec } from './spec.ts'
import { answer, guardsOf } from './test-guards.ts'
import { wordsFinder } from './words.ts'

const B = 'A1b2C3d4E5f6G7h8'
const find = async (guard: Readonly<Record<string, unknown>>, text: string) => {
  const { texts } = await answer(guardsOf([{ action: 'mask', on: 'output', ...guard }]), text)
  return texts.get('0 text')
}

describe('personal data', () => {
  const pii = (text: string) =>
    find({ kind: 'pii', pii: ['email', 'phone', 'card', 'iban', 'ssn', 'ip'] }, text)

  it.each([
    ['a@b.co', '[EMAIL_1]'],
    ['Ann.O+x@mail.example.co.uk.', '[EMAIL_1].'],
    ['<ann@example.com>,bob@example.com', '<[EMAIL_1]>,[EMAIL_2]'],
    ['ann@example.com, again ann@example.com', '[EMAIL_1], again [EMAIL_1]'],
    ['call +49 30 1234567.', 'call [PHONE_1].'],
    ['+1 (415) 555-2671', '[PHONE_1]'],
    ['(415) 555-2671 or 415-555-2671', '[PHONE_1] or [PHONE_2]'],
    ['0044 20 7946 0958', '[PHONE_1]'],
    ['4111 1111 1111 1111', '[CARD_1]'],
    ['5500-0000-0000-0004 12/27', '[CARD_1] 12/27'],
    ['378282246310005', '[CARD_1]'],
    ['DE89 3704 0044 0532 0130 00', '[IBAN_1]'],
    ['GB29NWBK60161331926819', '[IBAN_1]'],
    ['DE89370400440532013000 BIC COBADEFF', '[IBAN_1] BIC COBADEFF'],
    ['078-05-1120', '[SSN_1]'],
    ['from 192.168.1.20:80', 'from [IP_1]:80'],
    ['2001:db8::8a2e:370:7334', '[IP_1]'],
  ])('finds it in %j', async (text, masked) => {
    expect(await pii(text)).toBe(masked)
  })

  it.each([
    'user at example.com',
    'a@b',
    'me@localhost:',
    'version 1.2.3',
    '999.1.1.1',
    '4111 1111 1111 1112',
    'order 1234567890123456789012',
    'GB00NWBK60161331926819',
    '000-12-3456',
    '2026-11-21 12:30:45',
    'tel 12345',
    '3.14159265358979',
    'std::vector<int>',
  ])('leaves %j alone', async (text) => {
    expect(await pii(text)).toBe(text)
  })
})

describe('credentials', () => {
  it.each([
    ['AWS_KEY', 'AKIAIOSFODNN7EXAMPLE'],
    ['GITHUB_TOKEN', `ghp_${B}${B}a1b2`],
    ['GITHUB_TOKEN', `github_pat_${B}${B}_${B}${B}`],
    ['GITLAB_TOKEN', `glpat-${B}a1B2`],
    ['SLACK_TOKEN', `xoxb-123456789012-${B}`],
    ['ANTHROPIC_KEY', `sk-ant-api03-${B}${B}`],
    ['OPENAI_KEY', `sk-proj-${B}${B}`],
    ['GOOGLE_KEY', `AIza${B}${B}abc`],
    ['STRIPE_KEY', `sk_live_${B}${B}`],
    ['PACKAGE_TOKEN', `npm_${B}${B}a1b2`],
    ['JWT', `eyJ${B}.eyJ${B}.${B}`],
    [
      'PRIVATE_KEY',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234567890\nab==\n-----END RSA PRIVATE KEY-----',
    ],
    [
      'PRIVATE_KEY',
      '-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA1234567890\\nab==\\n-----END PRIVATE KEY-----',
    ],
  ])('finds a %s', async (label, secret) => {
    expect(await find({ kind: 'secrets' }, `it is ${secret} .`)).toBe(`it is [${label}_1] .`)
    expect(await find({ kind: 'secrets' }, secret)).toBe(`[${label}_1]`)
  })

  it.each([
    ['API_KEY="9f8e7d6c5b4a39281706"', 'API_KEY="[SECRET_1]"'],
    ['"client_secret": "x7Kp2mQ9vB4tL8nR"', '"client_secret": "[SECRET_1]"'],
    ['postgres://app:hunter22@db:5432/x', 'postgres://app:[PASSWORD_1]@db:5432/x'],
  ])('finds what is said to be one in %j', async (text, masked) => {
    expect(await find({ kind: 'secrets' }, text)).toBe(masked)
  })

  it.each([
    'task-oriented-dialogue-systems-2024',
    'the password is required',
    'password: your_password_here',
    'token = process.env.TOKEN_NAME',
    'AKIA is a beginning',
    'https://example.com/a@b',
    '-----BEGIN CERTIFICATE-----',
  ])('leaves %j alone', async (text) => {
    expect(await find({ kind: 'secrets' }, text)).toBe(text)
  })
})

describe('words', () => {
  const words = (text: string, more: object = {}) =>
    find({ kind: 'deny', words: ['Projekt Müller', 'cat', 'straße', '秘密', 'a b c'], ...more }, text)

  it.each([
    ['projekt  mu\u0308ller!', '[MASKED_1]!'],
    ['PROJEKT\nMÜLLER', '[MASKED_1]'],
    ['ｐｒｏｊｅｋｔ müller', '[MASKED_1]'],
    ['c\u200bat', '[MASKED_1]'],
    ['the STRASSE.', 'the [MASKED_1].'],
    ['这是秘密吗', '这是[MASKED_1]吗'],
    ['a b a b c', 'a b [MASKED_1]'],
    ['cat cat', '[MASKED_1] [MASKED_1]'],
  ])('finds them in %j', async (text, masked) => {
    expect(await words(text)).toBe(masked)
  })

  it('finds them inside of others only where that is said', async () => {
    expect(await words('concatenate cats')).toBe('concatenate cats')
    expect(await words('concatenate cats', { wholeWords: false })).toBe('con[MASKED_1]enate [MASKED_1]s')
  })

  it('are not told to be absent from any text in which they are found', () => {
    const bit = fc.constantFrom(
      'Projekt',
      ' ',
      '\t',
      'mu\u0308',
      'ller',
      'müller',
      'c',
      'at',
      '\u200b',
      'STRASSE',
      'ß',
      '秘',
      '密',
      '😀',
      'a b',
      'ｃ',
      '\ud83d',
    )
    const words = ['Projekt Müller', 'cat', 'straße', '秘密', 'a b c', '😀😀']
    const finder = wordsFinder({ words, wholeWords: false, label: 'WORD' })
    let [found, clear] = [0, 0]
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 8 }), (bits) => {
        const text = bits.join('')
        let count = 0
        const scan = finder.open(() => (count += 1), { kind: 'text', work: { goesOn: () => true } })
        scan.next({ text, base: 0 }, true)
        // Without whole words it is the same question.
        expect(finder.isClear?.(text)).toBe(count === 0)
        if (count === 0) clear += 1
        else found += 1
      }),
      { numRuns: 2000, seed: 31 },
    )
    expect(Math.min(found, clear)).toBeGreaterThan(300)
  })

  it('takes one step a character, however many there are', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `word${i} and more`)
    const guard = { kind: 'deny', words: many }
    expect(await find(guard, 'say word9999 and more or word77 and less')).toBe(
      'say [MASKED_1] or word77 and less',
    )
  })
})

describe('expressions', () => {
  const regex = (patterns: string[], text: string, more: object = {}) =>
    find({ kind: 'regex', patterns, ...more }, text)

  it.each([
    [['\\d{4}'], 'in 2026 and 12345', 'in [MASKED_1] and [MASKED_2]5'],
    [['^a', 'z$'], 'abz az', '[MASKED_1]bz a[MASKED_2]'],
    [['(?i)secret'], 'SECRET', '[MASKED_1]'],
    [['x*'], 'axxb', 'a[MASKED_1]b'],
    [['a+'], 'a'.repeat(500), '[MASKED_1]'],
    [['😀+'], 'x😀😀y', 'x[MASKED_1]y'],
  ])('%j finds in %j', async (patterns, text, masked) => {
    expect(await regex(patterns, text)).toBe(masked)
  })

  it('that could run away do not: twice the text takes no more than some more steps', async () => {
    const steps = async (length: number) => {
      let asked = 0
      const now = () => {
        asked += 1
        return 0
      }
      const guards = guardsOf([{ kind: 'regex', action: 'mask', patterns: ['(a+)+$', '(x+x+)+y'] }], { now })
      await answer(guards, `${'ab'.repeat(length / 2)}!`)
      return asked
    }
    expect(await steps(1_000_000)).toBeLessThan(3 * (await steps(500_000)))
  })

  it('that are not of the syntax of RE2, are too many, or schemas that are none, are told with their place', async () => {
    const settings = guardrailSpec.parse({
      guards: [
        { kind: 'regex', action: 'mask', patterns: ['fine', '(?=a)b', '(a', '(a)\\1'] },
        { kind: 'regex', action: 'mask', patterns: Array.from({ length: 20 }, () => '(?:abc|def){500}') },
        { kind: 'jsonSchema', action: 'block', schema: { type: 'nothing' } },
      ],
    })
    const faults = findFaults(new Map([['house', settings]]), await loadEngines([settings]))
    expect(faults.map((it) => it.steps.join('/'))).toEqual([
      'guards/0/patterns/1',
      'guards/0/patterns/2',
      'guards/0/patterns/3',
      'guards/1/patterns',
      'guards/2/schema',
    ])
  })
})

describe('a schema', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'integer' } },
    additionalProperties: false,
  }
  const guards = guardsOf([{ kind: 'jsonSchema', action: 'block', schema }])

  it.each([
    ['{"a":1}', false],
    ['{"a":"1"}', true],
    ['{"a":1', true],
    ['no JSON', true],
    ['', false],
  ])('judges %j at its end, and lets nothing out before', async (text, isBlocked) => {
    const told = await answer(guards, text, [2])
    expect(told.blocked !== null).toBe(isBlocked)
    expect(told.texts.get('0 text') ?? '').toBe(isBlocked ? '' : text)
  })
})

describe('settings of a guard', () => {
  const wrong = (guard: object) => {
    const parsed = guardrailSpec.safeParse({ guards: [guard] })
    return parsed.success ? [] : parsed.error.issues.map((it) => it.path.join('.'))
  }

  it.each([
    [{ kind: 'regex', action: 'mask' }, 'guards.0.patterns'],
    [{ kind: 'pii', action: 'mask', words: ['a'] }, 'guards.0.words'],
    [{ kind: 'maxSize', action: 'block' }, 'guards.0.maxChars'],
    [{ kind: 'maxSize', action: 'mask', maxChars: 5 }, 'guards.0.action'],
    [{ kind: 'jsonSchema', action: 'block', schema: {}, on: 'input' }, 'guards.0.on'],
    [{ kind: 'webhook', action: 'block', url: 'https://u:p@example.com/' }, 'guards.0.url'],
    [
      { kind: 'webhook', action: 'block', url: 'https://example.com/', signWith: 'literal' },
      'guards.0.signWith',
    ],
  ])('%j are refused at %s', (guard, path) => {
    expect(wrong(guard)).toContain(path)
  })
})
