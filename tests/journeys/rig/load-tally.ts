/** Counts what a load saw, as it comes, so that a long run costs no more memory than a short one. */
import type { Echo } from './echo-provider.ts'
import type { LoadResult, Seen, Spread } from './load-terms.ts'

const MOST_NOTES = 20

export class LoadTally {
  requests = 0
  failed = 0
  private streams = 0
  private streamChunks = 0
  private readonly failures = new Map<string, number>()
  private readonly wentBack: string[] = []
  private readonly seen = new Map<string, { -readonly [Name in keyof Seen]: Seen[Name] }>()
  private readonly newest = new Map<string, string>()
  private readonly latencies: number[] = []
  private readonly latenesses: number[] = []

  /** A request was answered, on this connection. */
  answered(connection: string, version: string, echoes: readonly string[]): void {
    this.requests += 1
    const before = this.newest.get(connection)
    if (before !== undefined && compareVersions(version, before) < 0 && this.wentBack.length < MOST_NOTES) {
      this.wentBack.push(`connection ${connection}: ${version} after ${before}`)
    }
    this.newest.set(connection, version)
    this.see(version, echoes)
  }

  streamed(version: string, echoes: readonly string[]): void {
    this.streams += 1
    this.streamChunks += echoes.length
    this.see(version, echoes)
  }

  took({ latenessMs, latencyMs }: { latenessMs: number; latencyMs: number }): void {
    this.latenesses.push(latenessMs)
    this.latencies.push(latencyMs)
  }

  fail(error: unknown): void {
    this.failed += 1
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    const said = `${error instanceof Error ? error.message : String(error)}${cause}`
    if (this.failures.size < MOST_NOTES || this.failures.has(said)) {
      this.failures.set(said, (this.failures.get(said) ?? 0) + 1)
    }
  }

  result({ tookMs, cpuShare }: { tookMs: number; cpuShare: number }): LoadResult {
    return {
      requests: this.requests,
      streams: this.streams,
      streamChunks: this.streamChunks,
      failed: this.failed,
      failures: [...this.failures].map(([said, count]) => `${count} × ${said}`),
      wentBack: this.wentBack,
      seen: [...this.seen.values()],
      rateReached: (this.requests / tookMs) * 1000,
      latencyMs: spreadOf(this.latencies),
      latenessMs: spreadOf(this.latenesses),
      cpuShare,
    }
  }

  /** Every echo of an answer must be the same: one version from the first byte to the last. */
  private see(version: string, echoes: readonly string[]): void {
    const [first = '{}', ...rest] = echoes
    const other = rest.find((it) => it !== first)
    if (other !== undefined)
      this.fail(new Error(`an answer of ${version} began with ${first} and went on with ${other}`))
    const { model = '', prompt = '', key = '' } = JSON.parse(first) as Partial<Echo>
    const name = `${version} ${model} ${prompt} ${key}`
    const known = this.seen.get(name)
    if (known === undefined) this.seen.set(name, { version, model, prompt, key, count: 1 })
    else known.count += 1
  }
}

/** `epoch.seq`, compared as a pair of numbers. */
export function compareVersions(a: string, b: string): number {
  const [[epochA = 0, seqA = 0], [epochB = 0, seqB = 0]] = [a, b].map((it) => it.split('.').map(Number)) as [
    number[],
    number[],
  ]
  return epochA === epochB ? seqA - seqB : epochA - epochB
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
