/** What one line of the table of errors says. */

export interface Rule<Details> {
  /** Who can mend it: whoever sent the payload, a system we call, the operator, or us. */
  readonly blame: 'sender' | 'upstream' | 'operator' | 'bug'
  /** Whether the same bytes, sent again, may succeed. */
  readonly retry: boolean
  /** HTTP status where the error answers a request. */
  readonly status: number
  say(details: Details): string
}

/** Keeps the type of the details. */
export const rule = <Details>(it: Rule<Details>): Rule<Details> => it
