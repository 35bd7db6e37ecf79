/**
 * Logs, traces and metrics as a part of the reload: exporters are built aside while preparing, and taken
 * over in one synchronous step just after the swap.
 *
 * A version that comes back into service without being prepared again (after a regression) is applied by
 * its settings alone: its exporters were let go when the other version took over.
 */
import { isDeepStrictEqual } from 'node:util'
import type { LiveTelemetry, OtlpTarget, PreparedTelemetry, TelemetrySettings } from '@changeover/otel'
import type { Participant, SettingsTree } from '@changeover/reload'
import type { SecretValues } from '../contract/secret.ts'
import { checkSettings, entryOf } from '../settings/check.ts'
import type { Secrets } from '../settings/secrets.ts'
import { type LogsSpec, logsSpec, metricsSpec, tracesSpec } from '../settings/telemetry-spec.ts'
import { type ReferencePlace, resolveOrThrow } from './participant.ts'

export interface TelemetryParticipantOptions {
  readonly live: Pick<LiveTelemetry, 'prepare' | 'apply' | 'settings'>
  readonly secrets: Secrets
  /** Whether log lines go to a terminal: they are pretty there, and JSON elsewhere, unless the settings say. */
  readonly isTerminal: boolean
}

export interface TelemetryPart {
  readonly settings: TelemetrySettings
  readonly version: string
  readonly prepared: PreparedTelemetry
}

const KINDS = ['telemetry'] as const

export function telemetryParticipant(options: TelemetryParticipantOptions): Participant<TelemetryPart> {
  const taken = new WeakSet<TelemetryPart>()
  return {
    kinds: KINDS,
    validate: ({ settings }) => checkSettings(settings, KINDS),
    async prepare({ settings, version }) {
      const attempt = { participant: 'telemetry', version }
      await resolveOrThrow(options.secrets, [...referencesOf(settings)], attempt)
      const asked = telemetrySettings(settings, options)
      return { settings: asked, version, prepared: await options.live.prepare(asked) }
    },
    committed(part) {
      const again = taken.has(part)
      taken.add(part)
      options.live.apply(again ? part.settings : part.prepared, { version: part.version })
    },
    inspect(part) {
      const isOurs = isDeepStrictEqual(options.live.settings, part.settings)
      return isOurs ? null : 'other telemetry settings are in force'
    },
    release: (part) => part.prepared.release(),
  }
}

/** The tree's telemetry section with defaults and with secrets filled in. */
export function telemetrySettings(
  tree: SettingsTree,
  options: { readonly secrets: SecretValues; readonly isTerminal: boolean },
): TelemetrySettings {
  const logs = entryOf(tree, ['telemetry', 'logs'], logsSpec) ?? logsSpec.parse({})
  const traces = entryOf(tree, ['telemetry', 'traces'], tracesSpec) ?? tracesSpec.parse({})
  const metrics = entryOf(tree, ['telemetry', 'metrics'], metricsSpec) ?? metricsSpec.parse({})
  const target = (otlp: LogsSpec['otlp']) => fillTarget(otlp, options.secrets)
  const pushed = target(metrics.otlp)
  return {
    logs: {
      level: logs.level,
      ...(Object.keys(logs.rooms).length === 0 ? {} : { rooms: logs.rooms }),
      format: logs.format ?? (options.isTerminal ? 'pretty' : 'json'),
      ...optional('otlp', target(logs.otlp)),
    },
    traces: { ratio: traces.ratio, ...optional('otlp', target(traces.otlp)) },
    metrics:
      pushed === undefined || metrics.otlp === undefined
        ? {}
        : { otlp: { ...pushed, intervalMs: metrics.otlp.intervalMs } },
    attributes: traces.attributes,
  }
}

function fillTarget(otlp: LogsSpec['otlp'], secrets: SecretValues): OtlpTarget | undefined {
  if (otlp === undefined) return undefined
  const headers = Object.entries(otlp.headers ?? {}).map(([name, value]) => [name, secrets.fill(value)])
  const { endpoint, timeoutMs } = otlp
  return { endpoint, timeoutMs, ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }) }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [name in K]?: V })
}

function* referencesOf(tree: SettingsTree): Generator<ReferencePlace> {
  for (const [name, value] of Object.entries(tree.telemetry ?? {})) {
    const otlp = typeof value === 'object' && value !== null && 'otlp' in value ? value.otlp : undefined
    const headers = typeof otlp === 'object' && otlp !== null && 'headers' in otlp ? otlp.headers : undefined
    for (const [header, text] of Object.entries(headers ?? {})) {
      if (typeof text === 'string') yield { text, steps: ['telemetry', name, 'otlp', 'headers', header] }
    }
  }
}
