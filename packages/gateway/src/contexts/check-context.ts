/** What can be wrong with a context beyond its schema: a prompt that names what is not declared. */
import type { ContextSpec } from './spec.ts'
import { parseTemplate } from './template.ts'

/** Words in `{{…}}` that no variable is declared for, each once. */
export function undeclaredVariables(context: ContextSpec): readonly string[] {
  const { names } = parseTemplate(context.prompt)
  return [...new Set(names)].filter((it) => !Object.hasOwn(context.variables, it))
}
