/** A port that cannot be had, in words that say what to do. */
export interface WantedPort {
  readonly what: string
  readonly host: string
  readonly port: number
  readonly flag: string
}

export class StartError extends Error {
  override readonly name = 'StartError'
}

export async function listening<T>(wanted: WantedPort, listen: Promise<T>): Promise<T> {
  try {
    return await listen
  } catch (cause) {
    throw new StartError(sayWhy(wanted, (cause as NodeJS.ErrnoException).code), { cause })
  }
}

function sayWhy({ what, host, port, flag }: WantedPort, code: string | undefined): string {
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE') {
    return `${what} cannot use ${place}: something listens there already (another gateway?). End it, or say --${flag} N with another port.`
  }
  if (code === 'EACCES')
    return `${what} may not use ${place}: ports below 1024 need a right. Say --${flag} N with a higher one.`
  if (code === 'EADDRNOTAVAIL') return `${what} cannot use ${place}: this machine has no address "${host}".`
  return `${what} cannot use ${place} (${code ?? 'unknown'}).`
}
