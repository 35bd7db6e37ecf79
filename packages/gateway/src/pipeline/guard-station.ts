/**
 * Where a call meets its guardrails on the way in: what becomes of its body, and what is known of that afterwards.
 *
 * A body in which something was masked goes on as new bytes; fields that nobody here knows stay as they were, and so do
 * all digits of numbers.
 *
 * Not here: what is looked for (`guardrails/`), and answers (`replies/guarded-answer.ts`).
 */
import type { Blocked, CompiledGuards, InputLooked } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import { isFields } from '../wire/fields.ts'
import type { RequestBody } from '../wire/request-body.ts'

export type Looked = InputLooked | Blocked

/** `null` where nothing looks at requests, and where a body is no JSON of ours to look at. */
export function lookAtBody(
  guards: CompiledGuards,
  body: RequestBody,
  leaving: Leaving,
): Looked | Promise<Looked> | null {
  if (guards.input === null) return null
  const { value } = body
  return isFields(value) ? guards.input(value, leaving) : null
}

/** Numbers that a parse and a write would change. */
const LONG_NUMBER = /\d{16}|\d\.\d|\d[eE]/

/** The bytes of what the guards have made of a body. */
export function changedBytes(came: Buffer, body: Readonly<Record<string, unknown>>): Buffer {
  const text = came.toString()
  if (!LONG_NUMBER.test(text)) return Buffer.from(JSON.stringify(body))
  return Buffer.from(JSON.stringify(withDigits(body, JSON.parse(text, keepDigits))))
}

interface RawJson {
  readonly rawJSON: string
}
const { rawJSON } = JSON as unknown as { rawJSON(text: string): RawJson }

function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return rawJSON(source)
}

/** The changed value, with the numbers as they were written. Both have the same form, but for names that were masked. */
function withDigits(value: unknown, written: unknown): unknown {
  if (typeof value === 'number') return written ?? value
  if (Array.isArray(value)) {
    const items: readonly unknown[] = Array.isArray(written) ? written : []
    return value.map((it, i) => withDigits(it, items[i]))
  }
  if (!isFields(value) || !isFields(written)) return value
  const names = Object.keys(written)
  return Object.fromEntries(
    Object.entries(value).map(([name, it], i) => {
      const before = Object.hasOwn(written, name) ? name : (names[i] ?? name)
      return [name, withDigits(it, written[before])]
    }),
  )
}
