/**
 * What a text must have for anything to be found in it: nearly every text lacks it, and seeing that costs a hundredth of
 * looking for each form by itself.
 *
 * Invariant: a hint is there in every text in which one of the forms that need it is found. It may be there in others too,
 * so nothing hangs on it but how much work there is.
 */
import { charTable, isInTable } from './characters.ts'

/** Bits, so that what all forms of a guard need is one number. */
export const HINTS = {
  /** Of an address of mail. */
  mail: 1,
  /** Of a password in an address. */
  password: 2,
  /** So many digits so near to each other as in the shortest number of a telephone. */
  digits: 4,
  /** Of an IBAN. */
  iban: 8,
  /** One of the beginnings that makers of credentials gave them, in a run that is long enough for one. */
  token: 16,
  privateKey: 32,
  /** Of a value that is random and said to be a credential. */
  assigned: 64,
  /** Of an address of a machine. */
  machine: 128,
} as const

/** How credentials begin. */
export const BEGINNINGS = {
  aws: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
  github: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
  gitlab: ['glpat-'],
  slack: ['xox', 'xapp-'],
  anthropic: ['sk-ant-'],
  openai: ['sk-'],
  google: ['AIza', 'GOCSPX-', 'ya29.'],
  stripe: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
  packages: ['npm_', 'hf_', 'pypi-'],
  jwt: ['eyJ'],
} as const

export const KEY_BEGINS = '-----BEGIN'

/**
 * Characters of which every form but `machine` has one or two: those after the beginnings above, digits, `@`. They are
 * rare in prose, and an engine skips what is none of them many characters at a time.
 */
const RARE = /[-_@0-9J]|A[BCIKS]/
const DIGIT = /\d/
const MAIL = /[A-Za-z0-9_%+-]@[A-Za-z0-9]/
const PASSWORD = /:\/\/[^\s/:@"'<>]{1,64}:/
const NEAR_DIGITS = /\d(?:[ ().\-/]{0,2}\d){6}/
const IBAN = /[A-Z]{2}\d{2} ?[A-Z0-9]/
const MACHINE = /\d\.\d|:[0-9A-Fa-f]{0,4}:/
const SAID = /key|token|secret|passw/i
const BEGINS = new RegExp(
  Object.values(BEGINNINGS)
    .flat()
    .map((it) => it.replace('.', String.raw`\.`))
    .join('|'),
)

/** Those of `wanted` that a text has. Takes time in proportion to it. */
export function hintsOf(text: string, wanted: number): number {
  let hints = (wanted & HINTS.machine) !== 0 && MACHINE.test(text) ? HINTS.machine : 0
  if (!RARE.test(text)) return hints
  if ((wanted & (HINTS.mail | HINTS.password)) !== 0 && text.includes('@')) {
    if (MAIL.test(text)) hints |= HINTS.mail
    if (PASSWORD.test(text)) hints |= HINTS.password
  }
  if ((wanted & HINTS.privateKey) !== 0 && text.includes(KEY_BEGINS)) hints |= HINTS.privateKey
  const hasDigit = (wanted & BY_DIGITS) !== 0 && DIGIT.test(text)
  if (hasDigit) {
    if ((wanted & HINTS.digits) !== 0 && NEAR_DIGITS.test(text)) hints |= HINTS.digits
    if ((wanted & HINTS.iban) !== 0 && IBAN.test(text)) hints |= HINTS.iban
  }
  if ((wanted & (HINTS.token | HINTS.assigned)) !== 0) hints |= longRuns(text, hasDigit)
  return hints & wanted
}

const BY_DIGITS = HINTS.digits | HINTS.iban | HINTS.assigned

/** All that tokens with such beginnings consist of. */
export const TOKEN = charTable(/[A-Za-z0-9_.-]/)
/** The characters of tokens are among these. */
const VALUE = charTable(/[A-Za-z0-9+/_.=~!@#$%^&*-]/)
/** Of `xoxb-` and what has to follow. */
const SHORTEST_TOKEN = 15
const SHORTEST_VALUE = 12

/**
 * Looks at one character in so many as the shortest run has: a run of that length cannot lie between two of them.
 * Without a digit no value looks random.
 */
function longRuns(text: string, hasDigit: boolean): number {
  const table = hasDigit ? VALUE : TOKEN
  const least = hasDigit ? SHORTEST_VALUE : SHORTEST_TOKEN
  let hints = 0
  let past = 0
  for (let at = least - 1; at < text.length; at = past + least - 1) {
    let start = at + 1
    while (start > past && isInTable(table, text.charCodeAt(start - 1))) start -= 1
    past = at + 1
    if (start === past) continue
    while (past < text.length && isInTable(table, text.charCodeAt(past))) past += 1
    if (past - start >= least) hints |= hintsOfRun(text.slice(start, past), hasDigit)
  }
  if ((hints & HINTS.assigned) !== 0 && !SAID.test(text)) hints &= ~HINTS.assigned
  return hints
}

function hintsOfRun(run: string, hasDigit: boolean): number {
  const token = run.length >= SHORTEST_TOKEN && BEGINS.test(run) ? HINTS.token : 0
  return hasDigit && DIGIT.test(run) ? token | HINTS.assigned : token
}
