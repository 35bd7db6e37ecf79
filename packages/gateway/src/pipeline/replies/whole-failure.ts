/**
 * A failure that is told with a good status: `{"error": …}` where an answer should be, as some servers write it when they
 * had begun to answer before they failed. Taken for an answer it would be recorded as one, and no other target asked.
 *
 * Only what begins so is parsed; an answer that names no error among its fields begins with something else.
 */
import type { Wire } from '../../contract/wire.ts'
import { isFields } from '../../wire/fields.ts'

/** How such a body begins: of Anthropic's, and of all others'. */
const BEGINNING = /^\s*\{\s*(?:"type"\s*:\s*"error"\s*,\s*)?"error"\s*:/
const BEGINNING_BYTES = 64
const QUOTE = 34
const LETTER_E = 101
const LETTER_T = 116

/** What a server has not said. */
const USUAL_STATUS = 502

/** The status that it should have had; `null` for an answer. */
export function failureIn(body: Buffer, wire: Wire): number | null {
  if (!mayBegin(body) || !BEGINNING.test(body.toString('latin1', 0, BEGINNING_BYTES))) return null
  const text = body.toString()
  const said = parsed(text)
  const error = isFields(said) ? said['error'] : null
  if (!isFields(error) && (typeof error !== 'string' || error === '')) return null
  return statusIn(text, wire) ?? USUAL_STATUS
}

/** By the first letter of the first name: of most answers no more has to be looked at. */
function mayBegin(body: Buffer): boolean {
  const first = body[body.indexOf(QUOTE) + 1]
  return first === LETTER_E || first === LETTER_T
}

/** As the format's own streams tell of failures. */
function statusIn(text: string, wire: Wire): number | null {
  try {
    for (const it of wire.openReader().read('', text)) if (it.type === 'error') return it.status
    return null
  } catch {
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
