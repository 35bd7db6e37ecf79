/**
 * `name@version` and `name@range`: how contexts are keyed and how routes ask for them.
 *
 * Ranges are npm's, because people know them: `support@^2`, `support@2.1.x`, `support@2.1.0`. A
 * prerelease is taken only by a range that names one, so `2.2.0-draft` can be published and tried on one
 * route before the others get it.
 */

import inc from 'semver/functions/inc.js'
import valid from 'semver/functions/valid.js'
import maxSatisfying from 'semver/ranges/max-satisfying.js'
import validRange from 'semver/ranges/valid.js'

export interface ContextName {
  readonly name: string
  readonly version: string
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const CONTEXT_NAME_EXPECTED = 'a name and a semantic version, such as support@1.0.0'
export const CONTEXT_RANGE_EXPECTED = 'a name and a range of versions, such as support@^2'

/** `null` unless the text is a name, `@` and a full version as semver writes it. */
export function parseContextName(text: string): ContextName | null {
  const [name, version] = splitAt(text)
  return NAME.test(name) && version !== '' && valid(version) === version ? { name, version } : null
}

/** True for a name, `@` and a full version. */
export function isContextName(text: string): boolean {
  return parseContextName(text) !== null
}

/** `null` unless the text is a name, `@` and a range that semver knows. */
export function parseContextRange(text: string): { readonly name: string; readonly range: string } | null {
  const [name, range] = splitAt(text)
  return NAME.test(name) && range.trim() !== '' && validRange(range) !== null ? { name, range } : null
}

/** Versions of each name, for `resolveContext`. Keys that are no context name are left out. */
export function versionsByName(keys: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, string[]>()
  for (const key of keys) {
    const it = parseContextName(key)
    if (it === null) continue
    const known = versions.get(it.name)
    if (known === undefined) versions.set(it.name, [it.version])
    else known.push(it.version)
  }
  return versions
}

/** The key of the highest published version in the range, or `null`. */
export function resolveContext(
  versions: ReadonlyMap<string, readonly string[]>,
  asked: string,
): string | null {
  const published = versions.get(splitAt(asked)[0])
  const key = `${asked}\0${published?.join('\0') ?? ''}`
  const known = resolved.get(key)
  if (known !== undefined) return known
  const it = parseContextRange(asked)
  const version = it === null ? null : maxSatisfying([...(published ?? [])], it.range)
  const found = it === null || version === null ? null : `${it.name}@${version}`
  if (resolved.size >= MOST_RESOLVED) resolved.clear()
  resolved.set(key, found)
  return found
}

/** By what was asked and what there was: each version of the settings asks the same several times. */
const resolved = new Map<string, string | null>()
const MOST_RESOLVED = 256

/** The next patch version after `key` that nobody has published. */
export function nextFree(versions: ReadonlyMap<string, readonly string[]>, key: string): string {
  const it = parseContextName(key)
  if (it === null) return key
  const taken = new Set(versions.get(it.name))
  let version = inc(it.version, 'patch') ?? it.version
  while (taken.has(version)) version = inc(version, 'patch') ?? `${version}.1`
  return `${it.name}@${version}`
}

function splitAt(text: string): [string, string] {
  const at = text.indexOf('@')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
