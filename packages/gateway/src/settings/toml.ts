/**
 * Reads TOML to plain JSON values with places. Dates become text, as they would be in JSON.
 *
 * The library stops at the first error, so a TOML file shows one syntax error at a time.
 */
import { type Json, pointTo } from '@changeover/reload'
import { parse, TomlDate, TomlError } from 'smol-toml'
import { LineCounter } from 'yaml'
import { LIMITS, type ReadText, syntaxIssue } from './document.ts'
import { scanToml, type TomlSpots } from './toml-scanner.ts'

export function readToml(text: string, file: string): ReadText {
  let parsed: unknown
  try {
    parsed = parse(text, { maxDepth: LIMITS.depth, unsafeKeyBehaviour: 'throw' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const place = { file, line: error.line, column: error.column }
    return { ok: false, issues: [syntaxIssue(place, ...explain(error))] }
  }
  const places = createPlaces(text)
  return {
    ok: true,
    document: {
      file,
      // A text without a key and one of comments only are the same to TOML.
      value: isEmpty(parsed) ? null : toJson(parsed),
      placeOf: (steps) => ({ file, ...places.at(offsetOf(places.spots(), steps)) }),
    },
  }
}

function isEmpty(parsed: unknown): boolean {
  return typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length === 0
}

interface TomlPlaces {
  spots(): TomlSpots
  at(offset: number): { line: number; column: number }
}

/** Made when somebody asks for a place. */
function createPlaces(text: string): TomlPlaces {
  let found: TomlSpots | undefined
  let lines: LineCounter | undefined
  return {
    spots: () => (found ??= scanToml(text)),
    at: (offset) => {
      lines ??= countLines(text)
      const { line, col } = lines.linePos(offset)
      return { line: Math.max(1, line), column: Math.max(1, col) }
    },
  }
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  return lines
}

function offsetOf(spots: TomlSpots, steps: readonly string[]): number {
  for (let length = steps.length; length > 0; length--) {
    const pointer = steps.slice(0, length).reduce<string>((at, step) => pointTo(at, step), '')
    const offset = spots.names.get(pointer)
    if (offset !== undefined) return offset
  }
  return 0
}

function toJson(value: unknown): Json {
  if (value instanceof TomlDate) return value.toISOString()
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, toJson(it)]))
  }
  return value as Json
}

function explain(error: TomlError): [found: string, expected: string] {
  const reason = /^Invalid TOML document: ([^\n]*)/.exec(error.message)?.[1] ?? ''
  for (const [pattern, found, expected] of EXPLAINED) if (pattern.test(reason)) return [found, expected]
  return [`something TOML does not allow (${reason})`, 'TOML 1.0']
}

const EXPLAINED: readonly (readonly [RegExp, string, string])[] = [
  [/redefine/, 'a name or table a second time', 'each name once'],
  [/unsafe property/, 'the name "__proto__" or "constructor"', 'another name'],
  [
    /unfinished string|control characters are not allowed in strings/,
    'a text that is never closed',
    'a quote at its end',
  ],
  [/incomplete key-value|unexpected end of key/, 'a name without a value', 'name = value'],
  [/end of table array|key-value declaration must/, 'more after the end', 'a new line'],
  [/unfinished table/, 'an open "{" that is not closed', '"}"'],
  [/unfinished array/, 'an open "[" that is not closed', '"]"'],
  [/expected comma/, 'neither a comma nor the end of a list', '"," or the bracket that closes it'],
  [
    /illegal (?:character|empty|quoted).*key/,
    'a name that needs quotes',
    'letters, digits, "_" or "-", or a name in quotes',
  ],
  [/escape/, 'an escape that TOML does not know', 'a known escape such as \\n, or single quotes'],
  [/nested/, 'nesting without end', `${LIMITS.depth} levels at most`],
  [/losslessly/, 'a whole number beyond 2^53', 'one that can be kept exactly, or text in quotes'],
  [/date/, 'a date that does not exist', 'a date such as 2027-01-31T00:00:00Z'],
  [
    /invalid value|numeric|underscore|leading zero/,
    'a value that TOML does not know',
    'text in quotes, a number, true or false',
  ],
]
