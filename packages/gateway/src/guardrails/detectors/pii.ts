/**
 * Personal data with a form of its own: what can be told from other text by its form and its check digits.
 *
 * Precise rather than many: a number that fails its check is no card, and what only a dictionary could tell (names,
 * addresses) is left to a webhook.
 */
import { isIP } from 'node:net'
import { type Detector, openRun } from './detector.ts'
import { HINTS } from './hints.ts'

const email: Detector = {
  label: 'EMAIL',
  pattern:
    /(?<![A-Za-z0-9._%+'-])[A-Za-z0-9_%+](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])/g,
  needs: HINTS.mail,
  openFrom: openRun(/[A-Za-z0-9._%+'@-]/, 330),
}

/** With the code of a country, or as they are written in North America. */
const phone: Detector = {
  label: 'PHONE',
  pattern:
    /(?<![\w+.-])(?:(?:\+|00)[1-9](?:[ ().\-/]{0,2}\d){6,14}(?!\d)|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-]))/g,
  needs: HINTS.digits,
  openFrom: openRun(/[0-9+ ().\-/]/, 52),
}

const card: Detector = {
  label: 'CARD',
  pattern: /(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w])/g,
  needs: HINTS.digits,
  openFrom: openRun(/[0-9 -]/, 40),
  part: (match) => cardIn(match[0]),
}

const iban: Detector = {
  label: 'IBAN',
  pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g,
  needs: HINTS.iban,
  openFrom: openRun(/[A-Z0-9 ]/, 68),
  part: (match) => ibanIn(match[0]),
}

const ssn: Detector = {
  label: 'SSN',
  pattern: /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
  needs: HINTS.digits,
  openFrom: openRun(/[0-9-]/, 12),
}

const ip: Detector = {
  label: 'IP',
  pattern:
    /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]))/g,
  needs: HINTS.machine,
  openFrom: openRun(/[0-9A-Fa-f.:]/, 48),
  part: (match) => (isIP(match[0]) === 0 || match[0] === '::' ? null : [0, match[0].length]),
}

/** By the name in the settings. */
export const PII = { email, phone, card, iban, ssn, ip } as const
export type PiiName = keyof typeof PII
export const PII_NAMES = Object.keys(PII) as [PiiName, ...PiiName[]]
/** Addresses of machines are as often versions and examples: looked for only where that is said. */
export const USUAL_PII: readonly PiiName[] = ['email', 'phone', 'card', 'iban', 'ssn']

/** The longest beginning of whole groups whose check digit is right: what follows may be its date or its code. */
function cardIn(text: string): readonly [number, number] | null {
  for (let end = text.length; end >= 13; end -= 1) {
    if (end < text.length && isDigit(text, end)) continue
    if (!isDigit(text, end - 1)) continue
    const digits = text.slice(0, end).replaceAll(/\D/g, '')
    if (digits.length >= 13 && isLuhn(digits) && !/^(\d)\1*$/.test(digits)) return [0, end]
  }
  return null
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

function isLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const counted = i % 2 === 0 ? digit : digit * 2
    sum += counted > 9 ? counted - 9 : counted
  }
  return sum % 10 === 0
}

/** Of the IBAN registry: how long one is, by country. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'NO15 BE16 DK18 FI18 FO18 GL18 NL18 SD18 FK18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 XK20 MN20 CH21 HR21 LI21 LV21 ' +
    'BG22 BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 SO23 TL23 OM23 AD24 CZ24 ES24 MD24 PK24 RO24 ' +
    'SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26 TR26 BI27 DJ27 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 ' +
    'GT28 HN28 HU28 LB28 NI28 PL28 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 YE30 MT31 SC31 LC32 RU33'
  )
    .split(' ')
    .map((it) => [it.slice(0, 2), Number(it.slice(2))]),
)

function ibanIn(text: string): readonly [number, number] | null {
  const length = IBAN_LENGTHS[text.slice(0, 2)]
  if (length === undefined) return null
  let plain = ''
  let at = 0
  for (; at < text.length && plain.length < length; at += 1) if (text[at] !== ' ') plain += text[at]
  const isCut = at < text.length && text[at] !== ' '
  return plain.length === length && !isCut && isMod97(plain) ? [0, at] : null
}

function isMod97(iban: string): boolean {
  let rest = 0
  for (const it of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(it, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
