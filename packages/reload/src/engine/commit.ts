/**
 * The moments at which what serves changes: a version comes in, is confirmed, or is taken back.
 *
 * Each is one synchronous block of plain assignments. Between its marks nothing is awaited, nobody is
 * called, and nothing is made, so it cannot fail half way and no reader can run in the middle of it.
 * Everything that can go wrong has been done before; everything that others want to hear comes after.
 * Why it is like this: `docs/decisions/2026-11-21-commit-calls-nobody.md`. A house test reads the marks.
 */
import type { Pointers } from './cell.ts'
import type { Generation } from './live/generation.ts'

/** Puts `next` in service and on trial. Returns what served before. */
export function commit(cell: Pointers, next: Generation): Generation | null {
  // commit block: begin
  const before = cell.current
  cell.current = next
  cell.candidate = next
  // commit block: end
  return before
}

/** Ends the trial well. Returns the baseline before; `keepBaseline` leaves it, for versions that are to go again. */
export function confirm(cell: Pointers, keepBaseline: boolean): Generation | null {
  // commit block: begin
  const before = cell.baseline
  cell.candidate = null
  if (!keepBaseline) cell.baseline = cell.current
  // commit block: end
  return before
}

/** Puts the baseline back in service. Returns what served before. Only called when there is a baseline. */
export function rollBack(cell: Pointers): Generation | null {
  // commit block: begin
  const before = cell.current
  cell.current = cell.baseline
  cell.candidate = null
  // commit block: end
  return before
}

/** Takes everything out of service, at the end. */
export function vacate(cell: Pointers): void {
  // commit block: begin
  cell.current = null
  cell.candidate = null
  cell.baseline = null
  // commit block: end
}
