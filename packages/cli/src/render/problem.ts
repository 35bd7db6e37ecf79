/**
 * A refusal for a person: what is wrong, where it stands, and the line itself with a caret below it.
 *
 * The lines come from the text that was sent, not from a file of the same name that may have changed since. What
 * stands where a secret could is not repeated: a refusal ends up in logs of builds, and a key that was written
 * down by mistake is a common reason for one.
 */
import type { Problem } from '@changeover/sdk'
import type { Paint } from './paint.ts'

export interface SentText {
  /** As the person named it. */
  readonly name: string
  readonly text: string
}

type Issue = NonNullable<Problem['issues']>[number]

const mostIssues = 20

/** A value after a telling name, as YAML, JSON and TOML write it. */
const TOLD_BY_NAME =
  /(["']?[\w.-]*(?:auth|cred|hash|passw|secret|token(?!s)|\bkey|[-_]key|apikey)[\w.-]*["']?\s*[:=]\s*["']?)([^\s"'{][^,}\]#"']*)/gi
const IN_URL = /(:\/\/[^/\s:@]+:)[^@\s]+@/g

export function writeProblem(problem: Problem, paint: Paint, sent?: SentText): string[] {
  // A single issue often says what the refusal says, and where: once is enough.
  const issues = (problem.issues ?? []).filter(
    (it) => it.place !== undefined || it.message !== problem.detail,
  )
  const isSaid = issues.some((it) => it.message === problem.detail)
  const detail = isSaid ? '' : `${paint('bold', problem.detail)}  `
  const lines = [`${paint('red', 'refused')}  ${detail}${paint('dim', problem.code)}`]
  for (const issue of issues.slice(0, mostIssues)) lines.push('', ...writeIssue(issue, paint, sent))
  if (issues.length > mostIssues) lines.push('', `and ${issues.length - mostIssues} more`)
  const trace = problem.traceId === undefined ? [] : ['', paint('dim', `trace ${problem.traceId}`)]
  return [...lines, ...trace]
}

function writeIssue(issue: Issue, paint: Paint, sent: SentText | undefined): string[] {
  const { place } = issue
  const where = place === undefined ? (issue.pointer ?? '') : `${place.file}:${place.line}:${place.column}`
  const head = where === '' ? issue.message : `${paint('cyan', where)}  ${issue.message}`
  const advice = issue.hint ?? adviseOn(issue, sent)
  const hint = advice === undefined ? [] : [`  ${paint('green', 'hint')}  ${advice}`]
  const lines = place === undefined || sent === undefined ? [] : quoteLines(sent, place, paint)
  return [`${head}  ${paint('dim', issue.code)}`, ...lines, ...hint]
}

/** What only the command knows: how it is said here, and what it has sent. */
function adviseOn({ code }: Issue, sent: SentText | undefined): string | undefined {
  if (code !== 'validate.shrink') return undefined
  const isBlank = sent?.text.split('\n').every((it) => /^\s*(?:#|$)/.test(it))
  return isBlank === true
    ? `"${sent?.name}" says nothing: is it the file that was meant?`
    : 'say --allow-shrink if that is meant'
}

function quoteLines(sent: SentText, place: NonNullable<Issue['place']>, paint: Paint): string[] {
  const all = sent.text.split(/\r\n|\n|\r/)
  const line = all[place.line - 1]
  if (line === undefined || place.file !== sent.name) return []
  const before = all[place.line - 2]
  const width = String(place.line).length
  const gutter = (number: number | null): string =>
    paint('dim', `  ${String(number ?? '').padStart(width)} │ `)
  // A tab stays a tab, so that the caret stands below what it points at.
  const indent = line.slice(0, place.column - 1).replaceAll(/[^\t]/g, ' ')
  return [
    ...(before === undefined ? [] : [`${gutter(place.line - 1)}${paint('dim', withoutSecrets(before))}`]),
    `${gutter(place.line)}${withoutSecrets(line)}`,
    `${gutter(null)}${indent}${paint('red', '^')}`,
  ]
}

/** References such as `${env:NAME}` are meant to be seen. */
function withoutSecrets(line: string): string {
  return line
    .replace(TOLD_BY_NAME, (all, name: string, value: string) => (value.startsWith('${') ? all : `${name}…`))
    .replace(IN_URL, '$1…@')
}
