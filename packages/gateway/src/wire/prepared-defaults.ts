/**
 * Default parameters of a model or a context, ready to be put into a request: as a value for a body that is
 * parsed, and as bytes for one that is not.
 *
 * Made once for each set of parameters. They hang on the snapshot's own object and go when it goes.
 */

export type PreparedDefaults = readonly {
  readonly name: string
  readonly value: unknown
  /** `"temperature":0.2` */
  readonly member: Buffer
}[]

type Parameters = Readonly<Record<string, unknown>>

const prepared = new WeakMap<Parameters, PreparedDefaults>()
const NONE: PreparedDefaults = []

/** What a call is about is the caller's to say and the route's, not a default's. */
const NEVER: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'changeover'])

export function prepareDefaults(parameters: Parameters | null): PreparedDefaults {
  if (parameters === null) return NONE
  const known = prepared.get(parameters)
  if (known !== undefined) return known
  const made = Object.entries(parameters)
    .filter(([name, value]) => !NEVER.has(name) && value !== undefined)
    .map(([name, value]) => ({
      name,
      value,
      member: Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`),
    }))
  prepared.set(parameters, made)
  return made
}
