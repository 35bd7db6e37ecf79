/**
 * Whether the settings can be read, with the place of each error: those that were named, else those that the gateway which
 * answers follows, else those that one would follow which is started here.
 */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isRefused, isUnreachable, type Source } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import { sayUnreadable } from '../read-named.ts'
import type { Finding } from './checks.ts'

/** Where the settings are, or why they cannot be looked at from here. */
export type FoundSettings = { readonly path: string; readonly whose: string } | { readonly elsewhere: string }

export async function findSettings(context: CommandContext): Promise<FoundSettings> {
  const named = context.text('settings')
  if (named !== undefined) return { path: resolve(context.cwd, named), whose: '' }
  const client = await context.client()
  const source = await client.ask('readStatus').then(
    (it): Source => it.source,
    (error: unknown) => {
      if (isUnreachable(error) || isRefused(error)) return null
      throw error
    },
  )
  if (source === null) return { path: resolve(context.cwd, 'changeover.yaml'), whose: '' }
  const { hostname } = new URL(client.url)
  if (source.path === null)
    return { elsewhere: `the gateway at ${client.url} asks "${source.place}" for its settings` }
  if (!isHere(hostname))
    return { elsewhere: `the gateway at ${client.url} follows "${source.path}" on the machine where it runs` }
  return { path: source.path, whose: `, which the gateway at ${client.url} follows` }
}

/** The same path is another file elsewhere. */
function isHere(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

export async function checkSettings(context: CommandContext): Promise<readonly Finding[]> {
  const found = await findSettings(context)
  if ('elsewhere' in found)
    return [{ level: 'unsure', message: found.elsewhere, advice: 'ask there; or say --settings PATH' }]
  const { path, whose } = found
  const isThere = await stat(path).catch(() => null)
  if (isThere === null) {
    const advice = 'a gateway that is started here makes one; or say --settings PATH'
    return [{ level: 'unsure', message: `there is no "${path}"${whose}`, advice }]
  }
  const { lookAtSettings } = await import('@changeover/gateway')
  const look = await lookAtSettings(path).catch(sayUnreadable)
  if (typeof look === 'string') {
    return [{ level: 'bad', message: `"${path}" cannot be read (${look})`, advice: 'let this user read it' }]
  }
  if (look.issues.length === 0) return [{ level: 'good', message: `"${path}" can be read${whose}` }]
  return look.issues.map((it) => {
    const place = it.place === undefined ? '' : `${it.place.file}:${it.place.line}:${it.place.column}  `
    return {
      level: 'bad',
      message: `${place}${it.message}`,
      ...(it.hint === undefined ? {} : { advice: it.hint }),
    }
  })
}
