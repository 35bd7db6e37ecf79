/**
 * Providers whose credential is exchanged for a token: where the tokens come from, and how requests get them.
 *
 * Tokens belong to no version: a source is carried over reloads by the reference of its credential, so that a
 * reload never makes a request wait for a token.
 */
import type { Provider } from '../contract/provider.ts'
import type { SecretValues } from '../contract/secret.ts'
import type { Upstream } from '../contract/upstream.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { TokenSource } from '../transport/token-source.ts'
import { openTokenUpstream } from '../transport/token-upstream.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import type { TargetInput } from './compile-targets.ts'

export type TokenSources = ReadonlyMap<string, TokenSource>

const NO_TOKENS: TokenSources = new Map()

/** For credentials that are exchanged: where their tokens come from, carried by the reference. */
export function tokensOf(
  kind: Provider,
  settings: ProviderSpec,
  { secrets, clock, carry }: TargetInput,
): TokenSources {
  const exchange = kind.token
  if (exchange === undefined) return NO_TOKENS
  const { credential, credentials = [] } = settings
  const hide = (token: string) => secrets.hide?.(token)
  const open = () => new TokenSource({ exchange, clock, open: openUpstream, hide })
  const close = (source: TokenSource) => source.close()
  const references = credential === undefined ? credentials : [credential]
  return new Map(references.map((it) => [it, carry.keep(`token:${kind.kind}:${it}`, open, close)]))
}

export function sameTokens(before: TokenSources, now: TokenSources): boolean {
  for (const [reference, source] of now) if (before.get(reference) !== source) return false
  return before.size === now.size
}

/** The pool, with a token on each request where the credential is exchanged for one. */
export function withTokens(
  pool: Upstream,
  tokens: TokenSources,
  { chosen, secrets, kind }: { chosen: () => string | undefined; secrets: SecretValues; kind: Provider },
): Upstream {
  const exchange = kind.token
  if (exchange === undefined) return pool
  return openTokenUpstream({
    inner: pool,
    sourceNow: () => {
      const reference = chosen() ?? ''
      const source = tokens.get(reference)
      const credential = source === undefined ? '' : secrets.fill(reference)
      return source === undefined || !exchange.exchanges(credential) ? null : { source, credential }
    },
  })
}
