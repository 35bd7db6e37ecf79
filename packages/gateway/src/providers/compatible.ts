/**
 * Makes a provider of a line of the table, or of settings: what speaks OpenAI's format differs in addresses,
 * in a header and in quirks, and all of that is data.
 */
import type { Operation, Provider, ProviderPath, Quirks } from '../contract/provider.ts'
import type { WireName } from '../contract/wire.ts'
import { isRetryableStatus } from './retryable.ts'

export interface CompatibleProvider {
  readonly kind: string
  readonly baseUrl: string | null
  /** Where its key is usually found. `null`: it needs none. */
  readonly env: string | null
  /** Below the base URL, by what is asked. */
  readonly paths: Readonly<Partial<Record<Operation, ProviderPath>>>
  /** What a request of another format is translated into. Default: `openai-chat`. */
  readonly wire?: WireName
  /** The header of the key. Default: `authorization`, with `Bearer` before it. */
  readonly keyHeader?: KeyHeader
  readonly quirks?: Quirks
  readonly errorTexts?: readonly string[]
  readonly callerHeaders?: readonly string[]
  readonly replyHeaders?: readonly string[]
}

export interface KeyHeader {
  readonly name: string
  /** Before the key, with a space between. */
  readonly scheme?: string | undefined
}

const BEARER: KeyHeader = { name: 'authorization', scheme: 'Bearer' }

export function compatible(it: CompatibleProvider): Provider {
  const { kind, baseUrl, env, paths, wire = 'openai-chat', keyHeader = BEARER } = it
  return {
    kind,
    wire,
    paths,
    defaultBaseUrl: baseUrl,
    credentialEnv: env,
    headers: (credential) => headersWithKey(keyHeader, credential),
    isRetryable: isRetryableStatus,
    ...(it.quirks === undefined ? {} : { quirks: it.quirks }),
    ...(it.errorTexts === undefined ? {} : { errorTexts: it.errorTexts }),
    ...(it.callerHeaders === undefined ? {} : { callerHeaders: it.callerHeaders }),
    ...(it.replyHeaders === undefined ? {} : { replyHeaders: it.replyHeaders }),
  }
}

export function headersWithKey({ name, scheme }: KeyHeader, credential: string | null): readonly string[] {
  const headers = ['content-type', 'application/json']
  if (credential !== null) headers.push(name, scheme === undefined ? credential : `${scheme} ${credential}`)
  return headers
}
