/**
 * OTLP over HTTP: our bytes through OpenTelemetry's own transport, with its retries and time limits.
 *
 * The transport is loaded when the first target is configured, and only then: a gateway without a
 * collector starts without it. Sockets belong to the exporter and are closed with it.
 *
 * Settings of the environment (`OTEL_EXPORTER_OTLP_…`) are not read here: what is sent where is a setting
 * like any other, with a version.
 */
import type { Agent } from 'node:http'
import type { CompressionAlgorithm, IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base'
import { TelemetryError } from '../errors.ts'
import type { OtlpTarget } from '../settings.ts'
import type { Exporter, ExporterMaker, Signal } from './exporter.ts'
import { readRejected } from './read-response.ts'

interface Transport {
  readonly createDelegate: typeof import('@opentelemetry/otlp-exporter-base/node-http').createOtlpHttpExportDelegate
  readonly noCompression: CompressionAlgorithm
}

const PATHS: Readonly<Record<Signal, string>> = { spans: 'v1/traces', logs: 'v1/logs', metrics: 'v1/metrics' }
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What HTTP takes in a value: printable, and nothing that could begin another header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/
const DEFAULT_TIMEOUT_MS = 10_000
/** The queue sends fewer at once; the transport's own bound is out of its way. */
const TRANSPORT_CONCURRENCY = 64
const ITEM_NAMES = { spans: 'span', logs: 'log', metrics: 'metric_data_point' } as const

let loaded: Transport | null = null
let loading: Promise<void> | null = null

export interface OtlpMakerOptions<Batch> {
  readonly signal: Signal
  readonly encode: (batch: Batch) => Uint8Array
  readonly userAgent: string
}

export function createOtlpMaker<Batch>(options: OtlpMakerOptions<Batch>): ExporterMaker<Batch> {
  return {
    isReady: () => loaded !== null,
    ready: load,
    check: (target) => {
      signalUrl(options.signal, target)
      checkHeaders(options.signal, target)
    },
    make: (target) => makeExporter(options, target),
  }
}

function load(): Promise<void> {
  loading ??= loadTransport().catch((error: unknown) => {
    loading = null
    throw error
  })
  return loading
}

async function loadTransport(): Promise<void> {
  const [base, node] = await Promise.all([
    import('@opentelemetry/otlp-exporter-base'),
    import('@opentelemetry/otlp-exporter-base/node-http'),
  ])
  loaded = {
    createDelegate: node.createOtlpHttpExportDelegate,
    noCompression: base.CompressionAlgorithm.NONE,
  }
}

function makeExporter<Batch>(options: OtlpMakerOptions<Batch>, target: OtlpTarget): Exporter<Batch> {
  const { signal } = options
  const url = signalUrl(signal, target)
  checkHeaders(signal, target)
  const shown = `${url.protocol}//${url.host}${url.pathname}`
  const transport = loaded
  if (transport === null) throw new TelemetryError('telemetry.exporter', { signal, target: shown })
  const agents: { destroy(): void }[] = []
  // Written by the reader of an answer, taken by the callback that the transport calls right after it.
  const answer = { rejected: 0 }
  const delegate = createDelegate(transport, { options, target, url, agents, answer })
  return {
    target: shown,
    send: (batch) =>
      new Promise((resolve, reject) => {
        delegate.export(batch, (result) => {
          const { rejected } = answer
          answer.rejected = 0
          if (result.error === undefined) resolve(rejected)
          else reject(result.error)
        })
      }),
    close: async () => {
      await delegate.shutdown()
      for (const agent of agents) agent.destroy()
    },
  }
}

interface DelegateParts<Batch> {
  readonly options: OtlpMakerOptions<Batch>
  readonly target: OtlpTarget
  readonly url: URL
  readonly agents: { destroy(): void }[]
  readonly answer: { rejected: number }
}

function createDelegate<Batch>(
  transport: Transport,
  parts: DelegateParts<Batch>,
): IOtlpExportDelegate<Batch> {
  const { options, target, url, agents, answer } = parts
  const item = ITEM_NAMES[options.signal]
  return transport.createDelegate<Batch, null>(
    {
      url: url.href,
      headers: async () => ({ ...target.headers, 'Content-Type': 'application/x-protobuf' }),
      timeoutMillis: target.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      concurrencyLimit: TRANSPORT_CONCURRENCY,
      compression: transport.noCompression,
      userAgent: options.userAgent,
      agentFactory: (protocol) => createAgent(protocol, agents),
    },
    {
      serializeRequest: options.encode,
      deserializeResponse: (bytes) => {
        answer.rejected = readRejected(bytes)
        return null
      },
    },
    `otlp_http_${item}_exporter`,
    { name: item, countItems: () => 1 },
    undefined,
  )
}

/** The address of one signal. Credentials in the address are refused: they would end up in every message. */
function signalUrl(signal: Signal, target: OtlpTarget): URL {
  const refuse = () =>
    new TelemetryError('telemetry.endpoint', { signal, found: shownEndpoint(target.endpoint) })
  let url: URL
  try {
    url = new URL(target.endpoint)
  } catch {
    throw refuse()
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse()
  if (url.username !== '' || url.password !== '') throw refuse()
  const path = PATHS[signal]
  if (!url.pathname.endsWith(path)) {
    url.pathname = `${url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`}${path}`
  }
  return url
}

function shownEndpoint(endpoint: string): string {
  return endpoint.replace(/\/\/[^/@]*@/, '//…@').replace(/\?.*$/, '')
}

function checkHeaders(signal: Signal, target: OtlpTarget): void {
  for (const [header, value] of Object.entries(target.headers ?? {})) {
    if (!HEADER_NAME.test(header) || !HEADER_VALUE.test(value)) {
      throw new TelemetryError('telemetry.header', { signal, header })
    }
  }
}

async function createAgent(protocol: string, agents: { destroy(): void }[]): Promise<Agent> {
  const { Agent } = protocol === 'http:' ? await import('node:http') : await import('node:https')
  const agent = new Agent({ keepAlive: true })
  agents.push(agent)
  return agent
}
