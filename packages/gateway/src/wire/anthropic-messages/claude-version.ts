/**
 * The version in a model's name, where it has one: `claude-3-7-sonnet-20250219` is 3.7, `claude-opus-4-20250514`
 * is 4, `eu.anthropic.claude-sonnet-4-5-20250929-v1:0` is 4.5. What some fields may hold depends on it.
 */
const NAME = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?=$|[-.@:])/

/** As one number, 4.5 as 405; `null` for a name that says nothing, which is taken for a new model. */
export function claudeVersion(model: string): number | null {
  const found = NAME.exec(model)
  return found === null ? null : Number(found[1]) * 100 + Number(found[2] ?? 0)
}

export function isAtLeast(model: string, version: number): boolean {
  const known = claudeVersion(model)
  return known === null || known >= version
}
