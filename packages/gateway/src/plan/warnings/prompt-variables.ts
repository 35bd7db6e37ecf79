/** Prompts that ask for what callers do not send, and prompt variables that nobody sends. */
import { resolveContext, versionsByName } from '../../contexts/context-name.ts'
import type { ContextSpec } from '../../contexts/spec.ts'
import type { Warning } from '../look.ts'
import { type Check, count, type Look, pointerOf, type Sections, warn } from './check.ts'

export const promptVariables: Check = (look) => {
  const found: Warning[] = []
  const seen = new Set<string>()
  for (const name of look.after.routes.keys()) {
    const now = contextOf(look.after, name)
    const was = contextOf(look.before, name)
    if (now === null || seen.has(now.id)) continue
    if (was?.id === now.id && !look.touches('contexts', now.id)) continue
    seen.add(now.id)
    found.push(...required(look, { route: name, now, was }), ...unsent(look, { route: name, now, was }))
  }
  return found
}

interface Used {
  readonly id: string
  readonly settings: ContextSpec
}
interface Swapped {
  readonly route: string
  readonly now: Used
  readonly was: Used | null
}

/** Without a default, and new to the callers of the route. */
function required(look: Look, { route, now, was }: Swapped): Warning[] {
  const sent = was === null ? undefined : look.facts.variables.get(was.id)
  const calls = (was === null ? look.facts.routes.get(route) : look.facts.contexts.get(was.id))?.calls ?? 0
  return Object.entries(now.settings.variables).flatMap(([name, variable]) => {
    const before = was?.settings.variables[name]
    if (variable.default !== undefined || (before !== undefined && before.default === undefined)) return []
    const sending = sent?.get(name) ?? 0
    if (calls > 0 && sending === calls) return []
    const who = calls === 0 ? 'no call of it is recorded' : `${sending} of ${count(calls, 'call')} sent it`
    const text = `prompt ${now.id} needs the variable ${name} from callers of route ${route}; ${who}`
    const pointer = pointerOf('contexts', now.id, 'variables', name)
    return [warn('plan.variable_required', pointer, { text, numbers: { calls, sending } })]
  })
}

/** With a default: taken for every caller. */
function unsent(look: Look, { route, now, was }: Swapped): Warning[] {
  const calls = was === null ? 0 : (look.facts.contexts.get(was.id)?.calls ?? 0)
  if (was === null || calls === 0) return []
  const sent = look.facts.variables.get(was.id)
  return Object.entries(now.settings.variables).flatMap(([name, variable]) => {
    if (variable.default === undefined || (sent?.get(name) ?? 0) > 0) return []
    if (was.settings.variables[name] !== undefined && was.id === now.id) return []
    const text = `nobody sends the variable ${name} of prompt ${now.id}: none of ${count(calls, 'call')} of route ${route}; all get its default`
    const pointer = pointerOf('contexts', now.id, 'variables', name)
    return [warn('plan.variable_unsent', pointer, { text, numbers: { calls, sending: 0 } })]
  })
}

function contextOf(sections: Sections, route: string): Used | null {
  const asked = sections.routes.get(route)?.context
  if (asked === undefined) return null
  const id = resolveContext(versionsByName(sections.contexts.keys()), asked)
  const settings = id === null ? undefined : sections.contexts.get(id)
  return id === null || settings === undefined ? null : { id, settings }
}
