/**
 * Whether the providers of the settings can be reached: a connection to each origin, and no request. Keys are
 * looked for, never sent and never shown.
 */
import { readFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { CommandContext } from '../command.ts'
import { sayDuration } from '../render/times.ts'
import type { Finding } from './checks.ts'
import type { Seen } from './seen.ts'

const deadlineMs = 5_000

export async function checkProviders(context: CommandContext, seen: Seen): Promise<readonly Finding[]> {
  const found = await seen.settings()
  const look = 'elsewhere' in found ? null : found.look
  if (look === null || typeof look === 'string')
    return [{ level: 'unsure', message: 'not known without settings' }]
  const { providers } = look
  if (providers.length === 0) return [{ level: 'unsure', message: 'the settings name none' }]
  return Promise.all(
    providers.map(async ({ name, baseUrl, credential }): Promise<Finding> => {
      if (baseUrl === null) return { level: 'good', message: `"${name}" is simulated: nothing is called` }
      const key = await checkKey(context, name, credential)
      return key ?? (await reach(name, new URL(baseUrl)))
    }),
  )
}

async function checkKey(
  { env }: CommandContext,
  name: string,
  credential: string | null,
): Promise<Finding | null> {
  const reference = /^\$\{(env|file):([^}]+)\}$/.exec(credential ?? '')
  if (reference === null) return null
  const [, kind, place = ''] = reference
  const isThere =
    kind === 'env'
      ? (env[place] ?? '') !== ''
      : await readFile(place).then(
          () => true,
          () => false,
        )
  if (isThere) return null
  const what = kind === 'env' ? `the environment has no ${place}` : `"${place}" cannot be read`
  return {
    level: 'bad',
    message: `"${name}" has no key: ${what}`,
    advice: 'set it where the gateway is started',
  }
}

function reach(name: string, { protocol, hostname, port, origin }: URL): Promise<Finding> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const secure = protocol === 'https:'
    const options = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80) }
    const end = (finding: Finding): void => {
      socket.destroy()
      resolve(finding)
    }
    const connected = (): void => {
      const took = sayDuration(performance.now() - startedMs)
      end({ level: 'good', message: `"${name}" is reached at ${origin} in ${took}` })
    }
    const failed = (reason: string): void =>
      end({
        level: 'bad',
        message: `"${name}" is not reached at ${origin} (${reason})`,
        advice: 'check name resolution, proxy and firewall from this machine',
      })
    const socket = secure
      ? connectTls({ ...options, servername: options.host }, connected)
      : connectPlain(options, connected)
    socket.setTimeout(deadlineMs, () => failed('no answer in time'))
    socket.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? 'unknown'))
  })
}
