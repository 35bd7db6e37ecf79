/**
 * The moments at which what serves changes: a version comes in, beside the one in force or in its place, takes more of
 * the traffic, is confirmed, or is taken back.
 *
 * Each is one synchronous block of plain assignments. Between its marks nothing is awaited, nobody is
 * called, and nothing is made, so it cannot fail half way and no reader can run in the middle of it.
 * Everything that can go wrong has been done before; everything that others want to hear comes after.
 * Why it is like this: `docs/decisions/2026-11-21-commit-calls-nobody.md`. A house test reads the marks.
 */
import type { Pointers } from './cell.ts'
import type { Generation } from './live/generation.ts'
import type { Split } from './trial/split.ts'

/** Puts `next` in service and on trial. Returns what served before. */
export function commit(cell: Pointers, next: Generation, split: Split | null): Generation | null {
  // commit block: begin
  const before = cell.current
  cell.current = next
  cell.candidate = next
  cell.split = split
  // commit block: end
  return before
}

/**
 * Puts `next` on trial beside the baseline, which serves all others: what a candidate is compared with, and goes back to,
 * is always the last version confirmed. Returns what served before.
 */
export function beginSplit(cell: Pointers, next: Generation, split: Split): Generation | null {
  // commit block: begin
  const before = cell.current
  cell.current = cell.baseline
  cell.candidate = next
  cell.split = split
  // commit block: end
  return before
}

/** Another share for the candidate that is on trial. */
export function moveSplit(cell: Pointers, split: Split): void {
  // commit block: begin
  cell.split = split
  // commit block: end
}

/** Gives the candidate beside all of the traffic; it stays on trial. */
export function promote(cell: Pointers, split: Split | null): void {
  // commit block: begin
  cell.current = cell.candidate
  cell.split = split
  // commit block: end
}

/** Ends the trial well. Returns the baseline before; `keepBaseline` leaves it, for versions that are to go again. */
export function confirm(cell: Pointers, keepBaseline: boolean): Generation | null {
  // commit block: begin
  const before = cell.baseline
  cell.candidate = null
  cell.split = null
  if (!keepBaseline) cell.baseline = cell.current
  // commit block: end
  return before
}

/** Puts the baseline back in service, alone. Returns what served before. Only called when there is a baseline. */
export function rollBack(cell: Pointers): Generation | null {
  // commit block: begin
  const before = cell.current
  cell.current = cell.baseline
  cell.candidate = null
  cell.split = null
  // commit block: end
  return before
}

/** Takes everything out of service, at the end. */
export function vacate(cell: Pointers): void {
  // commit block: begin
  cell.current = null
  cell.candidate = null
  cell.baseline = null
  cell.split = null
  // commit block: end
}
