/**
 * Reads JSON with places: `JSON.parse` for what it says, a scan for what it lets pass and where it stands.
 */
import type { Issue, Json } from '@changeover/reload'
import { pointTo } from '@changeover/reload'
import { LineCounter } from 'yaml'
import { LIMITS, type Place, type ReadText, syntaxIssue } from './document.ts'
import { type JsonFault, scanJson } from './json-scanner.ts'
import { refuseTooMany } from './refuse-too-many.ts'

/** Throws `payload.too_many`. */
export function readJson(text: string, file: string): ReadText {
  const parsed = parse(text, file)
  if ('fault' in parsed) return { ok: false, issues: [parsed.fault] }
  const { value } = parsed
  // Where each of them stands is not looked for: that is what takes so long.
  refuseTooMany(value, () => placeAt(text, 0, file))
  const spots = scanJson(text)
  if (spots.faults.length > 0) {
    return { ok: false, issues: spots.faults.map((it) => faultIssue(it, text, file)) }
  }
  const placeOf = (steps: readonly string[]): Place => placeAt(text, offsetOf(spots.names, steps), file)
  return { ok: true, document: { file, value, placeOf } }
}

function offsetOf(names: ReadonlyMap<string, number>, steps: readonly string[]): number {
  for (let length = steps.length; length > 0; length--) {
    const offset = names.get(steps.slice(0, length).reduce<string>((at, step) => pointTo(at, step), ''))
    if (offset !== undefined) return offset
  }
  return 0
}

function faultIssue(fault: JsonFault, text: string, file: string): Issue {
  const place = placeAt(text, fault.offset, file)
  if (fault.found === 'depth')
    return syntaxIssue(place, 'nesting without end', `${LIMITS.depth} levels at most`)
  if (fault.found === 'proto') return syntaxIssue(place, 'the name "__proto__"', 'another name')
  if (fault.found === 'rounded') {
    return syntaxIssue(place, 'a whole number beyond 2^53', 'one that can be kept exactly, or text in quotes')
  }
  const { line } = placeAt(text, fault.earlier, file)
  return syntaxIssue(place, `"${fault.name}" a second time, first in line ${line}`, 'each name once')
}

function parse(text: string, file: string): { readonly value: Json } | { readonly fault: Issue } {
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    const offset = offsetIn(reason, text)
    const [found, expected] = explain(text, offset)
    return { fault: syntaxIssue(placeAt(text, offset, file), found, expected) }
  }
}

/** V8 names the offset, or says that the text ended. */
function offsetIn(reason: string, text: string): number {
  const at = /at position (\d+)/.exec(reason)?.[1]
  if (at !== undefined) return Number(at)
  const token = /Unexpected token '([\s\S])'/.exec(reason)
  return token === null ? text.length : Math.max(0, text.indexOf(token[1] ?? ''))
}

function explain(text: string, offset: number): [found: string, expected: string] {
  const sign = text.charAt(offset)
  const before = text.slice(0, offset).trimEnd().at(-1)
  if (text.trim() === '') return ['nothing', 'a map of sections such as routes, in braces']
  if (offset >= text.trimEnd().length) return ['the end of the text', 'the rest of the value']
  if (/[}\]]/.test(sign) && before === ',')
    return [`a comma before "${sign}"`, 'no comma after the last entry']
  if (sign === '"' && /["\d\]}el]/.test(before ?? '')) return ['two values without a comma', '","']
  if (sign === '/' || sign === '#') return ['a comment', 'none in JSON; YAML has comments']
  if (sign === "'") return ['a single quote', 'double quotes']
  if (sign === '\n' || sign === '\r') return ['a text that is never closed', '" at its end']
  if (before === '{' || (before === ',' && /[A-Za-z_$]/.test(sign))) {
    return ['a name without quotes', 'a name in double quotes']
  }
  if (/[A-Za-z_$]/.test(sign))
    return ['a word without quotes', 'text in double quotes, a number, true, false or null']
  return [`"${sign}"`, 'a JSON value or "," between two']
}

function placeAt(text: string, offset: number, file: string): Place {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  const { line, col } = lines.linePos(Math.min(offset, text.length))
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}
