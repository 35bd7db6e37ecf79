/**
 * How each setting of telemetry is seen to change under load: by the lines of the process, and by what reaches two
 * collectors. One entry a setting; they are made one after the other, and each leaves its signal at the second
 * collector, so that the first one is its successor's alone.
 */
import { randomBytes } from 'node:crypto'
import type { CollectedRequest } from '@changeover/testkit'
import type { Tree } from '../settings-text.ts'
import { until } from '../until.ts'
import type { Seen, SettingChange } from './world.ts'

type Signal = 'logs' | 'traces' | 'metrics'

/** A reload that changes nothing else: its trace, and the lines of it. */
async function reload(seen: Seen) {
  const { gateway } = seen.world
  const traceId = randomBytes(16).toString('hex')
  const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` }
  const model = { parameters: { note: seen.word() } }
  await gateway.patch({ models: { [`a${seen.index}`]: model } }, headers)
  // Lines come through a pipe: those of reloads before may come later than this begins.
  const lines = () => gateway.process.lines.filter((it) => it.includes(traceId))
  await until(() => lines().some((it) => it.includes(' is in force')), { what: 'the line of a reload' })
  return { traceId, lines: lines() }
}

interface Arrival {
  readonly collector: number
  readonly request: CollectedRequest
  /** Empty for metrics. */
  readonly traceId: string
}

/** Where something of this signal came last: of a reload's trace, or the next but one of the metrics. */
async function arrival(seen: Seen, signal: Signal): Promise<Arrival> {
  const { collectors } = seen.world
  const of = (i: number) => collectors[i]?.requests.filter((it) => it.path.endsWith(`/v1/${signal}`)) ?? []
  const before = [of(0).length, of(1).length] as const
  const traceId = signal === 'metrics' ? '' : (await reload(seen)).traceId
  const trace = Buffer.from(traceId, 'hex')
  const find = () => {
    for (const i of [0, 1] as const) {
      const request = traceId === '' ? of(i)[before[i] + 1] : of(i).find((it) => it.bytes.includes(trace))
      if (request !== undefined) return { collector: i + 1, request, traceId }
    }
    return null
  }
  return await until(find, { what: `${signal} at a collector` })
}

async function lost(seen: Seen, signal: Signal): Promise<number> {
  const text = await (await seen.world.gateway.ask('/metrics')).text()
  const name = signal === 'traces' ? 'spans' : signal
  const rows = text.split('\n').filter((it) => it.startsWith('changeover_telemetry_dropped_total{'))
  const own = rows.filter((it) => it.includes(`"${name}"`))
  return own.reduce((sum, it) => sum + Number(it.split(' ').at(-1)), 0)
}

/** Whether a batch is given up that the collector refused once. */
async function givenUp(seen: Seen, signal: Signal): Promise<boolean> {
  const [collector] = seen.world.collectors
  if (collector === undefined) return false
  const before = [await lost(seen, signal), collector.refused(), collector.requests.length] as const
  collector.answer(503)
  if (signal !== 'metrics') await reload(seen)
  await until(() => collector.refused() > before[1], { what: 'a batch that is refused' })
  collector.answer(200)
  if (seen.isChanged)
    return (await seen.soon(async () => (await lost(seen, signal)) > before[0] || null)) === true
  // Tried again within a second and a half; metrics come ten times a second beside it.
  const came = signal === 'metrics' ? 15 : 1
  await until(() => collector.requests.length >= before[2] + came, { what: 'the batch once more' })
  return (await lost(seen, signal)) > before[0]
}

/** The settings that each signal has for its collector. */
function exportChanges(signal: Signal, what: string): readonly SettingChange[] {
  const otlp = (it: Tree): { more: Tree } => ({ more: { telemetry: { [signal]: { otlp: it } } } })
  const often: Tree = signal === 'metrics' ? { intervalMs: 100 } : {}
  const usual = { endpoint: 'at:collector1', timeoutMs: 600_000, ...often }
  const setting = `/telemetry/${signal}/otlp`
  return [
    {
      setting: `${setting}/timeoutMs`,
      effect: `the next ${what} are tried for as long as is said now`,
      from: otlp(usual),
      to: otlp({ timeoutMs: 500 }),
      see: (seen) => givenUp(seen, signal),
      was: false,
      becomes: true,
    },
    {
      setting: `${setting}/headers`,
      effect: `the next ${what} are sent with the new headers`,
      from: otlp({ ...usual, headers: { 'x-team': 'old' } }),
      to: otlp({ headers: { 'x-team': 'new' } }),
      see: async (seen) => (await arrival(seen, signal)).request.headers['x-team'],
      was: 'old',
      becomes: 'new',
    },
    {
      setting: `${setting}/endpoint`,
      effect: `the next ${what} go to the new place`,
      from: otlp(usual),
      to: otlp({ endpoint: 'at:collector2' }),
      see: async (seen) => (await arrival(seen, signal)).collector,
      was: 1,
      becomes: 2,
    },
  ]
}

const logs = (it: Tree): { more: Tree } => ({ more: { telemetry: { logs: it } } })
const isAskSaid = async (seen: Seen) =>
  (await reload(seen)).lines.some((it) => it.includes('reload asked for by'))

const logChanges: readonly SettingChange[] = [
  {
    setting: '/telemetry/logs/level',
    effect: 'the next line is written when it is of the new level',
    from: logs({ level: 'info', format: 'json' }),
    to: logs({ level: 'debug' }),
    see: isAskSaid,
    was: false,
    becomes: true,
  },
  {
    setting: '/telemetry/logs/rooms',
    effect: 'the next line of the room is written when it is of its new level',
    from: logs({ level: 'info', rooms: { engine: 'info' } }),
    to: logs({ rooms: { engine: 'debug' } }),
    see: isAskSaid,
    was: false,
    becomes: true,
  },
  {
    setting: '/telemetry/logs/format',
    effect: 'the next line has the new form',
    from: logs({ format: 'json' }),
    to: logs({ format: 'logfmt' }),
    see: async (seen) => [
      ...new Set((await reload(seen)).lines.map((it) => (it.startsWith('{"') ? 'json' : 'other'))),
    ],
    was: ['json'],
    becomes: ['other'],
  },
]

const spansOf = (seen: Seen, traceId: string) =>
  seen.world.collectors.flatMap((it) => it.spans()).filter((it) => it.traceId === traceId)

/** The first hundred of each version are kept in any case; one that comes after them, and then a reload, which is. */
async function isKept(seen: Seen): Promise<boolean> {
  await Promise.all(Array.from({ length: 100 }, () => seen.ask()))
  const { traceId } = await seen.record(await seen.ask())
  await arrival(seen, 'traces')
  return spansOf(seen, traceId).length > 0
}

const traceChanges: readonly SettingChange[] = [
  {
    setting: '/telemetry/traces/ratio',
    effect: 'the next trace is kept as often as is said now',
    from: { more: { telemetry: { traces: { ratio: 0, otlp: { endpoint: 'at:collector2' } } } } },
    to: { more: { telemetry: { traces: { ratio: 1 } } } },
    see: isKept,
    was: false,
    becomes: true,
  },
  {
    setting: '/telemetry/traces/attributes',
    effect: 'the next span has the new names',
    from: { more: { telemetry: { traces: { attributes: 'plain', otlp: { endpoint: 'at:collector2' } } } } },
    to: { more: { telemetry: { traces: { attributes: 'dup' } } } },
    see: async (seen) => {
      const { traceId } = await arrival(seen, 'traces')
      return spansOf(seen, traceId).some((it) => 'feature_flag.set.id' in it.attributes)
    },
    was: false,
    becomes: true,
  },
]

const metricChanges: readonly SettingChange[] = [
  {
    setting: '/telemetry/metrics/otlp/intervalMs',
    effect: 'metrics are sent as often as is said now',
    from: { more: { telemetry: { metrics: { otlp: { endpoint: 'at:collector2', intervalMs: 600_000 } } } } },
    to: { more: { telemetry: { metrics: { otlp: { intervalMs: 100 } } } } },
    see: async (seen) => {
      const count = () =>
        seen.world.collectors.flatMap((it) => it.requests).filter((it) => it.path.endsWith('/v1/metrics'))
          .length
      const before = count()
      return await seen.soon(() => count() >= before + 3 || null)
    },
    was: null,
    becomes: true,
  },
]

export const telemetryChanges: readonly SettingChange[] = [
  ...logChanges,
  ...exportChanges('logs', 'log records'),
  ...exportChanges('traces', 'spans'),
  ...traceChanges,
  ...exportChanges('metrics', 'metrics'),
  ...metricChanges,
]
