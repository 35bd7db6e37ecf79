/**
 * From the YAML parser's errors to found and expected.
 *
 * The parser says what its grammar missed ("Nested mappings are not allowed in compact mappings"); a
 * person wants to know what to do. One mistake often makes several errors, so only the first of a line
 * is told. The text of the file is not quoted but for single signs: a broken line may hold a secret.
 */
import type { Issue } from '@changeover/reload'
import type { Document, LineCounter, YAMLError } from 'yaml'
import { isScalar, visit } from 'yaml'
import { LIMITS, type Place, syntaxIssue } from './document.ts'

interface Fault {
  readonly found: string
  readonly expected: string
  readonly hint?: string
  /** Offset, where another spot tells more than the parser's. */
  readonly offset?: number
}

export interface FaultySource {
  readonly file: string
  readonly text: string
  readonly lines: LineCounter
  readonly document: Document
}

export function yamlIssues(source: FaultySource): readonly Issue[] {
  const { document } = source
  // A tag that is not known is only a warning to the parser; here nothing but plain values is taken.
  const faults = [...document.errors, ...document.warnings.filter((it) => it.code !== 'TAG_RESOLVE_FAILED')]
  const issues: Issue[] = []
  const lines = new Set<number>()
  for (const error of faults.sort((a, b) => a.pos[0] - b.pos[0])) {
    const fault = explain(error, source)
    const place = placeAt(source, fault.offset ?? error.pos[0])
    if (lines.has(place.line)) continue
    lines.add(place.line)
    issues.push(syntaxIssue(place, fault.found, fault.expected, fault.hint))
    if (issues.length === LIMITS.issues) break
  }
  return issues
}

export function placeAt(source: Pick<FaultySource, 'file' | 'lines'>, offset: number): Place {
  const { line, col } = source.lines.linePos(offset)
  return { file: source.file, line: Math.max(1, line), column: Math.max(1, col) }
}

function explain(error: YAMLError, source: FaultySource): Fault {
  const byCode = EXPLAIN[error.code] ?? unexpectedToken
  return typeof byCode === 'function' ? byCode(error, source) : byCode
}

const NO_COMMA: Fault = {
  found: 'two entries between brackets without a comma',
  expected: '"," between them',
}
const UNEVEN: Fault = {
  found: 'a line that is indented unlike those beside it',
  expected: 'the same number of spaces',
}

type Explanation = Fault | ((error: YAMLError, source: FaultySource) => Fault)

const EXPLAIN: Readonly<Partial<Record<YAMLError['code'], Explanation>>> = {
  TAB_AS_INDENT: ({ pos }, { text }) => ({
    found: 'a tab at the start of the line',
    expected: 'spaces',
    offset: tabAt(text, pos[0]),
  }),
  MULTILINE_IMPLICIT_KEY: ({ pos }, { document }) => {
    const inBrackets = document.errors.some((it) => it.code === 'BLOCK_IN_FLOW' && it.pos[0] === pos[0])
    return inBrackets ? NO_COMMA : { found: 'a name without a colon', expected: 'name: value' }
  },
  BLOCK_IN_FLOW: NO_COMMA,
  MISSING_CHAR: missingSign,
  BAD_INDENT: badIndent,
  BLOCK_AS_IMPLICIT_KEY: blockInLine,
  BAD_SCALAR_START: ({ pos }, { text }) => ({
    found: `a value that starts with "${text.charAt(pos[0])}"`,
    expected: 'the value in quotes',
  }),
  BAD_DQ_ESCAPE: ({ pos }, { text }) => ({
    found: `the escape ${text.slice(pos[0], pos[0] + 2)} in double quotes`,
    expected: 'a known escape such as \\n, or single quotes',
  }),
  MULTIPLE_DOCS: { found: 'a second document after "---"', expected: 'one document in a file' },
  RESOURCE_EXHAUSTION: { found: 'nesting without end', expected: `${LIMITS.depth} levels at most` },
  BAD_ALIAS: { found: 'an alias that cannot be used here', expected: '* and the name of an anchor above it' },
  BAD_DIRECTIVE: { found: 'a directive that is not known', expected: '%YAML 1.2 or none' },
  KEY_OVER_1024_CHARS: { found: 'a name of more than 1024 characters', expected: 'a shorter one' },
}

function unexpectedToken(error: YAMLError, source: FaultySource): Fault {
  const [from, to] = error.pos
  const sign = source.text.slice(from, to)
  if (/block scalar header/i.test(error.message)) {
    return { found: 'text after "|" or ">"', expected: 'the text on the lines below, indented' }
  }
  if (isInsideReference(source.text, from)) {
    return { found: 'a reference between { and } without quotes', expected: '"${…}" in double quotes' }
  }
  if (/^[\]}]/.test(sign)) return { found: `a "${sign[0]}" that closes nothing`, expected: 'none' }
  if (/node end/.test(error.message)) {
    return {
      found: 'more after the end of a value',
      expected: 'a new line with name: value',
      hint: quoteHint(source, from),
    }
  }
  return { found: sign.length === 1 ? `"${sign}"` : 'something out of place', expected: 'name: value' }
}

/** `{ credential: ${env:X} }`: the braces of the reference end the map. */
function isInsideReference(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  return text.slice(lineStart, offset).endsWith('$') && text.startsWith('{', offset)
}

function quoteHint(source: FaultySource, offset: number): string {
  const before = source.text.slice(Math.max(0, offset - 2), offset)
  return /["']/.test(before)
    ? 'text that contains quotes goes into quotes of the other kind'
    : 'is a colon or a quote missing?'
}

function missingSign(error: YAMLError, source: FaultySource): Fault {
  const quoteSign = /closing ("|')quote/.exec(error.message)?.[1]
  if (quoteSign !== undefined) {
    return {
      found: `a ${quoteSign === '"' ? 'double' : 'single'} quote that is never closed`,
      expected: `${quoteSign} at the end of the text`,
      ...startOfOpenText(source, error.pos[0]),
    }
  }
  if (/without - indicator/.test(error.message)) return UNEVEN
  if (/map values?/.test(error.message)) return { found: 'a name without a colon', expected: 'name: value' }
  const sign = /"?([,\]}:])"?/.exec(error.message)?.[1]
  return sign === undefined
    ? { found: 'an end too early', expected: 'the rest of the value' }
    : { found: 'none here', expected: `"${sign}"` }
}

/** The parser reports an open quote where the file ends; people look for where it began. */
function startOfOpenText(source: FaultySource, end: number): { offset?: number } {
  let offset: number | undefined
  visit(source.document, {
    Scalar(_, node) {
      if (!isScalar(node) || !node.range) return
      const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
      if (isQuoted && node.range[0] <= end && node.range[1] >= end - 1) offset = node.range[0]
    },
  })
  return offset === undefined ? {} : { offset }
}

function badIndent(error: YAMLError, source: FaultySource): Fault {
  const close = /end with a (.)/.exec(error.message)?.[1]
  if (close !== undefined) {
    return {
      found: `an open ${close === ']' ? '"["' : '"{"'} that is not closed`,
      expected: `"${close}"`,
      ...startOfOpenBracket(source, error.pos[0]),
    }
  }
  if (/block scalar/i.test(error.message)) {
    return { found: 'text that is not indented', expected: 'the lines of a text deeper than its name' }
  }
  return UNEVEN
}

/** The parser reports an open bracket at the line after it; people look for where it opened. */
function startOfOpenBracket(source: FaultySource, end: number): { offset?: number } {
  let offset: number | undefined
  visit(source.document, {
    Collection(_, node) {
      if (node.flow === true && node.range && node.range[0] < end && node.range[1] >= end - 1) {
        offset = node.range[0]
      }
    },
  })
  return offset === undefined ? {} : { offset }
}

function blockInLine(error: YAMLError, source: FaultySource): Fault {
  if (/may not be used/.test(error.message)) return UNEVEN
  const line = source.text.slice(error.pos[0]).split('\n', 1)[0] ?? ''
  if (/: /.test(line)) {
    return { found: 'a second "name: value" in one line', expected: 'one a line, or the value in quotes' }
  }
  return { found: 'deeper lines below a value', expected: 'either a value or deeper lines' }
}

function tabAt(text: string, offset: number): number {
  const tab = text.indexOf('\t', offset)
  return tab === -1 ? offset : tab
}
