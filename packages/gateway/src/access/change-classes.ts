/**
 * Which class a change belongs to: the one table by which roles are limited and approvals are asked for.
 *
 * A class is a section of the settings, but for two that cut across: `prompts` is what models are told, and
 * `credentials` is every place that holds a credential or says where one is sent. The address of a provider is
 * in it because whoever may change the address may have the key sent to himself.
 *
 * Invariant: a change belongs to every class at, above or below its pointer. A whole provider that is added
 * brings its credential along, so it is of both classes; there is no way to name a change so that it is of none.
 */
import { stepsOf } from '@changeover/reload'

/** `*` stands for one step. The longest that matches says the class; several of the same length all count. */
const table: readonly (readonly [pattern: string, changeClass: string])[] = [
  ['/access', 'access'],
  ['/apis', 'apis'],
  ['/apis/*/context', 'prompts'],
  ['/apis/*/message', 'prompts'],
  ['/budgets', 'limits'],
  ['/cache', 'cache'],
  ['/cache/*/redis/url', 'credentials'],
  ['/calls', 'calls'],
  ['/catalogue', 'catalogue'],
  ['/contexts', 'prompts'],
  ['/counters', 'limits'],
  ['/counters/store', 'credentials'],
  ['/guardrails', 'guardrails'],
  ['/limits', 'limits'],
  ['/models', 'models'],
  ['/probes', 'probes'],
  ['/providers', 'providers'],
  ['/providers/*/aws', 'credentials'],
  ['/providers/*/baseUrl', 'credentials'],
  ['/providers/*/credential', 'credentials'],
  ['/providers/*/credentials', 'credentials'],
  ['/providers/*/headers', 'credentials'],
  ['/providers/*/keyHeader', 'credentials'],
  ['/providers/*/kind', 'credentials'],
  ['/providers/*/project', 'credentials'],
  ['/providers/*/region', 'credentials'],
  ['/rollout', 'rollout'],
  ['/rollout/analysis/external/*/authorization', 'credentials'],
  ['/rollout/analysis/external/*/url', 'credentials'],
  ['/routes', 'routes'],
  ['/routes/*/context', 'prompts'],
  ['/routes/*/guardrails', 'guardrails'],
  ['/telemetry', 'telemetry'],
  ['/telemetry/*/otlp', 'credentials'],
  ['/tenants', 'tenants'],
  ['/tenants/*/guardrails', 'guardrails'],
  ['/tenants/*/keys', 'credentials'],
  ['/tenants/*/keys/*/limit', 'limits'],
  ['/tenants/*/keys/*/limits', 'limits'],
  ['/tenants/*/keys/*/budgets', 'limits'],
  ['/tenants/*/limit', 'limits'],
  ['/tenants/*/limits', 'limits'],
  ['/tenants/*/budgets', 'limits'],
  ['/tenants/*/teams/*/limit', 'limits'],
  ['/tenants/*/teams/*/limits', 'limits'],
  ['/tenants/*/teams/*/budgets', 'limits'],
]

const rules = table.map(([pattern, changeClass]) => ({ steps: stepsOf(pattern), changeClass }))

/** Every class there is, sorted. */
export const CHANGE_CLASSES: readonly string[] = [...new Set(table.map(([, it]) => it))].toSorted()

/** The classes of one changed parameter. A section that the table does not know is a class by itself. */
export function classesOf(pointer: string): readonly string[] {
  const steps = stepsOf(pointer)
  const above = rules.filter((it) => startsWith(steps, it.steps))
  const longest = Math.max(0, ...above.map((it) => it.steps.length))
  const at = above.filter((it) => it.steps.length === longest)
  // What is changed as a whole changes everything below it.
  const below = rules.filter((it) => it.steps.length > steps.length && startsWith(it.steps, steps))
  const found = new Set([...at, ...below].map((it) => it.changeClass))
  return found.size > 0 ? [...found].toSorted() : [steps[0] ?? '']
}

/** The classes of all of them, sorted, each once. */
export function classesOfAll(pointers: readonly string[]): readonly string[] {
  return [...new Set(pointers.flatMap(classesOf))].toSorted()
}

/** The tenant whose settings a parameter belongs to; `null` for one of no tenant, or of all of them. */
export function tenantOf(pointer: string): string | null {
  const [section, name] = stepsOf(pointer)
  return section === 'tenants' && name !== undefined ? name : null
}

function startsWith(steps: readonly string[], beginning: readonly string[]): boolean {
  if (beginning.length > steps.length) return false
  return beginning.every((it, i) => it === '*' || steps[i] === '*' || it === steps[i])
}
