/** A trace of the command's own, when none came with the environment (W3C Trace Context). */
import { randomBytes } from 'node:crypto'
import { UsageError } from './command.ts'

export interface CommandTrace {
  readonly traceparent: string
  readonly traceId: string
  /** False when it came from outside. */
  readonly own: boolean
}

/** `given` is `--traceparent` or the environment's `TRACEPARENT`. */
export function traceOf(given: string | undefined): CommandTrace {
  if (given !== undefined && given !== '') {
    const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(given)?.[1]
    if (traceId === undefined)
      throw new UsageError(`traceparent "${given}" is not of the form 00-<32 hex>-<16 hex>-<2 hex>`)
    return { traceparent: given, traceId, own: false }
  }
  const traceId = randomBytes(16).toString('hex')
  return { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`, traceId, own: true }
}
