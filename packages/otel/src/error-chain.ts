/**
 * An error told with its causes: what went wrong, and what that came from, down to the first cause.
 *
 * Errors chain their causes and never paste them into their texts, so a reader needs the whole chain.
 * Cycles end the walk. Never throws, whatever was thrown.
 */
export interface ToldError {
  /** The code where there is one, else the name of the class. */
  readonly type: string
  readonly message: string
  /** Stack of the outermost error, with the heads of its causes below it. */
  readonly stack: string
  /** Outermost first, each `Name [code]: message`. */
  readonly chain: readonly string[]
}

const CHAIN_LIMIT = 8

export function describeError(error: unknown): ToldError {
  try {
    return tell(error)
  } catch {
    return { type: 'unknown', message: 'an error that cannot be read', stack: '', chain: [] }
  }
}

function tell(error: unknown): ToldError {
  if (!(error instanceof Error)) {
    const message = typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
    return { type: typeof error, message, stack: message, chain: [message] }
  }
  const chain: string[] = []
  const seen = new Set<unknown>()
  let at: unknown = error
  while (at !== undefined && at !== null && !seen.has(at) && chain.length < CHAIN_LIMIT) {
    seen.add(at)
    chain.push(head(at))
    at = at instanceof Error ? at.cause : undefined
  }
  const causes = chain.slice(1).map((it) => `caused by ${it}`)
  const stack = [error.stack ?? head(error), ...causes].join('\n')
  return { type: codeOf(error) ?? error.name, message: error.message, stack, chain }
}

function head(it: unknown): string {
  if (!(it instanceof Error)) return String(it)
  const code = codeOf(it)
  return `${it.name}${code === undefined ? '' : ` [${code}]`}: ${it.message}`
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
