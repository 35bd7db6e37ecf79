/**
 * Keeps what V8 knows of the objects of `process.nextTick`, of which each call makes some ten.
 *
 * What it has learned of a literal with computed names is lost for good when no object of that shape is alive at a full
 * collection, and a gateway that has just started has long moments without one. Each tick then costs five times as much for as
 * long as the process lives (docs/decisions/2026-11-22-what-v8-forgets.md). So one such object is kept alive.
 */
import { executionAsyncResource } from 'node:async_hooks'

const kept: object[] = []

/** To be called before the first full collection, some 0.3 s after the start. */
export function keepTickShape(): void {
  process.nextTick(() => kept.push(executionAsyncResource()))
}
