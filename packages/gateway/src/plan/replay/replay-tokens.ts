/**
 * Callers of recorded calls who came by tokens of identity providers, without the tokens: a record names the entry of
 * `access.tokens` and whom its claims named, `acme/staff:ann@example.com`.
 *
 * A token goes to the entry that takes its issuer and audience, whatever that is called. So the entry under which a call
 * came, by the running version, says to which one of the candidate's its tokens would go. Whether that would verify them
 * is the same question as before as long as keys and algorithms are the same; where they are not, it is not answered. The
 * team that a token named, and what it allowed, are in the record where its entry read them: what a candidate reads for
 * the first time, or by another claim, is not known.
 *
 * Not here: what a tenant may whose tokens these are (`identity/`).
 */
import type { SettingsTree } from '@changeover/reload'
import type { TokenClaims } from '../../contract/call.ts'
import type { RecalledToken } from '../../contract/compiled.ts'
import { type TokenSpec, type TokensSpec, tokensSpec } from '../../identity/token-spec.ts'
import { entryOf } from '../../settings/check.ts'

export interface RecalledBy {
  /** `null`: no entry takes such tokens. */
  readonly before: RecalledToken | null
  readonly after: RecalledToken | null
}

export class ReplayTokens {
  readonly #before: TokensSpec
  readonly #after: TokensSpec

  constructor(before: SettingsTree, after: SettingsTree) {
    this.#before = tokensIn(before)
    this.#after = tokensIn(after)
  }

  /** `null` for a caller who came by a key; a text says what the records do not hold that it would take. */
  find(caller: string | null, claims: TokenClaims = {}): RecalledBy | string | null {
    const named = caller === null ? null : /^([^/]*)\/([^:]*):(.+)$/s.exec(caller)
    if (named === null) return null
    const [, tenant = '', name = '', who = ''] = named
    const old = specIn(this.#before, name)
    const next = old === undefined ? named[2] : entryFor(this.#after, old)
    const spec = next === undefined ? undefined : specIn(this.#after, next)
    if (isUnknown(claims.team, old?.teamClaim, spec?.teamClaim)) return 'the teams that tokens name'
    if (isUnknown(claims.allow, old?.allowClaim, spec?.allowClaim)) return 'the routes that tokens allow'
    if (old !== undefined && spec !== undefined) {
      if (!isSame([old.keys, old.jwks, old.algorithms], [spec.keys, spec.jwks, spec.algorithms]))
        return 'by which key tokens were signed'
      if (old.nameClaim !== spec.nameClaim) return `the claim "${spec.nameClaim}" of tokens`
      if (spec.tenantClaim !== undefined && spec.tenantClaim !== old.tenantClaim)
        return `the claim "${spec.tenantClaim}" of tokens`
    }
    const of = (entry: string | undefined, is: TokenSpec | undefined) =>
      entry === undefined || is === undefined ? null : { entry, tenant, who, claims }
    return { before: of(name, old), after: of(next, spec) }
  }
}

function tokensIn(tree: SettingsTree): TokensSpec {
  return entryOf(tree, ['access', 'tokens'], tokensSpec) ?? {}
}

function specIn(tokens: TokensSpec, name: string): TokenSpec | undefined {
  return Object.hasOwn(tokens, name) ? tokens[name] : undefined
}

/** The first one counts, as it does for a token that comes. */
function entryFor(tokens: TokensSpec, { issuer, audience }: TokenSpec): string | undefined {
  const found = Object.entries(tokens).find(([, it]) => it.issuer === issuer && it.audience === audience)
  return found?.[0]
}

/** Whether what a token said under a claim would be asked for, and is not in the record: it is there as the old one read it. */
function isUnknown(kept: unknown, old: string | undefined, next: string | undefined): boolean {
  if (old === undefined && next === undefined) return false
  return kept === undefined || (next !== undefined && next !== old)
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
