/**
 * What takes batches away. One is made for each target; a change of endpoint or headers makes another.
 *
 * The duties of an exporter: `send` rejects when the batch did not arrive and it has stopped trying;
 * it never throws at once; `close` lets what is being sent finish, then frees sockets. Both exporters
 * that exist (`otlp-exporter.ts`, and whatever a test passes) are driven by `batch-queue.ts` and
 * `metrics/metric-pump.ts` only.
 */
import type { OtlpTarget } from '../settings.ts'

export type Signal = 'spans' | 'logs' | 'metrics'

export interface Exporter<Batch> {
  /** Where it sends, for people: without credentials. */
  readonly target: string
  /** Resolves to the number of items that the receiver refused, 0 as a rule. */
  send(batch: Batch): Promise<number>
  close(): Promise<void>
}

/** Makes exporters; may have to load code first, once. */
export interface ExporterMaker<Batch> {
  /** Resolves when `make` can be called. Rejects when the code cannot be loaded. */
  ready(): Promise<void>
  isReady(): boolean
  /** Throws a `TelemetryError` when the target makes no sense. */
  check(target: OtlpTarget): void
  /** Synchronous, opens nothing. Throws a `TelemetryError`. */
  make(target: OtlpTarget): Exporter<Batch>
}

/** Two targets with the same key are served by the same exporter. */
export function targetKey(target: OtlpTarget | undefined): string {
  if (target === undefined) return ''
  const headers = Object.entries(target.headers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([target.endpoint, headers, target.timeoutMs ?? null])
}
