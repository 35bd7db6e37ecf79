/**
 * The measured part of a run: what gateway, load side and everybody else used between its two ends.
 *
 * The load side takes both ends itself, in the event loop turn in which the part begins and ends, so that the
 * CPU time and the requests are of the same seconds.
 */
import { busyMs } from './host-cpu.ts'
import { cpuNs, rssBytes } from './processes.ts'

export interface Use {
  readonly seconds: number
  readonly gatewayCpuUs: number
  readonly gatewayUse: number
  readonly loadUse: number
  readonly foreignShare: number
  readonly rssBytes: number
  readonly rssGrownBytes: number
}

export class Window {
  readonly #cpus: readonly number[]
  readonly #pid: number | null
  readonly #before: Readings

  /** Begins now. `pid` is the gateway's first process, `cpus` those that the run may use. */
  constructor(pid: number | null, cpus: readonly number[]) {
    this.#cpus = cpus
    this.#pid = pid
    this.#before = this.#read()
  }

  /** Ends now. */
  close(): Use {
    const before = this.#before
    const after = this.#read()
    const elapsedMs = after.atMs - before.atMs
    const gatewayMs = (after.gatewayNs - before.gatewayNs) / 1e6
    const loadMs = (after.loadNs - before.loadNs) / 1e6
    const foreignMs = Math.max(0, after.busyMs - before.busyMs - gatewayMs - loadMs)
    return {
      seconds: elapsedMs / 1000,
      gatewayCpuUs: gatewayMs * 1000,
      gatewayUse: gatewayMs / elapsedMs,
      loadUse: loadMs / elapsedMs,
      foreignShare: foreignMs / (elapsedMs * this.#cpus.length),
      rssBytes: after.rssBytes,
      rssGrownBytes: after.rssBytes - before.rssBytes,
    }
  }

  #read(): Readings {
    return {
      atMs: performance.now(),
      gatewayNs: this.#pid === null ? 0 : cpuNs(this.#pid),
      loadNs: cpuNs(process.pid),
      busyMs: busyMs(this.#cpus),
      rssBytes: this.#pid === null ? 0 : rssBytes(this.#pid),
    }
  }
}

interface Readings {
  readonly atMs: number
  readonly gatewayNs: number
  readonly loadNs: number
  readonly busyMs: number
  readonly rssBytes: number
}
