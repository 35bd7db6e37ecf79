/** One gateway over a simulated model that speaks each family's API, for a whole file of tests. */
import { createHash } from 'node:crypto'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { Gateway } from '../journeys/rig/gateway.ts'

export const KEY = 'key-of-the-clients'

/** Kind of provider, what its base path is below the simulator, and whether it can embed. */
export const FAMILIES = [
  { name: 'openai', kind: 'openai', path: '/v1', embeds: true, more: '' },
  { name: 'openai-compatible', kind: 'openai-compatible', path: '/v1', embeds: true, more: '' },
  { name: 'anthropic', kind: 'anthropic', path: '/v1', embeds: false, more: '' },
  { name: 'gemini', kind: 'gemini', path: '/v1beta', embeds: true, more: '' },
  { name: 'bedrock', kind: 'bedrock', path: '', embeds: false, more: '\n    region: eu-central-1' },
  { name: 'mistral', kind: 'mistral', path: '/mistral/v1', embeds: true, more: '' },
] as const

export interface Rig extends AsyncDisposable {
  readonly provider: FakeProvider
  readonly gateway: Gateway
}

export async function startRig(): Promise<Rig> {
  const provider = await startFakeProvider({ behave: 'model' })
  const gateway = await Gateway.start({
    settings: settingsFor(provider.origin),
    env: { PROVIDER_KEY: 'sk-provider' },
  })
  return {
    provider,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await provider.close()
    },
  }
}

/** One attempt each: what the clients do about failures is what is looked at, not what the gateway does. */
function settingsFor(origin: string): string {
  const providers = FAMILIES.map(
    ({ name, kind, path, more }) =>
      `  ${name}:\n    kind: ${kind}\n    baseUrl: ${origin}${path}\n    credential: \${env:PROVIDER_KEY}${more}\n`,
  )
  const models = FAMILIES.map(({ name }) => `  ${name}-model: { provider: ${name}, model: fake-model }\n`)
  // Of OpenAI's models only those of before the chat complete texts.
  models.push('  instruct-model: { provider: openai, model: gpt-3.5-turbo-instruct }\n')
  const routes = FAMILIES.map(
    ({ name }) => `  ${name}-route:\n    targets: [{ model: ${name}-model }]\n    retries: { attempts: 1 }\n`,
  )
  routes.push('  instruct-route:\n    targets: [{ model: instruct-model }]\n')
  const hash = createHash('sha256').update(KEY).digest('hex')
  return `providers:\n${providers.join('')}models:\n${models.join('')}routes:\n${routes.join('')}limits:
  one: { requests: 1, perMs: 86400000 }
tenants:
  clients:
    keys:
      all: { hash: "sha256:${hash}" }
      once: { hash: "sha256:${createHash('sha256').update(`${KEY}-once`).digest('hex')}", limit: one }
telemetry:
  logs: { level: error }
`
}
