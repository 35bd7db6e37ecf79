/**
 * A published context, compiled: the template is cut, the variables are known, and a prompt without
 * variables is made once.
 *
 * Not here: whether the template names only declared variables (`contexts/check.ts`, at validation).
 */
import type { CompiledContext } from '../contract/compiled.ts'
import { sayError } from '../errors.ts'
import type { ContextSpec } from './spec.ts'
import { fillTemplate, parseTemplate } from './template.ts'

type Filled = ReturnType<CompiledContext['fill']>
type Variables = Readonly<Record<string, unknown>>

/** `otherwise`: what those have to whom it does not belong. */
export function compileContext(
  id: string,
  settings: ContextSpec,
  otherwise: CompiledContext | null = null,
): CompiledContext {
  const template = parseTemplate(settings.prompt)
  const declared = Object.entries(settings.variables)
  const about = {
    id,
    parameters: settings.parameters ?? null,
    ...(settings.tenants === undefined ? {} : { tenants: new Set(settings.tenants) }),
    ...(otherwise === null ? {} : { otherwise }),
    ...(declared.length === 0 ? {} : { variables: declared.map(([name]) => name) }),
  }
  if (declared.length === 0) {
    const whole: Filled = Object.freeze({ ok: true, prompt: settings.prompt })
    return { ...about, fill: (given) => findUndeclared(given, {}) ?? whole }
  }
  return { ...about, fill }

  function fill(given: Variables | undefined): Filled {
    const undeclared = findUndeclared(given, settings.variables)
    if (undeclared !== null) return undeclared
    const values: Record<string, string> = {}
    for (const [name, variable] of declared) {
      const value = given?.[name] ?? variable.default
      if (typeof value !== 'string') return refuse(name, typeName(value), 'a text')
      if (value.length > variable.maxLength) {
        return refuse(name, `${value.length} characters`, `${variable.maxLength} at most`)
      }
      values[name] = value
    }
    return { ok: true, prompt: fillTemplate(template, (name) => values[name] ?? '') }
  }
}

/** A misspelt variable must not silently become the default. */
function findUndeclared(given: Variables | undefined, declared: ContextSpec['variables']): Filled | null {
  if (given === undefined) return null
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(declared, name)) continue
    const known = Object.keys(declared)
    return refuse(
      name.slice(0, 64),
      'a variable that is not declared',
      known.length === 0 ? 'none' : known.join(', '),
    )
  }
  return null
}

function refuse(name: string, found: string, expected: string): Filled {
  const message = sayError('contexts.variable', { name, found, expected })
  return { ok: false, code: 'contexts.variable', message }
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
