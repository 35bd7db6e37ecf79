/**
 * A soak: steady requests by the official client, long streams, and one reload after the other, by file and by API.
 *
 * What may not happen is collected as sentences; an empty list is a pass. What was reached (rate, lateness, memory,
 * time of a reload) is told as it is, because a load that came late proves less than it says.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { NodeScript, startOtlpCollector } from '@changeover/testkit'
import { Gateway } from './gateway.ts'
import { Load } from './load.ts'
import { spreadOf } from './load-tally.ts'
import type { LoadResult, Seen, Spread } from './load-terms.ts'
import { heapBytes, MEMORY_FLAGS, MemoryWatch } from './process-memory.ts'
import { callerKey, expected, PROVIDER_KEYS, type SoakTree, soakSettings, stepAt } from './reload-steps.ts'
import { pause, until } from './until.ts'

export interface SoakOptions {
  readonly rate: number
  readonly seconds: number
  readonly connections: number
  readonly streams: number
  readonly reloads: number
  /** Whether streams are opened one after another over the whole time, each under another version. */
  readonly streamsOverTime: boolean
}

export interface SoakReport {
  readonly options: SoakOptions
  readonly load: LoadResult
  readonly reloads: readonly {
    readonly name: string
    readonly by: 'file' | 'api'
    readonly version: string
    readonly ms: number
  }[]
  readonly reloadMs: Record<'file' | 'api', Spread>
  /** Versions that requests and streams ran under. */
  readonly versionsSeen: number
  readonly memory: {
    readonly residentMostMb: number
    readonly residentSlopeMbPerMinute: number
    readonly heapMidMb: number
    readonly heapEndMb: number
  }
  readonly gatewayCpuShare: number
  /** Everything that should not have happened. */
  readonly faults: readonly string[]
}

const STREAM_EVERY_MS = 500
/** Every so many reloads one is by file: the engine lets a file bring in ten at once, and one more every three seconds. */
const BY_FILE_EVERY = 4

export async function soak(options: SoakOptions): Promise<SoakReport> {
  await using provider = new NodeScript(fileURLToPath(new URL('echo-process.ts', import.meta.url)))
  const origin = (await provider.line(/^echo /)).slice('echo '.length)
  const collector = await startOtlpCollector()
  try {
    await using gateway = await Gateway.start({
      settings: soakSettings(origin, collector.url),
      env: PROVIDER_KEYS,
      nodeFlags: MEMORY_FLAGS,
    })
    return await new Soak(options, gateway).run()
  } finally {
    await collector.close()
  }
}

class Soak {
  private readonly options: SoakOptions
  private readonly gateway: Gateway
  private readonly faults: string[] = []
  private readonly settings = new Map<string, SoakTree>()
  private readonly reloads: SoakReport['reloads'][number][] = []
  private heapMid = 0

  constructor(options: SoakOptions, gateway: Gateway) {
    this.options = options
    this.gateway = gateway
  }

  async run(): Promise<SoakReport> {
    const { rate, seconds, connections, streams, reloads } = this.options
    const { gateway } = this
    await this.keepSettings(await gateway.version())
    await using load = await Load.open({
      baseUrl: `${gateway.dataUrl}/v1`,
      model: 'chat',
      key: callerKey(0),
      rate,
      seconds,
      connections,
      streamedTenths: 2,
      streams: {
        count: streams,
        chunks: ((seconds + 5) * 1000) / STREAM_EVERY_MS,
        everyMs: STREAM_EVERY_MS,
        overMs: this.options.streamsOverTime ? seconds * 1000 : 0,
      },
    })
    const memory = new MemoryWatch(gateway.process.pid)
    const cpu = await cpuSeconds(gateway.process.pid)
    const startMs = performance.now()
    load.go()
    for (let i = 1; i <= reloads; i += 1) {
      await pause(startMs + (seconds * 1000 * i) / (reloads + 1) - performance.now())
      await this.reload(i, load)
      if (i === Math.ceil(reloads / 2)) this.heapMid = await heapBytes(gateway.process)
    }
    await pause(startMs + seconds * 1000 - performance.now())
    const heapEnd = await heapBytes(gateway.process)
    memory.stop()
    const result = await load.result()
    const tookS = (performance.now() - startMs) / 1000
    const cpuShare = ((await cpuSeconds(gateway.process.pid)) - cpu) / tookS
    await this.judge(result)
    return this.report({ result, memory, heapEnd, cpuShare })
  }

  private async reload(i: number, load: Load): Promise<void> {
    const step = stepAt(i)
    const by = i % BY_FILE_EVERY === 0 ? 'file' : 'api'
    const startMs = performance.now()
    try {
      const version = by === 'file' ? await this.byFile(step.edit) : await this.byApi(step.patch)
      this.reloads.push({ name: step.name, by, version, ms: performance.now() - startMs })
      await this.keepSettings(version)
      if (step.nextKey !== undefined) load.useKey(step.nextKey)
    } catch (error) {
      this.faults.push(
        `reload ${i} (${step.name}, by ${by}): ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  private async byApi(patch: object): Promise<string> {
    const response = await this.gateway.patch(patch)
    const body = (await response.json()) as { version?: string; outcome?: string }
    if (response.status !== 200 || body.outcome !== 'applied') {
      throw new Error(`${response.status} ${JSON.stringify(body)}`)
    }
    return body.version ?? 'none'
  }

  private async byFile(edit: (text: string) => string): Promise<string> {
    const before = await this.gateway.version()
    await this.gateway.edit(edit)
    return await until(
      async () => {
        const now = await this.gateway.version()
        return now === before ? null : now
      },
      { what: 'a new version after the file was saved', timeoutMs: 20_000 },
    )
  }

  /** At once, because the line of versions is only so long. */
  private async keepSettings(version: string): Promise<void> {
    const { settings } = await this.gateway.admin.ask('readVersion', { params: { version } })
    this.settings.set(version, settings as unknown as SoakTree)
  }

  private async judge(result: LoadResult): Promise<void> {
    const { faults, reloads, options } = this
    if (result.failed > 0)
      faults.push(`${result.failed} requests or streams failed: ${result.failures.join('; ')}`)
    if (result.requests !== options.rate * options.seconds)
      faults.push(`only ${result.requests} requests were answered`)
    if (result.streams !== options.streams) faults.push(`only ${result.streams} streams came to their end`)
    faults.push(...result.wentBack, ...result.seen.flatMap((it) => this.disagreement(it)))
    const versions = [...this.settings.keys()]
    const lastSeq = Number((await this.gateway.version()).split('.')[1])
    if (lastSeq !== reloads.length + 1)
      faults.push(`${reloads.length} reloads led to version ${lastSeq}: ${versions.join(' ')}`)
  }

  /** What the provider was sent, against what the version's settings say. */
  private disagreement(seen: Seen): string[] {
    const settings = this.settings.get(seen.version)
    if (settings === undefined)
      return [`${seen.count} answers name version ${seen.version}, which nobody made`]
    const want = expected(settings)
    if (want.model === seen.model && want.prompt === seen.prompt && want.key === seen.key) return []
    return [
      `${seen.count} answers of ${seen.version} were ${JSON.stringify(seen)}, expected ${JSON.stringify(want)}`,
    ]
  }

  private report(it: {
    result: LoadResult
    memory: MemoryWatch
    heapEnd: number
    cpuShare: number
  }): SoakReport {
    const { result, memory, heapEnd, cpuShare } = it
    const times = (by: 'file' | 'api') =>
      spreadOf(this.reloads.filter((one) => one.by === by).map((one) => one.ms))
    return {
      options: this.options,
      load: result,
      reloads: this.reloads,
      reloadMs: { file: times('file'), api: times('api') },
      versionsSeen: new Set(result.seen.map((one) => one.version)).size,
      memory: {
        residentMostMb: megabytes(memory.mostBytes),
        residentSlopeMbPerMinute: megabytes(memory.laterSlope() * 60),
        heapMidMb: megabytes(this.heapMid),
        heapEndMb: megabytes(heapEnd),
      },
      gatewayCpuShare: Math.round(cpuShare * 100) / 100,
      faults: this.faults,
    }
  }
}

/** For people: what was asked, what was reached. */
export function tellSoak(it: SoakReport): string {
  const { options, load, memory, reloadMs } = it
  const spread = ({ p50, p99, max }: Spread): string => `p50 ${p50} ms, p99 ${p99} ms, most ${max} ms`
  return [
    `soak: ${options.rate} requests/s for ${options.seconds} s, ${options.streams} streams, ${options.reloads} reloads`,
    `  requests   ${load.requests} answered, ${load.failed} failed, ${load.rateReached.toFixed(1)}/s reached`,
    `  latency    ${spread(load.latencyMs)}`,
    `  lateness   ${spread(load.latenessMs)} (the load side's own: how long after its time a request began)`,
    `  streams    ${load.streams} to their end, ${load.streamChunks} chunks`,
    `  reloads    ${it.reloads.length}: by API ${spread(reloadMs.api)}; by file ${spread(reloadMs.file)}`,
    `  versions   ${it.versionsSeen} seen by requests; ${load.wentBack.length} steps back on a connection`,
    `  memory     at most ${memory.residentMostMb} MB resident, ${memory.residentSlopeMbPerMinute} MB/min over the later half;`,
    `             heap after collection ${memory.heapMidMb} MB half way, ${memory.heapEndMb} MB at the end`,
    `  processor  gateway ${it.gatewayCpuShare} of a core, load side ${load.cpuShare.toFixed(2)}`,
    ...it.faults.map((fault) => `  FAULT      ${fault}`),
  ].join('\n')
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 10) / 10
}

/** Processor time of a process so far. */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
