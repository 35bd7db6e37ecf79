/** Which route a call ran under, by which name or rule, and with which prompt. */
import { pointTo, type SettingsTree, stepsOf } from '@changeover/reload'
import type { CallRecord } from '../../contract/call.ts'
import { valueAt } from '../values.ts'
import { fieldOf, type TellStep, textOf } from './step.ts'

export const tellRoute: TellStep = (call, settings) => {
  const { askedModel, error } = call
  if (askedModel === null) return null
  const name = foundBy(askedModel, settings)
  if (call.route === null) {
    const why = WHY_NOT[error] ?? 'which is neither a route nor a model'
    return {
      about: 'route',
      says: `asked for "${askedModel}", ${why}`,
      pointers: name === null ? [] : [name.pointer],
    }
  }
  const asked = `asked for "${askedModel}"${name === null ? '' : `, ${name.says}`}`
  const rules = rulesOf(call)
  if (rules.length === 0)
    return { about: 'route', says: asked, pointers: name === null ? [] : [name.pointer] }
  const held = rules.map((it) => sayRule(it, settings))
  return {
    about: 'route',
    says: `${asked}; ${held.join('; ')}${sayTokens(call)}${call.route === askedModel ? '' : `, so route ${call.route}`}`,
    pointers: rules.flatMap((it) => {
      const taker = valueAt(settings, pointTo(it, 'route')) === undefined ? [] : [pointTo(it, 'route')]
      return [pointTo(it, 'when'), ...taker]
    }),
  }
}

export const tellPrompt: TellStep = (call, settings) => {
  const { route, context } = call
  if (route === null || context === null) return null
  const ofApi = pointTo(apiPointer(call.askedModel ?? '') ?? '', 'context')
  const ofRoute = pointTo(pointTo('/routes', route), 'context')
  const at = textOf(valueAt(settings, ofApi)) === null ? ofRoute : ofApi
  const range = textOf(valueAt(settings, at))
  const says =
    range === null || range === context
      ? `prompt of context ${context}`
      : `prompt of context ${context}, the newest in "${range}"`
  return { about: 'prompt', says, pointers: [at, pointTo(pointTo('/contexts', context), 'prompt')] }
}

/** Pointers of the rules that held, in turn. */
export function rulesOf({ rule }: CallRecord): readonly string[] {
  return rule === null ? [] : rule.split(' ')
}

/** Why nothing was led to a route. */
const WHY_NOT: Readonly<Record<string, string>> = {
  'identity.not_allowed': 'which this tenant may not call',
  'apis.retired': 'which is retired',
  'apis.not_subscribed': 'which this tenant has not been let in to',
  'apis.input': 'with an input that does not keep to its schema',
  'request.too_large': 'with an input that is too large',
  'request.not_json': 'with an input that is no JSON',
}

/** `null` for what is no API. */
function apiPointer(asked: string): string | null {
  return asked.startsWith('apis/') ? pointTo('/apis', asked.slice('apis/'.length)) : null
}

/** How a name is found among the settings: as an API, a route, an alias of one, or a model. */
function foundBy(
  name: string,
  settings: SettingsTree,
): { readonly says: string; readonly pointer: string } | null {
  const api = apiPointer(name)
  if (api !== null && valueAt(settings, api) !== undefined) return { says: 'a published API', pointer: api }
  if (settings['routes']?.[name] !== undefined) {
    return { says: 'a route', pointer: pointTo('/routes', name) }
  }
  for (const [route, entry] of Object.entries(settings['routes'] ?? {})) {
    const aliases = fieldOf(entry, 'aliases')
    if (!Array.isArray(aliases) || !aliases.includes(name)) continue
    const pointer = pointTo(pointTo(pointTo('/routes', route), 'aliases'), aliases.indexOf(name))
    return { says: `another name of route ${route}`, pointer }
  }
  if (settings['models']?.[name] === undefined) return null
  return { says: 'a model by its own name', pointer: pointTo('/models', name) }
}

/** As routing estimated them when it looked at its rules. */
function sayTokens({ asked }: CallRecord): string {
  return asked?.inputTokens === undefined ? '' : ` for about ${asked.inputTokens} tokens`
}

function sayRule(pointer: string, settings: SettingsTree): string {
  const [, route = '', , index = ''] = stepsOf(pointer)
  const when = textOf(valueAt(settings, pointTo(pointer, 'when')))
  const condition = when === null ? '' : ` (${when.length > 80 ? `${when.slice(0, 80)}…` : when})`
  return `rule ${Number(index) + 1} of route ${route} held${condition}`
}
