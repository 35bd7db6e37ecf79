/** That a look for hints first leaves nothing out: the same is found as when each form is looked for by itself. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finder } from '../scan.ts'
import type { Detector } from './detector.ts'
import { detectorFinder } from './detector-scan.ts'
import { hintsOf } from './hints.ts'
import { PII } from './pii.ts'
import { SECRETS } from './secrets.ts'

const B = 'A1b2C3d4E5f6G7h8'
/** For each form the shortest and some longer ones, and for tokens each of their beginnings. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  email: ['a@b.co', '%@a.aa', "Ann.O'x+y@mail.example.co.uk", `${'x'.repeat(64)}@a.b-c.info`],
  phone: ['+4912345', '+1 (415) 555-2671', '0044 20 7946 0958', '(415)555-2671', '415.555.2671'],
  card: ['4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005', '4222222222222'],
  iban: ['DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819', 'NO9386011117947'],
  ssn: ['078-05-1120'],
  ip: ['192.168.1.20', '2001:db8::8a2e:370:7334', 'abcd::ef', '::1', '1.1.1.1'],
  aws: ['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((it) => `${it}IOSFODNNXEXAMPLE`),
  github: [
    ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((it) => `${it}${'abcdefghij'.repeat(3)}`),
    `github_pat_${'abcdefghij'.repeat(4)}`,
  ],
  gitlab: [`glpat-${'abcde'.repeat(4)}`],
  slack: ['xoxb-123456789a', `xoxp-${B}`, 'xapp-1-abcdefghij'],
  anthropic: [`sk-ant-${'abcde'.repeat(4)}`],
  openai: [`sk-${'abcd1'.repeat(4)}`, `sk-proj-${B}${B}`],
  google: [`AIza${'abcde'.repeat(7)}`, `GOCSPX-${'abcdefg'.repeat(4)}`, `ya29.${'abcde'.repeat(6)}`],
  stripe: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'].map((it) => `${it}${'abcd'.repeat(4)}`),
  packages: [`npm_${'abcd'.repeat(9)}`, `hf_${'abcde'.repeat(6)}`, `pypi-${'abcde'.repeat(10)}`],
  jwt: [`eyJ${'abcde'.repeat(2)}.eyJ${'abcde'.repeat(2)}.${'abcde'.repeat(2)}`],
  privateKey: [
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234567890\nab==\n-----END RSA PRIVATE KEY-----',
  ],
  url: ['://a:abc@', 'postgres://app:hunter22@db:5432/x'],
  assigned: [
    'API_KEY="9f8e7d6c5b4a39281706"',
    'token=abcdefgh1jkl',
    '"client_secret": "x7Kp2mQ9vB4t"',
    'passwd => abcdefgh1jkl',
    'Passw0rd secret := =!~@#$%^&*a1+/',
  ],
}
const ALL: Readonly<Record<string, Detector>> = { ...PII, ...SECRETS }
const GUARDS = [Object.values(PII), Object.values(SECRETS), [PII.email], [SECRETS.jwt, SECRETS.assigned]]

interface Match {
  readonly start: number
  readonly end: number
  readonly label: string
}

/** Each form by itself, over the whole text. */
function plainly(detectors: readonly Detector[], text: string): Match[] {
  return sorted(
    detectors.flatMap(({ pattern, part, label }) => {
      const found: Match[] = []
      pattern.lastIndex = 0
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        const counted = part === undefined ? ([0, match[0].length] as const) : part(match)
        pattern.lastIndex = match.index + (counted?.[1] ?? 1)
        if (counted !== null)
          found.push({ start: match.index + counted[0], end: match.index + counted[1], label })
      }
      return found
    }),
  )
}

function scanned(finder: Finder, text: string, cuts: readonly number[]): Match[] {
  const found: Match[] = []
  const work = { goesOn: () => true }
  const scan = finder.open((start, end, label) => found.push({ start, end, label }), { kind: 'text', work })
  let decided = 0
  for (const until of cuts) {
    const next = scan.next({ text: text.slice(0, until), base: 0 }, false)
    expect(next).toBeGreaterThanOrEqual(decided)
    decided = next
  }
  expect(scan.next({ text, base: 0 }, true)).toBe(text.length)
  return sorted(found)
}

const sorted = (matches: readonly Match[]) =>
  matches.toSorted((a, b) => a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1))

const bits = fc.oneof(
  fc.constantFrom(...Object.values(EXAMPLES).flat()),
  fc.constantFrom(
    ' ',
    '.',
    '\n',
    '\\n',
    '-',
    '_',
    '@',
    ':',
    '://',
    '=',
    '"',
    '0',
    '7',
    'a',
    'Z',
    'é',
    '😀',
    'ſ',
    '\u212A',
  ),
  fc.constantFrom(
    'prose of ',
    'a-well-known-word',
    'sk',
    'eyJ',
    'AKIA',
    'internationalization',
    '2026-11-21',
    '٣',
    '４',
  ),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
  fc.string({ maxLength: 20, unit: 'grapheme-ascii' }),
)
const texts = fc.array(bits, { maxLength: 7 }).map((it) => it.join(''))
const cutTexts = fc.tuple(texts, fc.array(fc.nat(300), { maxLength: 12 })).map(([text, cuts]) => ({
  text,
  cuts: [...new Set(cuts.filter((it) => it <= text.length))].toSorted((a, b) => a - b),
}))

describe('a look for hints', () => {
  it.each(Object.keys(ALL))('is told of every example of %s, wherever it stands', (name) => {
    const form = ALL[name]
    const examples = EXAMPLES[name] ?? []
    if (form === undefined || examples.length === 0) throw new TypeError(`${name} has no examples`)
    const finder = detectorFinder([form])
    for (const it of examples) {
      for (const text of [it, ` ${it} `, `${'é'.repeat(20)} ${it}`, `${'word '.repeat(7)}${it}\n`]) {
        expect(plainly([form], text), text).not.toEqual([])
        expect(hintsOf(text, form.needs), text).toBe(form.needs)
        expect(finder.isClear?.(text), text).toBe(false)
      }
    }
    // Each beginning that the form names is among the examples.
    for (const it of form.begins ?? [])
      expect(
        examples.some((example) => example.startsWith(it)),
        it,
      ).toBe(true)
  })

  it('finds nothing less and nothing else than each form by itself, in any pieces', () => {
    const finders = GUARDS.map((it) => ({ forms: it, finder: detectorFinder(it) }))
    let withFindings = 0
    fc.assert(
      fc.property(cutTexts, ({ text, cuts }) => {
        for (const { forms, finder } of finders) {
          const plain = plainly(forms, text)
          withFindings += plain.length > 0 ? 1 : 0
          expect(scanned(finder, text, [])).toEqual(plain)
          expect(scanned(finder, text, cuts)).toEqual(plain)
          if (plain.length > 0) expect(finder.isClear?.(text)).toBe(false)
        }
      }),
      { numRuns: 3000, seed: 11 },
    )
    expect(withFindings).toBeGreaterThan(1000)
  })

  it('lets a form that has begun wait, and no text that has none', () => {
    const finder = detectorFinder(Object.values(SECRETS))
    const decidedOf = (text: string) =>
      finder
        .open(() => undefined, { kind: 'text', work: { goesOn: () => true } })
        .next({ text, base: 0 }, false)
    expect(decidedOf('it is AKI')).toBe(6)
    expect(decidedOf('it is x.eyJhbGciOi')).toBe(8)
    expect(decidedOf(`it is sk-${'a'.repeat(100)}`)).toBe(6)
    expect(decidedOf('1234 5678')).toBe(9)
  })

  it('calls what most texts are clear', () => {
    const finder = detectorFinder([
      ...Object.values(SECRETS),
      PII.email,
      PII.phone,
      PII.card,
      PII.iban,
      PII.ssn,
    ])
    for (const text of [
      '',
      'You answer questions about cinemas, briefly and politely.',
      'Characteristically, the well-known internationalization-of-everything took 12 years (1998 to 2010): no token.',
      'See https://example.com/a/long/path-with-words_and_more?x=1 and mention @home.',
      'const total = items.reduce((sum, it) => sum + it.price, 0)',
    ])
      expect(finder.isClear?.(text), text).toBe(true)
  })

  it('ends on long texts that were written to be slow', () => {
    const finder = detectorFinder([...Object.values(SECRETS), ...Object.values(PII)])
    for (const it of ['a', 'A1', '1', '1 ', '-', 'sk-', 'eyJ', '@', ':', '://', '[', 'key=', 'AA11'])
      expect(typeof finder.isClear?.(it.repeat(1_000_000 / it.length))).toBe('boolean')
  })
})
