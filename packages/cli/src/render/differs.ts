/** What to do about a source that holds what is not in force. */

export interface Differing {
  /** Of the handle: `file`, `directory`, `http-poll`. */
  readonly kind: string
  readonly source: string
  readonly attempt: string
  readonly reason: string
}

export function adviseOn({ kind, source, attempt, reason }: Differing): string {
  // Only a file can be signed and sent as it is; of the others a person brings it into one.
  const file = kind === 'file' ? source : 'FILE'
  if (reason === 'trust.unsigned')
    return `nobody has signed it: "changeover sign ${file} --key KEY -o next.json", then "changeover apply next.json"`
  if (reason === 'awaiting_approval') return 'it waits for the word of others: "changeover approve --show"'
  if (reason === 'quarantined')
    return `these settings failed here before and are not tried again by themselves: change them, or "changeover apply ${file} --force"`
  return `mend it and save; "changeover history --json" has all of what is wrong with it, as ${attempt}`
}
