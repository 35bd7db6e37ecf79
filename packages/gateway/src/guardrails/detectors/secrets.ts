/**
 * Credentials whose makers gave them a form of their own, and those that stand where one is said to stand.
 *
 * A beginning such as `AKIA` may follow an escape of a JSON text: `\nAKIA…` in the arguments of a tool.
 */
import { charTable, runStart } from './characters.ts'
import { beginningOf, type Detector, isBegun } from './detector.ts'
import { BEGINNINGS, HINTS, KEY_BEGINS } from './hints.ts'

/** Not in the middle of a word, unless its last letter belongs to an escape: `\n`. */
const APART = String.raw`(?<!(?:^|[^\\])[A-Za-z0-9])`

interface TokenForm {
  readonly label: string
  /** Literal beginnings, one of which each match has. */
  readonly begins: readonly string[]
  readonly form: string
  /** Of its characters, the beginnings among them. */
  readonly characters: RegExp
  readonly most: number
  /** Whether it must have a digit: words with hyphens have none. */
  readonly digits?: boolean
}

function token({ label, begins, form, characters, most, digits }: TokenForm): Detector {
  const table = charTable(characters)
  return {
    label,
    pattern: new RegExp(`${APART}(?:${form})`, 'g'),
    needs: HINTS.token,
    begins,
    openFrom(text, from) {
      for (let at = runStart(text, table, from, most); at < text.length; at += 1) {
        for (const it of begins) if (isBegun(it, text, at)) return at
      }
      return text.length
    },
    ...(digits === true ? { part: (match) => (/\d/.test(match[0]) ? [0, match[0].length] : null) } : {}),
  }
}

const PLAIN = /[A-Za-z0-9]/
const WORD = /[A-Za-z0-9_]/
const DASHED = /[A-Za-z0-9_-]/
const DOTTED = /[A-Za-z0-9_.-]/
const END = '(?![A-Za-z0-9])'

const aws = token({
  label: 'AWS_KEY',
  begins: BEGINNINGS.aws,
  form: `(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}${END}`,
  characters: PLAIN,
  most: 21,
})
const github = token({
  label: 'GITHUB_TOKEN',
  begins: BEGINNINGS.github,
  form: 'gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}',
  characters: WORD,
  most: 270,
})
const gitlab = token({
  label: 'GITLAB_TOKEN',
  begins: BEGINNINGS.gitlab,
  form: 'glpat-[A-Za-z0-9_-]{20,128}',
  characters: DASHED,
  most: 136,
})
const slack = token({
  label: 'SLACK_TOKEN',
  begins: BEGINNINGS.slack,
  form: '(?:xox[abeoprs]-|xapp-\\d-)[A-Za-z0-9-]{10,280}',
  characters: DASHED,
  most: 290,
  digits: true,
})
const anthropic = token({
  label: 'ANTHROPIC_KEY',
  begins: BEGINNINGS.anthropic,
  form: 'sk-ant-[A-Za-z0-9_-]{20,255}',
  characters: DASHED,
  most: 264,
})
const openai = token({
  label: 'OPENAI_KEY',
  begins: BEGINNINGS.openai,
  form: 'sk-(?!ant-)[A-Za-z0-9_-]{20,255}',
  characters: DASHED,
  most: 260,
  digits: true,
})
const google = token({
  label: 'GOOGLE_KEY',
  begins: BEGINNINGS.google,
  form: 'AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])|ya29\\.[A-Za-z0-9_-]{30,1024}',
  characters: DOTTED,
  most: 1032,
})
const stripe = token({
  label: 'STRIPE_KEY',
  begins: BEGINNINGS.stripe,
  form: '(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{16,255}',
  characters: WORD,
  most: 270,
})
const packages = token({
  label: 'PACKAGE_TOKEN',
  begins: BEGINNINGS.packages,
  form: `npm_[A-Za-z0-9]{36}${END}|hf_[A-Za-z0-9]{30,64}${END}|pypi-[A-Za-z0-9_-]{50,255}`,
  characters: DASHED,
  most: 264,
})
const jwt = token({
  label: 'JWT',
  begins: BEGINNINGS.jwt,
  form: 'eyJ[A-Za-z0-9_-]{10,1024}\\.eyJ[A-Za-z0-9_-]{10,4096}\\.[A-Za-z0-9_-]{10,1024}',
  characters: DOTTED,
  most: 6200,
})

const KEY_MOST = 8192
const KEY_OPEN =
  /^-----BEGIN[A-Z ]{0,40}(?:$|-{1,5}$|PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]{0,8192}-{0,5}[A-Z ]{0,40}-{0,5}$)/

const privateKey: Detector = {
  label: 'PRIVATE_KEY',
  pattern:
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[rn]){1,4}[A-Za-z0-9+/=]{20,128}){0,200}(?:(?:(?:\s|\\[rn]){1,4}[A-Za-z0-9+/=]{1,128})?(?:\s|\\[rn]){0,4}-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?/g,
  needs: HINTS.privateKey,
  openFrom(text, from) {
    if (!text.includes('-', from)) return text.length
    const at = text.lastIndexOf(KEY_BEGINS)
    if (at >= from && text.length - at <= KEY_MOST && KEY_OPEN.test(text.slice(at))) return at
    return beginningOf(KEY_BEGINS, text, from)
  },
}

/** `postgres://user:password@host` */
const url: Detector = {
  label: 'PASSWORD',
  pattern: /:\/\/[^\s/:@"'<>]{1,64}:([^\s/@"'<>]{3,128})@/g,
  needs: HINTS.password,
  openFrom(text, from) {
    const tail = Math.max(from, text.length - 200)
    if (!text.includes(':', tail)) return text.length
    const at = /:\/\/[^\s/:@"'<>]{0,64}(?::[^\s/@"'<>]{0,128})?$/.exec(text.slice(tail))
    if (at !== null) return tail + at.index
    return beginningOf('://', text, from)
  },
  part: ([whole, password = '']) => [whole.length - 1 - password.length, whole.length - 1],
}

const SAID = String.raw`(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|(?:access|auth|bearer)?[_-]?token|passw(?:or)?d|private[_-]?key)`
const VALUE = String.raw`[A-Za-z0-9+/_.=~!@#$%^&*-]`
const SAID_OPEN = new RegExp(
  String.raw`${SAID}\\?["']?\s{0,3}(?:[:=]{1,2}>?\s{0,3}(?:\\?["'\x60])?${VALUE}{0,129})?$`,
  'i',
)
const NAME = charTable(/[A-Za-z_-]/)

/** `API_KEY=9f8e7d…`: what is said to be one, and looks as if nobody had thought of it. */
const assigned: Detector = {
  label: 'SECRET',
  pattern: new RegExp(
    String.raw`(?<![A-Za-z0-9])${SAID}\\?["']?\s{0,3}(?::=|=>|==|:|=)\s{0,3}(?:\\?["'\x60])?(${VALUE}{12,128})`,
    'gi',
  ),
  needs: HINTS.assigned,
  openFrom(text, from) {
    const tail = Math.max(from, text.length - 200)
    const at = SAID_OPEN.exec(text.slice(tail))
    const word = runStart(text, NAME, from, 24)
    return at === null ? word : Math.min(word, tail + at.index)
  },
  part: ([whole, value = '']) => (isRandom(value) ? [whole.length - value.length, whole.length] : null),
}

/** Letters and digits, and at least three bits a character: nobody's word. */
function isRandom(value: string): boolean {
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false
  const counts = new Map<string, number>()
  for (const it of value) counts.set(it, (counts.get(it) ?? 0) + 1)
  let bits = 0
  for (const it of counts.values()) bits -= (it / value.length) * Math.log2(it / value.length)
  return bits >= 3
}

/** By the name in the settings. */
export const SECRETS = {
  aws,
  github,
  gitlab,
  slack,
  anthropic,
  openai,
  google,
  stripe,
  packages,
  jwt,
  privateKey,
  url,
  assigned,
} as const
export type SecretName = keyof typeof SECRETS
export const SECRET_NAMES = Object.keys(SECRETS) as [SecretName, ...SecretName[]]
