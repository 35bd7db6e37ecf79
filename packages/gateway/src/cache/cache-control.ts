/** What a caller says in `cache-control` about its own request. What is unknown or malformed is passed over. */

export interface CallerControl {
  /** Neither looked for nor kept. */
  readonly noStore: boolean
  /** No older than this; 0 for one that is asked anew, and kept. `null`: whatever there is. */
  readonly maxAgeMs: number | null
}

const NOTHING_SAID: CallerControl = Object.freeze({ noStore: false, maxAgeMs: null })

export function readControl(text: string | null): CallerControl {
  if (text === null || text === '') return NOTHING_SAID
  let noStore = false
  let maxAgeMs: number | null = null
  for (const directive of text.toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.split('=', 2).map((it) => it.trim())
    if (name === 'no-store') noStore = true
    else if (name === 'no-cache') maxAgeMs = 0
    else if (name === 'max-age' && /^\d{1,10}$/.test(value)) {
      maxAgeMs = Math.min(maxAgeMs ?? Number.POSITIVE_INFINITY, Number(value) * 1000)
    }
  }
  return { noStore, maxAgeMs }
}
