/**
 * What every guard that reads text owes, so that a text gives the same findings whole and in any pieces.
 *
 * A scan says how far everything is decided: no match that it will ever tell of begins before that place, and each
 * match that it has told of stays as it is, whatever comes. So what lies before it may go out, and what lies behind
 * it is all that has to be held back. Positions count UTF-16 units from the beginning of the text.
 *
 * Not here: what becomes of a match (`lane.ts`, `window-run.ts`).
 */

/** Arguments of tools are JSON, so what is put into them is written as in a JSON text. */
export type TextKind = 'text' | 'json'

/** The end of a text that has not been let go yet, and a little of what was before it. */
export interface Sight {
  readonly text: string
  /** Position of its first unit. */
  readonly base: number
}

/** How much of what was let go stays in sight: as much as detectors look behind them. */
export const BEHIND_CHARS = 2

/** Called for each match once, in no order; matches may overlap. `value` stands in its place where it is not masked. */
export type Found = (start: number, end: number, label: string) => void

export interface Scan {
  /** Looks at what has come. `ended`: nothing will follow. Returns the place up to which everything is decided. */
  next(sight: Sight, ended: boolean): number
}

/** What a scan of one text works with. */
export interface ScanAbout {
  readonly kind: TextKind
  readonly work: WorkMeter
}

export interface Finder {
  /**
   * True where a whole text has nothing that it would tell of; false says nothing. Takes time in proportion to the text,
   * and asks no meter. Absent where that cannot be had for less than looking.
   */
  readonly isClear?: (text: string) => boolean
  /** Whether its scans ask how much work they may still do. */
  readonly isMetered?: boolean
  open(found: Found, about: ScanAbout): Scan
}

/** Asked between steps that each take a bounded time. */
export interface WorkMeter {
  /** False once the request has used up what it may spend on patterns. */
  goesOn(): boolean
}
