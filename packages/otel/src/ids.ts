/**
 * Trace and span ids: random bytes from the system, drawn in bulk, as lower-case hex.
 *
 * Why not `Math.random`: ids of two processes that were started from one snapshot could meet. Why not
 * one draw an id: a system call would cost more than the rest of the span.
 */
import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192
const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let next = POOL_BYTES

function draw(bytes: number): string {
  if (next + bytes > POOL_BYTES) {
    randomFillSync(pool)
    next = 0
  }
  const from = next
  next += bytes
  return pool.toString('hex', from, next)
}

/** 32 hex digits, never all zero. */
export function newTraceId(): string {
  const id = draw(16)
  return id === '00000000000000000000000000000000' ? newTraceId() : id
}

/** 16 hex digits, never all zero. */
export function newSpanId(): string {
  const id = draw(8)
  return id === '0000000000000000' ? newSpanId() : id
}
