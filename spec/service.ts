/**
 * The pretend service that the vectors are made for: what it reads, and what it refuses. `README.md`
 * says the same in words.
 */
import type { Issue, ValidateInput } from '../packages/reload/src/index.ts'
import { nearest, sayError } from '../packages/reload/src/index.ts'

export const SERVICE_KINDS = ['models', 'routes', 'limits', 'server', 'notes', 'weights'] as const

/** Address schemes that it can fetch; what answers there is in the context's `artifacts`. */
export const SERVICE_SCHEMES = ['test'] as const

type Fields = Readonly<Record<string, unknown>>

/** Everything that is wrong with the settings, in the order of pointers. */
export function serviceIssues({ settings, previous }: Pick<ValidateInput, 'settings' | 'previous'>): Issue[] {
  const models = new Set(Object.keys(settings['models'] ?? {}))
  const limits = Object.entries(settings['limits'] ?? {}).flatMap(([name, it]) =>
    checkLimit(name, it as Fields),
  )
  const routes = Object.entries(settings['routes'] ?? {}).flatMap(([name, it]) =>
    checkRoute(name, it as Fields, models),
  )
  const server = Object.entries(settings['server'] ?? {}).flatMap(([name, it]) => {
    const was = previous?.['server']?.[name] as Fields | undefined
    return was && was['port'] !== (it as Fields)['port'] ? [restartOnly(`/server/${name}/port`)] : []
  })
  return [...limits, ...routes, ...server]
}

function checkLimit(name: string, limit: Fields): Issue[] {
  const unknown = Object.keys(limit).filter((it) => it !== 'perMinute')
  const strange = unknown.map((key): Issue => {
    const pointer = `/limits/${name}/${key}`
    const details = { pointer, nearest: nearest(key, ['perMinute']) }
    return issue('validate.unknown_setting', sayError('validate.unknown_setting', details), pointer)
  })
  const perMinute = limit['perMinute']
  if (Number.isSafeInteger(perMinute) && (perMinute as number) > 0) return strange
  const pointer = `/limits/${name}/perMinute`
  const details = {
    pointer,
    found: JSON.stringify(perMinute) ?? 'nothing',
    expected: 'a whole number above 0',
  }
  return [...strange, issue('validate.setting', sayError('validate.setting', details), pointer)]
}

function checkRoute(name: string, route: Fields, models: ReadonlySet<string>): Issue[] {
  const targets = (route['targets'] ?? []) as readonly { readonly model: string }[]
  return targets.flatMap(({ model }, i) => {
    if (models.has(model)) return []
    const pointer = `/routes/${name}/targets/${i}/model`
    const details = { pointer, found: model, expected: `one of ${[...models].join(', ')}` }
    return [issue('validate.reference', sayError('validate.reference', details), pointer)]
  })
}

function restartOnly(pointer: string): Issue {
  return issue('validate.restart_only', sayError('validate.restart_only', { pointer }), pointer)
}

function issue(code: Issue['code'], message: string, pointer: string): Issue {
  return { code, message, pointer }
}
