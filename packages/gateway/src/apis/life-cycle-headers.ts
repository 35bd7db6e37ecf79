/**
 * What an answer says of its API's life: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and links to what comes after
 * it and to the page where all versions are listed.
 */
import { parseApiName } from './api-name.ts'
import type { ApiSpec } from './spec.ts'

type LifeCycle = Pick<ApiSpec, 'state' | 'deprecatedAt' | 'sunsetAt' | 'successor'>

/** Name, value, name, value …; none while it is in design or published, and nothing of its end has been said. */
export function lifeCycleHeaders(name: string, it: LifeCycle): string[] {
  const headers: string[] = []
  // Both may be announced while it is still published: a time to come is what RFC 9745 allows too.
  if (it.deprecatedAt !== undefined)
    headers.push('deprecation', `@${Math.floor(Date.parse(it.deprecatedAt) / 1000)}`)
  if (it.sunsetAt !== undefined) headers.push('sunset', new Date(it.sunsetAt).toUTCString())
  const links = linksOf(name, it)
  if (links.length > 0) headers.push('link', links.join(', '))
  return headers
}

function linksOf(name: string, { state, deprecatedAt, sunsetAt, successor }: LifeCycle): string[] {
  const links: string[] = []
  const next = successor === undefined ? null : parseApiName(successor)
  if (next !== null) links.push(`</apis/${next.name}/${next.version}>; rel="successor-version"`)
  const isEnding = deprecatedAt !== undefined || sunsetAt !== undefined || state === 'retired'
  if (isEnding) links.push(`</apis/${name}>; rel="deprecation"; type="application/json"`)
  return links
}
