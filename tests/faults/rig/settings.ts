/** Settings files for gateways under faults, over providers that the tests hold in their hands. */
import { type Tree, toYaml } from '../../journeys/rig/settings-text.ts'

export interface Wished {
  /** Origin of a provider that speaks OpenAI's format. */
  readonly origin: string
  readonly credential?: string
  readonly model?: string
  /** Of the route `chat`, beside its target. */
  readonly route?: Tree
  /** Further sections. */
  readonly more?: Tree
}

export function settingsTree({ origin, credential, model = 'first', route = {}, more = {} }: Wished): Tree {
  const key = credential === undefined ? {} : { credential }
  return {
    providers: { upstream: { kind: 'openai-compatible', baseUrl: `${origin}/v1`, ...key } },
    models: { main: { provider: 'upstream', model } },
    routes: { chat: { targets: [{ model: 'main' }], ...route } },
    rollout: { observe: { bakeMs: 0 } },
    ...more,
  }
}

export function settingsText(wished: Wished): string {
  return toYaml(settingsTree(wished))
}
