/**
 * Keeps secrets out of everything that leaves: exact values that were named, values under telling
 * names, and strings that look like keys.
 *
 * Works where text leaves (a log line, a span in export), not where attributes are set: a secret that
 * becomes known after a span began is still caught, and the hot path pays nothing. Values repeat (a
 * route, a model, a status), so answers are remembered.
 *
 * Why exact values and patterns both: patterns know only the providers we thought of; exact values
 * only the secrets that went through the settings.
 */
import type { AttributeValue } from '@changeover/reload'

export const REDACTED = '[redacted]'

/** Shapes of well-known credentials. Each begins with letters of its own, so that plain text is passed quickly. */
const SHAPES = [
  /\bsk-[A-Za-z0-9_-]{16,}/,
  // Our own, mistyped ones too.
  /\bcok_[0-9A-Za-z]{40,}/,
  /\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bhf_[A-Za-z0-9]{20,}/,
  /\bgsk_[A-Za-z0-9]{20,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bA(?:KIA|SIA)[0-9A-Z]{16}\b/,
  /\bAIza[0-9A-Za-z_-]{30,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/,
  /\b[Bb]earer +[A-Za-z0-9._~+/=-]{8,}/,
  /\b[Bb]asic +[A-Za-z0-9+/=]{12,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/,
  /:\/\/[^/\s:@"']+:[^/\s@"']+@/,
]

const TELLING_NAME =
  /(?:^|[._-])(?:authorization|cookie|set-cookie|password|passwd|secret|credential|x-api-key|api[._-]?key|access[._-]?token|refresh[._-]?token|private[._-]?key)$/i

const SPECIAL = /[.*+?^${}()|[\]\\/-]/g
/** Shorter text cannot hold a credential by shape. */
const SHAPE_MIN_CHARS = 12
const EXACT_MIN_CHARS = 4
const MEMORY_ENTRIES = 4096
const MEMORY_MAX_CHARS = 512

export interface Redactor {
  /** From now on this value appears nowhere. Values of fewer than 4 characters are not taken: they would blot out plain words. */
  add(value: string): void
  /** The text with every secret in it replaced. */
  text(text: string): string
  /** The value of an attribute as it may leave. */
  attribute(name: string, value: AttributeValue): AttributeValue
}

export function createRedactor(): Redactor {
  return new PatternRedactor()
}

class PatternRedactor implements Redactor {
  readonly #exact = new Set<string>()
  readonly #seen = new Map<string, string>()
  readonly #names = new Map<string, boolean>()
  #pattern = compile([])
  #minChars = SHAPE_MIN_CHARS

  add(value: string): void {
    if (value.length < EXACT_MIN_CHARS || this.#exact.has(value)) return
    for (const form of formsOf(value)) this.#exact.add(form)
    const longestFirst = [...this.#exact].sort((a, b) => b.length - a.length)
    this.#pattern = compile(longestFirst)
    this.#minChars = Math.min(SHAPE_MIN_CHARS, longestFirst.at(-1)?.length ?? SHAPE_MIN_CHARS)
    this.#seen.clear()
  }

  text(text: string): string {
    if (text.length < this.#minChars) return text
    this.#pattern.lastIndex = 0
    return this.#pattern.test(text) ? text.replace(this.#pattern, REDACTED) : text
  }

  attribute(name: string, value: AttributeValue): AttributeValue {
    if (this.#isTelling(name)) return REDACTED
    if (typeof value === 'string') return this.#remembered(value)
    if (typeof value === 'number' || typeof value === 'boolean') return value
    // A caller without types may have passed anything: it leaves as text, and never as an exception.
    return Array.isArray(value)
      ? value.map((it) => this.#remembered(String(it)))
      : this.#remembered(String(value))
  }

  #remembered(value: string): string {
    if (value.length < this.#minChars) return value
    if (value.length > MEMORY_MAX_CHARS) return this.text(value)
    const known = this.#seen.get(value)
    if (known !== undefined) return known
    const clean = this.text(value)
    if (this.#seen.size >= MEMORY_ENTRIES) this.#seen.clear()
    this.#seen.set(value, clean)
    return clean
  }

  #isTelling(name: string): boolean {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const telling = TELLING_NAME.test(name)
    if (this.#names.size >= MEMORY_ENTRIES) this.#names.clear()
    this.#names.set(name, telling)
    return telling
  }
}

function compile(exact: readonly string[]): RegExp {
  const parts = [...exact.map((it) => it.replace(SPECIAL, '\\$&')), ...SHAPES.map((it) => it.source)]
  return new RegExp(parts.join('|'), 'g')
}

/** A secret as it stands, and as it looks inside JSON, a URL or base64. */
function formsOf(value: string): readonly string[] {
  const inJson = JSON.stringify(value).slice(1, -1)
  return [...new Set([value, inJson, encodeURIComponent(value), Buffer.from(value).toString('base64')])]
}
