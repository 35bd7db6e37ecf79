/** Whether the gateway's ports are free, when no gateway answers on them. */
import { createServer } from 'node:net'
import { isUnreachable } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import type { Finding } from './checks.ts'

const ports = [
  [8700, 'data plane', '--port'],
  [8701, 'admin API', '--admin-port'],
] as const

export async function checkPorts(context: CommandContext): Promise<readonly Finding[]> {
  const client = await context.client()
  const runs = await client.ask('readReady').then(
    () => true,
    (error: unknown) => !isUnreachable(error) || !error.message.includes('nothing listens'),
  )
  if (runs) return [{ level: 'good', message: 'in use by the gateway that answers' }]
  return Promise.all(
    ports.map(async ([port, what, flag]): Promise<Finding> => {
      if (await isFree(port)) return { level: 'good', message: `${port} (${what}) is free` }
      const advice = `end what listens there ("ss -ltnp 'sport = :${port}'" names it), or start the gateway with ${flag}`
      return { level: 'bad', message: `${port} (${what}) is taken by something else`, advice }
    }),
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
