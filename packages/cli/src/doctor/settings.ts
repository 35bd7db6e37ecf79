/** Whether the settings can be read, with the place of each error. */
import type { CommandContext } from '../command.ts'
import type { Finding } from './checks.ts'
import type { Seen } from './seen.ts'

export async function checkSettings(_context: CommandContext, seen: Seen): Promise<readonly Finding[]> {
  const found = await seen.settings()
  if ('elsewhere' in found)
    return [{ level: 'unsure', message: found.elsewhere, advice: 'ask there; or say --settings PATH' }]
  const { path, whose, look } = found
  if (look === null) {
    const advice = 'a gateway that is started here makes one; or say --settings PATH'
    return [{ level: 'unsure', message: `there is no "${path}"${whose}`, advice }]
  }
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
