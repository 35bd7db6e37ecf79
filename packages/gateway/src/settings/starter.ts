/**
 * The settings a newcomer starts with: written once, on the first start without any.
 *
 * Short enough to be read whole, complete enough that each idea is seen at work: a split, a fallback, a
 * prompt with a variable. Providers whose keys are in the environment are used, by reference; without any,
 * a simulated one answers and says so.
 *
 * Models of real providers are examples, not recommendations, and the line that names them says so.
 */

import { type StarterProvider, starterProviders } from './starter-providers.ts'

/** `changeover.yaml` for an environment of these variables. Holds references to keys, never keys. */
export function starterSettings(env: Readonly<Record<string, string | undefined>>): string {
  const found = starterProviders.filter((it) => (env[it.env] ?? '') !== '')
  return [
    '# Changeover reads this file again whenever you save it: no restart, and no request is cut.',
    '',
    ...providerLines(found),
    '',
    ...modelLines(found),
    '',
    ...REST,
    '',
  ].join('\n')
}

function providerLines(found: readonly StarterProvider[]): readonly string[] {
  if (found.length === 0) {
    return [
      '# Where models are served. No provider key was found, so a simulated one answers; it says so in every reply.',
      '# A real one: { kind: openai, credential: "${env:OPENAI_API_KEY}" }',
      'providers:',
      '  simulated:',
      '    kind: simulated',
    ]
  }
  return [
    '# Where models are served. Keys are named here, never written here.',
    'providers:',
    ...found.flatMap((it) => [`  ${it.kind}:`, `    kind: ${it.kind}`, `    credential: \${env:${it.env}}`]),
  ]
}

function modelLines(found: readonly StarterProvider[]): readonly string[] {
  const first = found[0]
  const second = found[1] ?? first
  if (first === undefined || second === undefined) {
    return [
      '# Models by the names that routes use.',
      'models:',
      '  fast:',
      '    provider: simulated',
      '  careful:',
      '    provider: simulated',
    ]
  }
  return [
    "# Models by the names that routes use; model is the provider's own id, put any that your key may call.",
    'models:',
    '  fast:',
    `    provider: ${first.kind}`,
    `    model: ${first.fast}`,
    '  careful:',
    `    provider: ${second.kind}`,
    `    model: ${second.careful}`,
  ]
}

const REST: readonly string[] = [
  '# Prompts by name@version. What is published does not change: a new text is a new version.',
  'contexts:',
  '  support@1.0.0:',
  '    prompt: You help customers of {{product}}. Be brief, and say so when you do not know.',
  '    variables:',
  '      product:',
  '        default: our product',
  '',
  '# What callers ask for as "model". Change a weight, save, and watch x-changeover-version.',
  'routes:',
  '  chat:',
  '    targets:',
  '      - model: fast',
  '        weight: 90',
  '      - model: careful',
  '        weight: 10',
  '    fallback: [careful]',
  '  support:',
  '    targets:',
  '      - model: fast',
  '    context: support@^1',
  '',
  '# What the gateway tells about itself. Without tenants anyone who reaches the port may call; see docs/guide/settings.md.',
  'telemetry:',
  '  logs:',
  '    level: info',
  '    format: pretty',
]
