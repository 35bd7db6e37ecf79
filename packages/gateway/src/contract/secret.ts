/**
 * Secret references, as they stand in settings: `${env:NAME}` and `${file:PATH}`.
 *
 * Settings travel, are kept for ever and are shown to people; so they name a secret and never hold one.
 * Values belong to no version: a snapshot keeps the reference and asks for the value when it needs it.
 *
 * Not here: where values come from and when they change (`settings/secrets.ts`).
 */

const REFERENCES = /\$\{((?:env|file):[^}\r\n]+)\}/g
const WHOLE = /^\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^}\r\n]+)\}$/

/** For the JSON Schema of settings that must be one reference and nothing else. */
export const REFERENCE_PATTERN = WHOLE.source

/** Live values of the references that the settings name. */
export interface SecretValues {
  /** Grows when a value changes; whoever memoised something made of values makes it anew. */
  readonly generation: number
  /** The text with every reference replaced. Throws `settings.secret_missing` for one that was never resolved. */
  fill(text: string): string
  /** Keeps a further value, such as a token that a credential was exchanged for, out of all that is said. */
  hide?(value: string): void
}

/** True for text that is one reference and nothing else. */
export function isSecretReference(text: string): boolean {
  return WHOLE.test(text)
}

/** The references in a text, as written, each once. */
export function secretReferencesIn(text: string): readonly string[] {
  if (!text.includes('${')) return []
  return [...new Set(Array.from(text.matchAll(REFERENCES), (it) => it[0]))]
}

/** The text with each reference replaced by what `valueOf` says. */
export function replaceSecretReferences(text: string, valueOf: (reference: string) => string): string {
  if (!text.includes('${')) return text
  return text.replace(REFERENCES, (reference) => valueOf(reference))
}

/** Headers whose value is a credential, whatever the server calls it. */
export function isSecretHeader(name: string): boolean {
  return /authorization|cookie|token|secret|password|(?:^|[-_])(?:api[-_]?)?key$/i.test(name)
}
