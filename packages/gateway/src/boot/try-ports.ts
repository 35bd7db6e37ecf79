/**
 * The two ports of a gateway, tried before anything else is done: a start that nobody could reach makes no file, brings no
 * version into force and says of none that it is.
 *
 * Trying is not having: whoever takes a port in between is met when it is opened (`run.ts`), in the same words.
 */
import { createServer } from 'node:net'
import type { Flags } from './flags.ts'
import { listening, type WantedPort } from './listen-error.ts'

export function dataPortOf({ host, port }: Flags): WantedPort {
  return { what: 'the data plane', host, port, flag: 'port' }
}

export function adminPortOf({ adminHost: host, adminPort: port }: Flags): WantedPort {
  return { what: 'the admin API', host, port, flag: 'admin-port' }
}

/** Throws a `StartError` for a port that cannot be had. */
export async function tryPorts(flags: Flags): Promise<void> {
  await Promise.all([dataPortOf(flags), adminPortOf(flags)].map((it) => listening(it, tryOne(it))))
}

function tryOne({ host, port }: WantedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => server.close(() => resolve()))
  })
}
