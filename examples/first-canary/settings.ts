/** The settings that the demonstration begins with, and the change that goes wrong. */
import { type Caller, hashOf } from './audience.ts'

const goodPrompt = 'You help visitors of a cinema. Be brief and friendly. Always say when the show begins.'
/** Meant to stop promises about refunds. What it does stop is every question about a price. */
const badPrompt = 'You help visitors of a cinema. Be brief and friendly. Do not make promises about money.'

/** What somebody adds: a further version of the context. Those that have been published stay as they are. */
export const addition = ['  support@1.1.0:', `    prompt: ${badPrompt}`]

export function withAddition(settings: string): string {
  return settings.replace(`prompt: ${goodPrompt}`, [`prompt: ${goodPrompt}`, ...addition].join('\n'))
}

export function settingsFor(modelUrl: string, callers: readonly Caller[]): string {
  return `# A support bot of four hundred cinemas.
providers:
  pretend:
    kind: openai-compatible
    baseUrl: ${modelUrl}

models:
  small:
    provider: pretend

catalogue:
  openai-compatible/small: { prices: [{ input: 0.5, output: 1.5 }] }

contexts:
  support@1.0.0:
    prompt: ${goodPrompt}

routes:
  support:
    targets: [{ model: small }]
    context: support@^1

# A change reaches five per cent of the cinemas first. It is compared with all the others, and goes on or back by itself.
rollout:
  policy:
    strategy: canary
    unit: tenant
    steps:
      - { share: 0.05, forMs: 60000 }
      - { share: 0.25, forMs: 60000 }

tenants:
${callers.map((it) => `  ${it.tenant}:\n    keys:\n      bot: { hash: ${hashOf(it.key)} }`).join('\n')}
`
}
