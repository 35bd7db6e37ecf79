/**
 * The one class of error of this package; its table is `error-rules.ts`.
 *
 * Callers decide by `code`, `retry` and `blame`, never by text. The cause is chained, never pasted in.
 */
import type { Issue } from './contract/receipt.ts'
import { type Rule, rules } from './error-rules.ts'

export { type Rule, rules }

export type ErrorCode = keyof typeof rules
export type DetailsOf<Code extends ErrorCode> = Parameters<(typeof rules)[Code]['say']>[0]

export interface ReloadErrorOptions extends ErrorOptions {
  readonly issues?: readonly Issue[]
}

/** Identify by `code`, not by `instanceof`: two copies of this package may be loaded. */
export class ReloadError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ReloadError'
  readonly code: Code
  readonly details: DetailsOf<Code>
  readonly issues: readonly Issue[]

  constructor(code: Code, details: DetailsOf<Code>, options?: ReloadErrorOptions) {
    super(sayError(code, details), options)
    this.code = code
    this.details = details
    this.issues = options?.issues ?? []
  }
}

/** The text of a code, for issues and receipts. */
export function sayError<Code extends ErrorCode>(code: Code, details: DetailsOf<Code>): string {
  const say = rules[code].say as (details: DetailsOf<Code>) => string
  return say(details)
}

export function isReloadError(it: unknown): it is ReloadError {
  return it instanceof Error && it.name === 'ReloadError' && typeof (it as ReloadError).code === 'string'
}
