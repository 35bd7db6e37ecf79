/** Names of APIs, `summarise@1.2.0`, and what callers put into the path for a version: `1.2.0`, `1`, `1.2`, `latest`. */
import compare from 'semver/functions/compare.js'
import inc from 'semver/functions/inc.js'
import valid from 'semver/functions/valid.js'

export interface ApiName {
  readonly name: string
  readonly version: string
}

/** What stands in a path without being escaped. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const LINE = /^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8}))?$/

export const API_NAME_EXPECTED = 'a name and a semantic version, such as summarise@1.0.0'
/** The newest of all. */
export const LATEST = 'latest'

/** `null` unless the text is a name, `@` and a full version as semver writes it. */
export function parseApiName(text: string): ApiName | null {
  const at = text.indexOf('@')
  const [name, version] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  return NAME.test(name) && version !== '' && valid(version) === version ? { name, version } : null
}

export function isApiName(text: string): boolean {
  return parseApiName(text) !== null
}

/** For sorting, newest first. */
export function newestFirst(a: { readonly version: string }, b: { readonly version: string }): number {
  return compare(b.version, a.version)
}

/** Whether what a path says may mean more than one version. */
export function isLine(asked: string): boolean {
  return asked === LATEST || LINE.test(asked)
}

/** Whether a version is in a line: `2`, `2.1` or `latest`. What has yet to be released is in none. */
export function isInLine(version: string, line: string): boolean {
  // A full version has a hyphen only before what makes it a prerelease.
  if (version.includes('-')) return false
  return line === LATEST || version.startsWith(`${line}.`)
}

/** The next version that nobody has taken, for what cannot be changed under its own. */
export function nextFree(taken: ReadonlySet<string>, { name, version }: ApiName): string {
  let next = inc(version, 'major') ?? version
  while (taken.has(`${name}@${next}`)) next = inc(next, 'major') ?? `${next}.1`
  return `${name}@${next}`
}
