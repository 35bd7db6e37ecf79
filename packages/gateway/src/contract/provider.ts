/**
 * What distinguishes one provider from another: data and small pure functions. Sending, retrying and
 * timing belong to `transport/` and `routing/`. To add a provider: one file, one line in `providers/list.ts`.
 */
import type { WireName } from './wire.ts'

export interface Provider {
  readonly kind: string
  /** The format it speaks. When the caller speaks the same, bytes pass through. */
  readonly wire: WireName
  /** With the part of the path that all calls share: `https://api.openai.com/v1`. */
  readonly defaultBaseUrl: string | null
  /** Where its official key is usually found: `OPENAI_API_KEY`. */
  readonly credentialEnv: string | null
  /** Path below `baseUrl` for a chat call: `/chat/completions`. */
  readonly chatPath: string
  /** `content-type`, the credential's header and what else each call needs, as name, value … */
  headers(credential: string | null): readonly string[]
  /** True when a failed answer is worth another attempt, by status. */
  isRetryable(status: number): boolean
}
