/**
 * A look at a request that only says whether there is anything to look for: nearly all requests end here, and nothing
 * is made for them.
 *
 * Not for guards that judge the whole, read by an operator's expressions or try themselves out: those do all of their
 * work anyhow.
 */
import { type BodyText, someText } from './body-texts.ts'
import type { CompiledGuard } from './guard.ts'
import { hasPlaceholder } from './placeholders.ts'

type Fields = Readonly<Record<string, unknown>>

/** True for a body in which these guards find nothing, and that names no placeholder; `null` where only a whole look can tell. */
export function clearLook(guards: readonly CompiledGuard[]): ((body: Fields) => boolean) | null {
  const clears = guards.flatMap((it) => it.finder?.isClear ?? [])
  const sizes = guards.flatMap((it) => it.size?.mostChars ?? [])
  if (clears.length + sizes.length < guards.length || guards.some((it) => it.action === 'shadow')) return null
  const mostChars = Math.min(...sizes)
  let chars = 0
  const isSuspect = (text: string, kind: BodyText): boolean => {
    if (kind === 'hidden') return true
    if (kind === 'text' || kind === 'json') chars += text.length
    if (chars > mostChars || hasPlaceholder(text)) return true
    for (const isClear of clears) if (!isClear(text)) return true
    return false
  }
  return (body) => {
    chars = 0
    return !someText(body, isSuspect)
  }
}
