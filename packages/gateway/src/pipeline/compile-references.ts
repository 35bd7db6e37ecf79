/**
 * What one setting says of another: a model's provider, a route's models and context, a tenant's limits.
 * All that points nowhere is told at once, with the nearest name that exists.
 *
 * Also here, because they need all rooms or the version before: a published context does not change, and
 * no two keys are the same.
 *
 * Not here: what each entry looks like by itself (`settings/check.ts`). Entries that are wrong by
 * themselves are left out here, but their names count, so that one mistake is told once.
 */
import { type Issue, nearest, type SettingsTree } from '@changeover/reload'
import { undeclaredVariables } from '../contexts/check-context.ts'
import {
  CONTEXT_RANGE_EXPECTED,
  nextFree,
  parseContextRange,
  resolveContext,
  versionsByName,
} from '../contexts/context-name.ts'
import { contextSpec } from '../contexts/spec.ts'
import { sayError as sayGatewayError } from '../errors.ts'
import { modelSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { checkUnlessClean } from '../settings/clean-sections.ts'
import { quote, wrong } from '../settings/issue-texts.ts'
import { sameJson } from '../settings/json-patch.ts'
import { checkCacheReferences } from './check-caches.ts'
import { checkRouteReferences } from './check-routes.ts'
import { checkTenants } from './check-tenants.ts'
import { checkGuardrailReferences } from './compile-guardrails.ts'
import { particularRoutes } from './particular-routes.ts'
import { at, dangling, namesOf, referenceIssue } from './reference-issues.ts'

export function checkReferences(tree: SettingsTree, previous: SettingsTree | null): readonly Issue[] {
  return [
    ...checkModels(tree),
    ...checkContexts(tree, previous),
    ...checkRoutes(tree),
    ...checkTenants(tree),
    ...checkGuardrailReferences(tree),
  ]
}

const checkModels = checkUnlessClean(['providers', 'models'], (tree) => {
  const providers = namesOf(tree, 'providers')
  const known = new Set(providers)
  const issues: Issue[] = []
  for (const [name, model] of entriesOf(tree, 'models', modelSpec)) {
    if (known.has(model.provider)) continue
    issues.push(
      dangling(`${at('models', name)}/provider`, model.provider, { what: 'providers', names: providers }),
    )
  }
  return issues
})

function checkContexts(tree: SettingsTree, previous: SettingsTree | null): readonly Issue[] {
  return [...changedContexts(tree, previous), ...whatContextsSay(tree)]
}

/** Published ones that are not what they were. */
function changedContexts(tree: SettingsTree, previous: SettingsTree | null): readonly Issue[] {
  if (tree.contexts === previous?.contexts) return []
  const issues: Issue[] = []
  const versions = versionsByName([...namesOf(tree, 'contexts'), ...namesOf(previous ?? {}, 'contexts')])
  for (const [name, value] of Object.entries(tree.contexts ?? {})) {
    const before = previous?.contexts?.[name]
    if (before === undefined || sameJson(before, value)) continue
    const message = sayGatewayError('settings.context_changed', {
      context: name,
      next: nextFree(versions, name),
    })
    issues.push({ code: 'settings.context_changed', message, pointer: at('contexts', name) })
  }
  return issues
}

const whatContextsSay = checkUnlessClean(['contexts', 'tenants'], (tree) => {
  const issues: Issue[] = []
  const tenants = namesOf(tree, 'tenants')
  for (const [name, context] of entriesOf(tree, 'contexts', contextSpec)) {
    for (const [i, it] of (context.tenants ?? []).entries()) {
      if (!tenants.includes(it))
        issues.push(dangling(`${at('contexts', name)}/tenants/${i}`, it, { what: 'tenants', names: tenants }))
    }
    const declared = Object.keys(context.variables)
    for (const variable of undeclaredVariables(context)) {
      const meant = nearest(variable, declared)
      const issue = wrong(
        `${at('contexts', name)}/prompt`,
        quote(`{{${variable}}}`),
        declared.length === 0 ? 'the variable to be declared in variables' : `one of ${declared.join(', ')}`,
      )
      issues.push(meant === null ? issue : { ...issue, hint: `did you mean "{{${meant}}}"?` })
    }
  }
  return issues
})

function checkRoutes(tree: SettingsTree): readonly Issue[] {
  const issues = [...checkRouteReferences(tree), ...checkCacheReferences(tree)]
  const particular = particularRoutes(entriesOf(tree, 'routes', routeSpec))
  if (particular.size === 0) return issues
  const versions = versionsByName(namesOf(tree, 'contexts'))
  for (const [name, route] of particular) {
    if (route.context === undefined) continue
    issues.push(...checkContextOf(route.context, `${at('routes', name)}/context`, versions))
  }
  return issues
}

function checkContextOf(
  context: string,
  pointer: string,
  versions: ReadonlyMap<string, readonly string[]>,
): readonly Issue[] {
  if (resolveContext(versions, context) !== null) return []
  const asked = parseContextRange(context)
  if (asked === null) return [wrong(pointer, quote(context), CONTEXT_RANGE_EXPECTED)]
  const published = versions.get(asked.name)
  if (published === undefined) {
    return [dangling(pointer, asked.name, { what: 'contexts', names: [...versions.keys()] })]
  }
  const expected = `one of ${published.map((it) => `${asked.name}@${it}`).join(', ')} to be in the range`
  return [{ ...referenceIssue(pointer, context, expected) }]
}
