/** Whether the settings can be read, with the place of each error. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CommandContext } from '../command.ts'
import type { Finding } from './checks.ts'

export function settingsPathOf(context: CommandContext): string {
  return resolve(context.cwd, context.text('settings') ?? 'changeover.yaml')
}

export async function checkSettings(context: CommandContext): Promise<readonly Finding[]> {
  const path = settingsPathOf(context)
  const found = await stat(path).catch(() => null)
  if (found === null) {
    const advice = 'a gateway that is started here makes one; or say --settings PATH'
    return [{ level: 'unsure', message: `there is no "${path}"`, advice }]
  }
  if (found.isDirectory())
    return [{ level: 'good', message: `"${path}" is a directory; a gateway reads all its files` }]
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown')
  if (typeof bytes === 'string') {
    return [{ level: 'bad', message: `"${path}" cannot be read (${bytes})`, advice: 'let this user read it' }]
  }
  const { checkSettingsText } = await import('@changeover/gateway')
  const issues = await checkSettingsText(bytes, path)
  if (issues.length === 0) return [{ level: 'good', message: `"${path}" can be read` }]
  return issues.map((it) => {
    const place = it.place === undefined ? '' : `${it.place.file}:${it.place.line}:${it.place.column}  `
    return {
      level: 'bad',
      message: `${place}${it.message}`,
      ...(it.hint === undefined ? {} : { advice: it.hint }),
    }
  })
}
