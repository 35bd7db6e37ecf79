/**
 * An OTLP/HTTP collector inside a test: takes protobuf, keeps the bytes, and shows spans, log records and
 * metrics as plain objects.
 *
 * The reading is our own and knows nothing of the writing in `@changeover/otel`: a field that one side has
 * wrong is noticed. It can be told to fail, for tests of what happens when a collector is down.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CollectedLog,
  type CollectedMetricPoint,
  type CollectedSpan,
  readLogs,
  readMetrics,
  readSpans,
} from './otlp-reader.ts'

export type { CollectedLog, CollectedMetricPoint, CollectedSpan } from './otlp-reader.ts'

export interface CollectedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
}

export interface OtlpCollector {
  /** Base URL: the endpoint to configure. */
  readonly url: string
  /** Everything that was accepted, oldest first. */
  readonly requests: readonly CollectedRequest[]
  spans(): CollectedSpan[]
  logs(): CollectedLog[]
  metrics(): CollectedMetricPoint[]
  /** Answers with this status from now on; 200 accepts again. */
  answer(status: number): void
  /** Requests that were refused by `answer`. */
  refused(): number
  clear(): void
  close(): Promise<void>
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const requests: CollectedRequest[] = []
  const state = { status: 200, refused: 0 }
  const server = createServer((request, response) => {
    void take(request).then((taken) => {
      if (state.status === 200) requests.push(taken)
      else state.refused++
      answer(response, state.status)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const of = (path: string) => requests.filter((it) => it.path.endsWith(path)).map((it) => it.bytes)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    spans: () => of('/v1/traces').flatMap(readSpans),
    logs: () => of('/v1/logs').flatMap(readLogs),
    metrics: () => of('/v1/metrics').flatMap(readMetrics),
    answer: (status) => {
      state.status = status
    },
    refused: () => state.refused,
    clear: () => {
      requests.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function take(request: IncomingMessage): Promise<CollectedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return { path: request.url ?? '', headers: request.headers, bytes: Buffer.concat(chunks) }
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/x-protobuf' })
  response.end()
}
