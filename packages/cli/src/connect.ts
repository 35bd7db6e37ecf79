/**
 * Where the gateway's admin API is, and the token for it: from options, else the environment, else the state
 * directory of a gateway on this machine.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Client, createClient } from '@changeover/sdk'
import { type OptionSpec, type Outside, UsageError } from './command.ts'
import { sayUnreadable } from './read-named.ts'

export const connectOptions: Readonly<Record<string, OptionSpec>> = {
  url: { type: 'string', value: 'URL', about: 'admin API; or CHANGEOVER_URL; default http://127.0.0.1:8701' },
  token: {
    type: 'string',
    value: 'TOKEN',
    about: 'admin token; or CHANGEOVER_ADMIN_TOKEN; default: read from the state directory',
  },
  state: { type: 'string', value: 'DIR', about: 'state directory of a local gateway; default .changeover' },
  json: { type: 'boolean', about: 'print the answer as JSON' },
  help: { type: 'boolean', short: 'h', about: 'print this' },
}

export interface Given {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly state?: string | undefined
  readonly traceparent?: string | undefined
}

export function urlOf(given: Given, env: Outside['env']): string {
  return given.url ?? nonEmpty(env['CHANGEOVER_URL']) ?? 'http://127.0.0.1:8701'
}

export function stateFolderOf(given: Given, outside: Pick<Outside, 'env' | 'cwd'>): string {
  return resolve(outside.cwd, given.state ?? nonEmpty(outside.env['CHANGEOVER_STATE']) ?? '.changeover')
}

/** `null` when there is none: the API then says that it needs one. */
export async function tokenOf(given: Given, outside: Pick<Outside, 'env' | 'cwd'>): Promise<string | null> {
  const told = given.token ?? nonEmpty(outside.env['CHANGEOVER_ADMIN_TOKEN'])
  if (told !== undefined) return told
  const path = join(stateFolderOf(given, outside), 'admin-token')
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim() === '' ? null : text.trim()
}

export async function connect(given: Given, outside: Outside): Promise<Client> {
  const url = urlOf(given, outside.env)
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new UsageError(`"${url}" is no address of an admin API, expected such as http://127.0.0.1:8701`)
  return createClient({
    url,
    token: await tokenOf(given, outside),
    client: 'cli',
    actor: outside.user,
    ...(given.traceparent === undefined ? {} : { traceparent: given.traceparent }),
  })
}

/** For who was refused: which token was sent, or where one was looked for. */
export async function sayToken(given: Given, outside: Pick<Outside, 'env' | 'cwd'>): Promise<string[]> {
  const others =
    'give it by --token, CHANGEOVER_ADMIN_TOKEN, or --state DIR, the state directory of the gateway'
  if (given.token !== undefined) return ['the token of --token is not the one that this gateway knows']
  if (nonEmpty(outside.env['CHANGEOVER_ADMIN_TOKEN']) !== undefined)
    return ['the token in CHANGEOVER_ADMIN_TOKEN is not the one that this gateway knows']
  const path = join(stateFolderOf(given, outside), 'admin-token')
  const trouble = await readFile(path, 'utf8').then(
    (text) => (text.trim() === '' ? 'is empty' : null),
    (error: unknown) => `cannot be read, ${sayUnreadable(error)}`,
  )
  if (trouble === null) return [`the token in "${path}" is not the one that this gateway knows`, others]
  return [`no token was sent: "${path}" ${trouble}`, others]
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
