/**
 * The section `apis` put together with what it names: routes, contexts, tenants. Its check, and its compilation.
 *
 * Checks of schemas are made by a compiler that is loaded with the first API, before a version is validated; compiling
 * takes what is there.
 */
import { type Issue, nearest, pointTo, ReloadError, type SettingsTree } from '@changeover/reload'
import { parseApiName } from '../apis/api-name.ts'
import { type LifeCycleFault, lifeCycleFaults } from '../apis/check-life-cycle.ts'
import { compileApis } from '../apis/compile-apis.ts'
import { faultOf, loadSchemas } from '../apis/schema-checks.ts'
import { type ApiSpec, apiSpec } from '../apis/spec.ts'
import {
  CONTEXT_RANGE_EXPECTED,
  parseContextRange,
  resolveContext,
  versionsByName,
} from '../contexts/context-name.ts'
import { type ContextSpec, contextSpec } from '../contexts/spec.ts'
import { fillTemplate, parseTemplate } from '../contexts/template.ts'
import type { CompiledApis } from '../contract/apis.ts'
import type { CompiledContext, CompiledRoute } from '../contract/compiled.ts'
import { sayError } from '../errors.ts'
import { routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { quote, wrong } from '../settings/issue-texts.ts'
import { sameJson } from '../settings/json-patch.ts'
import { isFields } from '../wire/fields.ts'
import { at, dangling, namesOf, referenceIssue } from './reference-issues.ts'

export interface PublishedInput {
  readonly settings: SettingsTree
  readonly routes: ReadonlyMap<string, CompiledRoute>
  contextOf(asked: string): CompiledContext | null
}

export function compilePublished({ settings, routes, contextOf }: PublishedInput): CompiledApis {
  return compileApis(entriesOf(settings, 'apis', apiSpec), {
    template: (text) => {
      const parsed = parseTemplate(text)
      return (valueOf) => fillTemplate(parsed, valueOf)
    },
    contextOf: (api) => (api.context === undefined ? null : contextOf(api.context)),
    routeContextOf: (api) => routes.get(api.route)?.context ?? null,
  })
}

/** Makes checks of the schemas, for `checkPublished` to say of which that cannot be done. */
export function loadPublished(settings: SettingsTree): Promise<void> {
  const apis = [...entriesOf(settings, 'apis', apiSpec).values()]
  return loadSchemas(apis.flatMap(({ input, output }) => (output === undefined ? [input] : [input, output])))
}

/** Asked again where nothing is validated any more: throws `prepare.failed` for a schema of which no check can be made. */
export async function preparePublished(settings: SettingsTree, version: string): Promise<void> {
  await loadPublished(settings)
  const issues = [...entriesOf(settings, 'apis', apiSpec)].flatMap(([name, api]) => checkSchemas(name, api))
  if (issues.length > 0)
    throw new ReloadError('prepare.failed', { participant: 'gateway', version }, { issues })
}

function checkSchemas(name: string, { input, output }: ApiSpec): readonly Issue[] {
  return Object.entries({ input, output }).flatMap(([field, schema]): readonly Issue[] => {
    const fault = schema === undefined ? null : faultOf(schema)
    if (fault === null) return []
    const pointer = `${at('apis', name)}/${field}${fault.pointer}`
    const message = sayError('settings.api_schema', { pointer, reason: fault.reason.slice(0, 200) })
    return [{ code: 'settings.api_schema', message, pointer }]
  })
}

export interface CheckedInput {
  readonly settings: SettingsTree
  readonly previous: SettingsTree | null
  /** Not `null` for a rollback. */
  readonly restores: unknown
}

export function checkPublished({ settings, previous, restores }: CheckedInput): readonly Issue[] {
  const apis = entriesOf(settings, 'apis', apiSpec)
  const lived = restores === null && previous !== null ? checkLifeCycle(settings, previous) : []
  if (apis.size === 0) return lived
  const found = [...apis].flatMap(([name, api]) => checkApi(name, api, settings))
  return [...lived, ...found]
}

function checkLifeCycle(now: SettingsTree, before: SettingsTree): readonly Issue[] {
  if (now['apis'] === before['apis']) return []
  const objects = (tree: SettingsTree) =>
    Object.fromEntries(Object.entries(tree['apis'] ?? {}).filter((it) => isFields(it[1]))) as Readonly<
      Record<string, Readonly<Record<string, unknown>>>
    >
  return lifeCycleFaults(objects(now), objects(before), same).map(issueOf)
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && sameJson(a as never, b as never))
}

function issueOf(fault: LifeCycleFault): Issue {
  const { api } = fault
  const here = at('apis', api)
  if (fault.kind === 'changed') {
    const { field, next } = fault
    const message = sayError('settings.api_changed', { api, field, next })
    return { code: 'settings.api_changed', message, pointer: `${here}/${field}` }
  }
  if (fault.kind === 'gone') {
    const message = sayError('settings.api_gone', { api, state: fault.from })
    return { code: 'settings.api_gone', message, pointer: here }
  }
  const { from, to, may } = fault
  const message = sayError('settings.api_moved', { api, from, to, may: may.join(' or ') })
  return { code: 'settings.api_moved', message, pointer: `${here}/state` }
}

function checkApi(name: string, api: ApiSpec, tree: SettingsTree): readonly Issue[] {
  const here = at('apis', name)
  return [
    ...checkRoute(api, here, tree),
    ...checkContext(api, here, tree),
    ...checkNames(api, here, tree),
    ...checkMessage(api, here),
    ...checkSuccessor(name, api, { here, tree }),
    ...checkSchemas(name, api),
  ]
}

function checkRoute({ route }: ApiSpec, here: string, tree: SettingsTree): readonly Issue[] {
  const aliases = [...entriesOf(tree, 'routes', routeSpec).values()].flatMap((it) => it.aliases)
  const names = [...namesOf(tree, 'routes'), ...aliases, ...namesOf(tree, 'models')]
  return names.includes(route) ? [] : [dangling(`${here}/route`, route, { what: 'routes or models', names })]
}

function checkContext(api: ApiSpec, here: string, tree: SettingsTree): readonly Issue[] {
  const { context: asked } = api
  const pointer = `${here}/context`
  if (asked === undefined) return []
  const contexts = entriesOf(tree, 'contexts', contextSpec)
  const parsed = parseContextRange(asked)
  if (parsed === null) return [wrong(pointer, quote(asked), CONTEXT_RANGE_EXPECTED)]
  const versions = versionsByName(namesOf(tree, 'contexts'))
  const id = resolveContext(versions, asked)
  if (id === null) return [dangling(pointer, asked, { what: 'contexts', names: namesOf(tree, 'contexts') })]
  const context = contexts.get(id)
  return context === undefined ? [] : missingVariables(api, { pointer, id, context })
}

/** A variable that no input need have, and that has no default, would refuse calls whose input is right. */
function missingVariables(
  { input }: ApiSpec,
  { pointer, id, context }: { readonly pointer: string; readonly id: string; readonly context: ContextSpec },
): readonly Issue[] {
  const required: unknown = input['required']
  const names = Array.isArray(required) ? required.map(String) : []
  return Object.entries(context.variables).flatMap(([name, { default: usual }]) => {
    if (usual !== undefined || names.includes(name)) return []
    return [
      wrong(
        pointer,
        `"${id}", whose variable "${name}" has no default`,
        `"${name}" among what input requires`,
      ),
    ]
  })
}

function checkNames(api: ApiSpec, here: string, tree: SettingsTree): readonly Issue[] {
  const names = namesOf(tree, 'tenants')
  return (['tenants', 'testers'] as const).flatMap((field) =>
    (api[field] ?? []).flatMap((name, i) =>
      names.includes(name) ? [] : [dangling(`${here}/${field}/${i}`, name, { what: 'tenants', names })],
    ),
  )
}

/** A property that the schema does not name is most likely misspelt. */
function checkMessage({ message, input }: ApiSpec, here: string): readonly Issue[] {
  if (message === undefined) return []
  const properties = input['properties']
  const known = isFields(properties) ? Object.keys(properties) : []
  const unknown = [...new Set(parseTemplate(message).names)].filter((it) => !known.includes(it))
  return unknown.map((name) => {
    const issue = wrong(`${here}/message`, quote(`{{${name}}}`), 'a property that input names')
    const meant = nearest(name, known)
    return meant === null ? issue : { ...issue, hint: `did you mean "{{${meant}}}"?` }
  })
}

function checkSuccessor(
  name: string,
  { successor }: ApiSpec,
  { here, tree }: { readonly here: string; readonly tree: SettingsTree },
): readonly Issue[] {
  if (successor === undefined) return []
  const pointer = pointTo(here, 'successor')
  if (successor === name) return [referenceIssue(pointer, successor, 'another version, or another API')]
  const names = namesOf(tree, 'apis').filter((it) => parseApiName(it) !== null)
  return names.includes(successor) ? [] : [dangling(pointer, successor, { what: 'apis', names })]
}
