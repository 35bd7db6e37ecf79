/**
 * The changes that a soak makes, each as a person would make it: in the file, or by a patch to the admin API.
 *
 * Four things change in turn: weights, the prompt (a new version of the context), keys (a caller's, with overlap,
 * and the provider's), and the form of the log. After each, exactly one answer to a request is right; `expected`
 * reads it from the settings of a version.
 */
import { createHash } from 'node:crypto'
import type { Echo } from './echo-provider.ts'
import { toYaml } from './settings-text.ts'

export interface ReloadStep {
  readonly name: string
  readonly patch: object
  edit(text: string): string
  /** Callers use this key from then on. */
  readonly nextKey?: string
}

/** Environment of the gateway: what the provider's credential can be. */
export const PROVIDER_KEYS = { PROVIDER_KEY_A: 'provider-key-a', PROVIDER_KEY_B: 'provider-key-b' } as const

const FORMATS = ['json', 'logfmt', 'pretty'] as const

export const callerKey = (i: number): string => `caller-key-${i}`
const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`

export function soakSettings(origin: string, collector: string): string {
  const yaml = toYaml({
    providers: {
      echo: { kind: 'openai-compatible', baseUrl: `${origin}/v1`, credential: reference('PROVIDER_KEY_A') },
    },
    models: {
      left: { provider: 'echo', model: 'left-model' },
      right: { provider: 'echo', model: 'right-model' },
    },
    contexts: { [contextName(0)]: { prompt: promptOf(0) } },
    routes: { chat: { targets: targets(100), context: 'support@^1' } },
    // Streams outlive the keys that they began with.
    access: { revokedWithinMs: 'finish' },
    tenants: { load: { keys: { k0: { hash: hashOf(callerKey(0)) } } } },
    telemetry: {
      logs: { level: 'info', format: 'json' },
      traces: { ratio: 0.1, otlp: { endpoint: collector } },
    },
  })
  return `# what a soak runs under; this line stays\n${yaml}`
}

/** The `i`-th change of a soak, from 1. Any five in a row touch all that changes. */
export function stepAt(i: number): ReloadStep {
  const round = Math.floor((i - 1) / STEPS.length) + 1
  const step = STEPS[(i - 1) % STEPS.length] ?? weights
  return step(round)
}

const STEPS: readonly ((round: number) => ReloadStep)[] = [
  weights,
  prompt,
  keyAdded,
  credential,
  logFormat,
  keyGone,
]

function weights(round: number): ReloadStep {
  const left = round % 2 === 1 ? 0 : 100
  return {
    name: `weights ${left}`,
    patch: { routes: { chat: { targets: targets(left) } } },
    edit: (text) =>
      replaced(
        replaced(text, /(model: "?left"?\n\s+weight: )\d+/, `$1${left}`),
        /(model: "?right"?\n\s+weight: )\d+/,
        `$1${100 - left}`,
      ),
  }
}

function prompt(round: number): ReloadStep {
  const name = contextName(round)
  return {
    name: `prompt ${round}`,
    patch: { contexts: { [name]: { prompt: promptOf(round) } } },
    edit: (text) =>
      replaced(
        text,
        /^contexts:\n/m,
        `contexts:\n  ${name}:\n    prompt: ${JSON.stringify(promptOf(round))}\n`,
      ),
  }
}

/** The new key is valid beside the old one; callers move over while both are. */
function keyAdded(round: number): ReloadStep {
  const hash = hashOf(callerKey(round))
  return {
    name: `key ${round} added`,
    patch: { tenants: { load: { keys: { [`k${round}`]: { hash } } } } },
    edit: (text) => replaced(text, /( +)keys:\n/, `$1keys:\n$1  k${round}:\n$1    hash: "${hash}"\n`),
    nextKey: callerKey(round),
  }
}

function keyGone(round: number): ReloadStep {
  const old = `k${round - 1}`
  return {
    name: `key ${round - 1} gone`,
    patch: { tenants: { load: { keys: { [old]: null } } } },
    edit: (text) => replaced(text, new RegExp(` +${old}:\\n +hash: .*\\n`), ''),
  }
}

function credential(round: number): ReloadStep {
  const text = reference(round % 2 === 1 ? 'PROVIDER_KEY_B' : 'PROVIDER_KEY_A')
  return {
    name: `credential ${text}`,
    patch: { providers: { echo: { credential: text } } },
    edit: (it) => replaced(it, /(credential: ).*/, () => `credential: ${JSON.stringify(text)}`),
  }
}

function logFormat(round: number): ReloadStep {
  const format = FORMATS[round % FORMATS.length] ?? 'json'
  return {
    name: `format ${format}`,
    patch: { telemetry: { logs: { format } } },
    edit: (text) => replaced(text, /(format: ).*/, `$1${format}`),
  }
}

/** What a version's settings make of a request. */
export function expected(settings: SoakTree): Pick<Echo, 'model' | 'prompt' | 'key'> {
  const target = settings.routes.chat.targets.find((it) => it.weight > 0)
  const newest = Object.keys(settings.contexts).sort((a, b) => patchOf(b) - patchOf(a))[0] ?? ''
  const name = /\{env:(\w+)\}/.exec(settings.providers.echo.credential)?.[1] ?? ''
  return {
    model: settings.models[target?.model ?? '']?.model ?? 'none',
    prompt: settings.contexts[newest]?.prompt ?? 'none',
    key: Object.entries(PROVIDER_KEYS).find(([it]) => it === name)?.[1] ?? 'none',
  }
}

/** The part of the settings that a soak looks at. */
export interface SoakTree {
  readonly providers: { readonly echo: { readonly credential: string } }
  readonly models: Readonly<Record<string, { readonly model: string }>>
  readonly contexts: Readonly<Record<string, { readonly prompt: string }>>
  readonly routes: {
    readonly chat: { readonly targets: readonly { readonly model: string; readonly weight: number }[] }
  }
}

function targets(left: number): { model: string; weight: number }[] {
  return [
    { model: 'left', weight: left },
    { model: 'right', weight: 100 - left },
  ]
}

function contextName(i: number): string {
  return `support@1.0.${i}`
}

function patchOf(name: string): number {
  return Number(name.split('.').at(-1))
}

function promptOf(i: number): string {
  return `prompt ${i}`
}

function reference(name: string): string {
  return `\${env:${name}}`
}

/** An edit that finds nothing to change is a mistake of the test. */
function replaced(text: string, pattern: RegExp, by: string | (() => string)): string {
  if (!pattern.test(text))
    throw new Error(`nothing in the settings file matches ${String(pattern)}:\n${text}`)
  return typeof by === 'string' ? text.replace(pattern, by) : text.replace(pattern, by)
}
