/** The paths of published APIs: which call answers what below `/apis` and `/v1/apis`. */
import type { Endpoint } from './endpoints.ts'

const at = (method: Endpoint['method'], path: string): Endpoint => ({
  method,
  path,
  wire: 'openai-chat',
  task: 'media',
})

export const apiEndpoints = {
  list: at('GET', '/apis'),
  versions: at('GET', '/apis/{name}'),
  call: at('POST', '/apis/{name}/{version}'),
  document: at('GET', '/apis/{name}/{version}/openapi.json'),
  ask: at('POST', '/v1/apis/{name}/subscriptions'),
  asked: at('GET', '/v1/apis/{name}/subscriptions'),
} as const

export type ApiTask = keyof typeof apiEndpoints

export interface FoundApiPath {
  readonly task: ApiTask
  readonly name: string
  readonly version: string
}

interface Pattern {
  readonly task: ApiTask
  readonly method: string
  readonly steps: readonly string[]
}

const patterns: readonly Pattern[] = Object.entries(apiEndpoints).map(([task, { method, path }]) => ({
  task: task as ApiTask,
  method,
  steps: path.split('/'),
}))

export function isApiPath(path: string): boolean {
  return path === '/apis' || path.startsWith('/apis/') || path.startsWith('/v1/apis/')
}

/** What a path means, or the methods that it does answer; those are none where nothing is there. */
export function findApiPath(method: string, path: string): FoundApiPath | readonly string[] {
  const steps = path.split('/')
  const here = patterns.filter((it) => fits(it.steps, steps))
  const found = here.find((it) => it.method === method)
  if (found === undefined) return here.map((it) => it.method)
  const step = (name: string): string => steps[found.steps.indexOf(name)] ?? ''
  return { task: found.task, name: step('{name}'), version: step('{version}') }
}

/** Names and versions need no escapes, so one with an escape is none that there is. */
function fits(pattern: readonly string[], steps: readonly string[]): boolean {
  if (pattern.length !== steps.length) return false
  return pattern.every((it, i) => (it.startsWith('{') ? steps[i] !== '' : it === steps[i]))
}
