/**
 * A condition cut into words, each with the place where it stands.
 *
 * Invariant: every character is looked at once, and what is not of the language ends the reading with line
 * and column. No regular expression runs over what an operator wrote.
 */
import { ConditionError } from './condition-error.ts'

export type TokenKind = 'number' | 'text' | 'name' | 'sign' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** A text without its quotes and escapes; else as written. */
  readonly text: string
  /** In UTF-16 units from the beginning of the condition. */
  readonly at: number
}

/** Longer ones come first, so that `<=` is not read as `<`. */
const SIGNS = ['==', '!=', '<=', '>=', '&&', '||', '<', '>', '!', '(', ')', '[', ']', ',', '.', '-'] as const

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', '"': '"', "'": "'" }

export function cutTokens(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const char = source[at] ?? ''
    if (isSpace(char)) {
      at += 1
      continue
    }
    const token = readToken(source, at)
    tokens.push(token.it)
    at = token.end
  }
  tokens.push({ kind: 'end', text: '', at: source.length })
  return tokens
}

interface Cut {
  readonly it: Token
  readonly end: number
}

function readToken(source: string, at: number): Cut {
  const char = source[at] ?? ''
  if (char === '"' || char === "'") return readText(source, at)
  if (isDigit(char)) return readNumber(source, at)
  if (isLetter(char)) return readWhile(source, at, { kind: 'name', belongs: isNamePart })
  const sign = SIGNS.find((it) => source.startsWith(it, at))
  if (sign !== undefined) return { it: { kind: 'sign', text: sign, at }, end: at + sign.length }
  const hint =
    char === '=' ? ', expected "=="' : char === '&' || char === '|' ? `, expected "${char}${char}"` : ''
  throw new ConditionError(
    source,
    at,
    `found "${char}"${hint === '' ? ', expected a word, a value or a sign' : hint}`,
  )
}

function readWhile(
  source: string,
  at: number,
  it: { readonly kind: TokenKind; readonly belongs: (char: string) => boolean },
): Cut {
  let end = at + 1
  while (end < source.length && it.belongs(source[end] ?? '')) end += 1
  return { it: { kind: it.kind, text: source.slice(at, end), at }, end }
}

function readNumber(source: string, at: number): Cut {
  const whole = readWhile(source, at, { kind: 'number', belongs: isDigit })
  const isFraction = source[whole.end] === '.' && isDigit(source[whole.end + 1] ?? '')
  const cut = isFraction ? readWhile(source, whole.end, { kind: 'number', belongs: isDigit }) : whole
  if (isLetter(source[cut.end] ?? '')) {
    throw new ConditionError(
      source,
      at,
      `found "${source.slice(at, cut.end + 1)}", expected a number or a name`,
    )
  }
  return { it: { kind: 'number', text: source.slice(at, cut.end), at }, end: cut.end }
}

function readText(source: string, at: number): Cut {
  const quote = source[at] ?? ''
  let text = ''
  for (let i = at + 1; i < source.length; i += 1) {
    const char = source[i] ?? ''
    if (char === quote) return { it: { kind: 'text', text, at }, end: i + 1 }
    if (char !== '\\') {
      text += char
      continue
    }
    i += 1
    const escaped = ESCAPES[source[i] ?? '']
    if (escaped === undefined) {
      throw new ConditionError(
        source,
        i - 1,
        `found "\\${source[i] ?? ''}", expected \\n, \\t, \\\\, \\" or \\'`,
      )
    }
    text += escaped
  }
  throw new ConditionError(source, at, `this text does not end, expected ${quote}`)
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}
function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}
function isLetter(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_'
}
function isNamePart(char: string): boolean {
  return isLetter(char) || isDigit(char)
}
