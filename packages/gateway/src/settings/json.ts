/**
 * Reads JSON with places. The YAML parser does the work, since JSON is YAML too, and so duplicates and
 * places come for free; JSON's own rules (quotes, no comments, no comma at the end) are asked of
 * `JSON.parse`.
 */
import type { Issue } from '@changeover/reload'
import { LineCounter } from 'yaml'
import { type Place, type ReadText, syntaxIssue } from './document.ts'
import { readYaml } from './yaml.ts'

export function readJson(text: string, file: string): ReadText {
  const fault = findFault(text, file)
  return fault === null ? readYaml(text, file) : { ok: false, issues: [fault] }
}

function findFault(text: string, file: string): Issue | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    const offset = offsetIn(reason, text)
    const [found, expected] = explain(text, offset)
    return syntaxIssue(placeOf(text, offset, file), found, expected)
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
  if (offset >= text.trimEnd().length) return ['the end of the text', 'the rest of the value']
  if (/[}\]]/.test(sign) && before === ',')
    return [`a comma before "${sign}"`, 'no comma after the last entry']
  if (sign === '"' && /["\d\]}el]/.test(before ?? '')) return ['two values without a comma', '","']
  if (sign === '/' || sign === '#') return ['a comment', 'none in JSON; YAML has comments']
  if (sign === "'") return ['a single quote', 'double quotes']
  if (sign === '\n' || sign === '\r') return ['a text that is never closed', '" at its end']
  if (/[A-Za-z_$]/.test(sign))
    return ['a word without quotes', 'text in double quotes, a number, true, false or null']
  return [
    `"${sign}"`,
    before === '{' || before === ',' ? 'a name in double quotes' : 'a JSON value or "," between two',
  ]
}

function placeOf(text: string, offset: number, file: string): Place {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  const { line, col } = lines.linePos(Math.min(offset, text.length))
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}
