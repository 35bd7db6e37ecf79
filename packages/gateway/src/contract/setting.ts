/**
 * How a room describes one of its settings: a zod schema, and beside it what a person wants to know.
 *
 * All that is said about a setting stands in one expression, in the `spec.ts` of the room that reads it.
 * From there come the check at reload, `spec/settings.schema.json`, `docs/reference/settings.md` and the
 * forms of the console: what is written in two places sooner or later differs.
 *
 * Not here: putting the rooms' schemas together, and turning zod's issues into found and expected
 * (`settings/`).
 */
import type { z } from 'zod'
import { isSecretHeader, secretReferencesIn } from './secret.ts'

export interface AboutSetting {
  /** Of a number: `ms`, `bytes`, `tokens/s`. */
  readonly unit?: string
  /** Regular expression for readers of the JSON Schema, where the check itself is a function. */
  readonly pattern?: string
}

/**
 * Says what a setting is for, in one sentence without a full stop. Each setting that is described here is
 * live: a reload changes it without a restart.
 */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  sentence: string,
  about: AboutSetting = {},
): Schema {
  return schema.meta({
    description: sentence,
    ...(about.pattern === undefined ? {} : { pattern: about.pattern }),
    ...(about.unit === undefined ? {} : { 'x-unit': about.unit }),
    'x-reload': 'live',
  })
}

/** The longest that a timer of Node waits, 24.8 days; every duration in the settings stays below it. */
export const LONGEST_MS = 2_147_483_647

/** Names that end up in headers, span attributes and `tenant/key` pairs. */
export const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const PLAIN_NAME_EXPECTED =
  'a name of 1 to 64 letters, digits, ".", "_" or "-" that starts with a letter or a digit'

/** What callers put into `model`: names of providers' models are used as they are, slashes and colons too. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$/
export const MODEL_NAME_EXPECTED =
  'a name of 1 to 128 letters, digits, ".", "_", ":", "/", "@", "+" or "-" that starts with a letter or a digit'

/** What a credential must be; the issue's code, and that the value found is not to be shown. */
export const SECRET_EXPECTED = 'a reference such as ${env:NAME} or ${file:PATH}'
export const SECRET_PARAMS = { hidden: true, code: 'settings.secret_literal' } as const

/** For `superRefine`: headers that carry a credential must name it by reference. */
export function refuseLiteralSecrets(
  headers: Readonly<Record<string, string>>,
  context: z.core.$RefinementCtx,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!isSecretHeader(name) || secretReferencesIn(value).length > 0) continue
    context.addIssue({ code: 'custom', path: [name], message: SECRET_EXPECTED, params: SECRET_PARAMS })
  }
}
