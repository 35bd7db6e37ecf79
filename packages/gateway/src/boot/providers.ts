/** The providers that settings name, for people: the banner and `changeover doctor`. */
import type { SettingsTree } from '@changeover/reload'
import { providers } from '../providers/list.ts'

export interface ProviderEntry {
  readonly name: string
  readonly kind: string
  /** `null` for a simulated one. */
  readonly baseUrl: string | null
  /** A reference, never a value. */
  readonly credential: string | null
}

export function providersOf(settings: SettingsTree): ProviderEntry[] {
  return Object.entries(settings['providers'] ?? {}).map(([name, value]) => {
    const {
      kind = '',
      baseUrl = null,
      credential = null,
    } = (value ?? {}) as Record<string, string | undefined>
    return { name, kind, baseUrl: kind === 'simulated' ? null : (baseUrl ?? defaultUrlOf(kind)), credential }
  })
}

function defaultUrlOf(kind: string): string | null {
  return providers[kind]?.defaultBaseUrl ?? null
}
