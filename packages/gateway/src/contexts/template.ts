/**
 * A prompt with `{{name}}` in it, cut into pieces once so that filling it is joining strings.
 *
 * No logic, no nesting, no filters: a prompt is reviewed by people who do not program, and what it
 * becomes must be visible from what it says. Values are put in as they are and never looked at again,
 * so a caller's value that contains `{{…}}` stays text.
 *
 * Of several braces in a row the two next to the name are the placeholder's and the rest is text: `{{{a}}}` is
 * the value in braces, which is what a prompt with JSON in it means.
 */

export interface Template {
  /** Text pieces; variable i stands between piece i and i + 1. */
  readonly texts: readonly string[]
  readonly names: readonly string[]
}

const PLACEHOLDER = /\{\{\s*([^{}\r\n]*?)\s*\}\}/g

export function parseTemplate(prompt: string): Template {
  const texts: string[] = []
  const names: string[] = []
  let from = 0
  for (const found of prompt.matchAll(PLACEHOLDER)) {
    texts.push(prompt.slice(from, found.index))
    names.push(found[1] ?? '')
    from = found.index + found[0].length
  }
  texts.push(prompt.slice(from))
  return { texts, names }
}

/** `valueOf` is asked for each place in turn. */
export function fillTemplate(template: Template, valueOf: (name: string) => string): string {
  let text = template.texts[0] ?? ''
  for (let i = 0; i < template.names.length; i++) {
    text += valueOf(template.names[i] ?? '') + (template.texts[i + 1] ?? '')
  }
  return text
}
