/** What to do about a source that holds what is not in force. */

interface Differing {
  readonly source: string
  readonly attempt: string
  readonly reason: string
}

export function adviseOn({ source, attempt, reason }: Differing): string {
  if (reason === 'trust.unsigned')
    return `nobody has signed it: "changeover sign ${source} --key KEY -o next.json", then "changeover apply next.json"`
  if (reason === 'awaiting_approval') return 'it waits for the word of others: "changeover approve --show"'
  if (reason === 'quarantined')
    return `these settings failed here before and are not tried again by themselves: change them, or "changeover apply ${source} --force"`
  return `mend it and save; "changeover history --json" has all of what is wrong with it, as ${attempt}`
}
