/** The handles of a reloader: each watched on its own, until the reloader is closed. */
import type { Handle, HandleTrouble, Offer } from '../contract/handle.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { ReloaderStatus } from '../contract/reloader.ts'
import type { Telemetry } from '../contract/telemetry.ts'
import { say } from './core.ts'

type Watched = Pick<ReloaderStatus['handles'][number], 'trouble' | 'differs'>

export class Watches {
  private readonly telemetry: Telemetry
  private readonly offer: Offer
  private readonly ending = new AbortController()
  private readonly watched = new Map<Handle, Watched>()
  private readonly ends: Promise<void>[] = []

  constructor(telemetry: Telemetry, offer: Offer) {
    this.telemetry = telemetry
    this.offer = offer
  }

  get status(): ReloaderStatus['handles'] {
    return [...this.watched].map(([{ kind, source }, { trouble, differs }]) => ({
      kind,
      source,
      trouble,
      differs,
    }))
  }

  /** Watches a handle, once; a second time is the first. */
  add(handle: Handle): void {
    if (this.watched.has(handle) || this.ending.signal.aborted) return
    this.watched.set(handle, { trouble: null, differs: null })
    this.ends.push(this.watch(handle))
  }

  /** Stops them all. Resolves when they have stopped. */
  async close(): Promise<void> {
    this.ending.abort()
    await Promise.all(this.ends)
  }

  /** What has come since from the same source says more. */
  private decided(handle: Handle, receipt: Receipt): void {
    const { trouble = null, differs = null } = this.watched.get(handle) ?? {}
    if (differs?.attempt === receipt.attempt)
      this.watched.set(handle, { trouble, differs: differsBy(receipt) })
  }

  private async watch(handle: Handle): Promise<void> {
    const { kind, source } = handle
    const offer: Offer = async (bytes, origin) => {
      const receipt = await this.offer(bytes, origin)
      this.watched.set(handle, { trouble: null, differs: differsBy(receipt) })
      if (receipt.outcome === 'waiting') void receipt.decided.then((it) => this.decided(handle, it))
      return receipt
    }
    const report = (trouble: HandleTrouble): void => {
      this.watched.set(handle, { trouble, differs: this.watched.get(handle)?.differs ?? null })
      say(this.telemetry, 'warn', trouble.message, {
        error: trouble.cause,
        attributes: { code: trouble.code },
      })
    }
    try {
      await handle.watch(offer, this.ending.signal, report)
    } catch (cause) {
      if (this.ending.signal.aborted) return
      const message = `"${source}" is not watched any more; nothing changes`
      report({ source, code: 'handle.read_failed', message, cause })
      say(this.telemetry, 'error', `the ${kind} handle has ended`, { error: cause })
    }
  }
}

/** While people are asked; not a code, for nothing is wrong. */
const AWAITING = 'awaiting_approval'

/** A refused offer is no drift, nothing was applied; but the source holds what is not in force, and that shows. */
function differsBy(receipt: Receipt): Watched['differs'] {
  const { attempt } = receipt
  if (receipt.outcome === 'waiting') return { attempt, reason: AWAITING }
  if (receipt.outcome === 'refused') return { attempt, reason: receipt.code }
  if (receipt.outcome === 'unchanged' && receipt.reason === 'quarantined') {
    return { attempt, reason: receipt.reason }
  }
  return null
}
