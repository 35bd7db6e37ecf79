/** A request as routing may ask of it, for tests; says what it is told to say. */
import type { Modality, RouteAsk } from '../contract/route-ask.ts'

export interface TestAsk {
  readonly model?: string
  readonly stream?: boolean
  readonly tenant?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
  readonly inputTokens?: number
  readonly maxOutputTokens?: number | null
  readonly modalities?: readonly Modality[]
  readonly sensitive?: boolean
  readonly region?: string | null
  readonly session?: string | null
  readonly promptHash?: number | null
}

export function testAsk(it: TestAsk = {}): RouteAsk {
  return {
    model: it.model ?? 'chat',
    stream: it.stream ?? false,
    tenant: it.tenant ?? null,
    key: it.tenant === undefined || it.tenant === null ? null : `${it.tenant}/key`,
    sensitive: it.sensitive ?? false,
    region: it.region ?? null,
    header: (name) => it.headers?.[name],
    metadata: (key) => (Object.hasOwn(it.metadata ?? {}, key) ? (it.metadata?.[key] ?? null) : null),
    inputTokens: () => it.inputTokens ?? 0,
    maxOutputTokens: () => it.maxOutputTokens ?? null,
    modalities: () => it.modalities ?? ['text'],
    session: () => it.session ?? null,
    promptHash: () => it.promptHash ?? null,
  }
}
