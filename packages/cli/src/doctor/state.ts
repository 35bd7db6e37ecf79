/** Whether the state directory can be written, and keeps what is written. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CommandContext } from '../command.ts'
import { stateFolderOf } from '../connect.ts'
import { sayDuration } from '../render/times.ts'
import type { Finding } from './checks.ts'

/** A commit waits for a handful of these: beyond this, reloads get slow, though requests do not. */
const slowSyncMs = 100

export async function checkState(context: CommandContext): Promise<readonly Finding[]> {
  const folder = stateFolderOf({ state: context.text('state') }, context)
  const made = await mkdir(folder, { recursive: true, mode: 0o700 }).then(
    (it) => it,
    (error: NodeJS.ErrnoException) => error,
  )
  if (made instanceof Error) {
    const advice = `let this user write "${dirname(folder)}", or say --state DIR`
    return [{ level: 'bad', message: `"${folder}" cannot be made (${made.code ?? 'unknown'})`, advice }]
  }
  const kept = await tryDisk(folder)
  // Left as it was found.
  if (made !== undefined) await rm(folder, { recursive: true })
  return [kept, ...(await checkToken(folder))]
}

async function tryDisk(folder: string): Promise<Finding> {
  const path = join(folder, `.doctor-${process.pid}`)
  const bytes = randomBytes(64)
  try {
    const startedMs = performance.now()
    const file = await open(`${path}.next`, 'w', 0o600)
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    await rename(`${path}.next`, path)
    const tookMs = performance.now() - startedMs
    if (!(await readFile(path)).equals(bytes))
      return { level: 'bad', message: `"${folder}" does not keep what is written` }
    const message = `"${folder}" keeps what is written; fsync takes ${sayDuration(tookMs)}`
    if (tookMs < slowSyncMs) return { level: 'good', message }
    return {
      level: 'unsure',
      message,
      advice: 'a faster disk makes reloads faster; requests do not wait for it',
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const isForbidden = code === 'EACCES' || code === 'EPERM'
    return {
      level: 'bad',
      message: `"${folder}" cannot be written${isForbidden ? ' by this user' : ` (${code})`}`,
      advice: isForbidden
        ? 'be the user that it belongs to, or say --state DIR'
        : 'free space, or say --state DIR',
    }
  } finally {
    // Where nothing may be written there is nothing to remove either.
    await rm(path, { force: true }).catch(() => undefined)
    await rm(`${path}.next`, { force: true }).catch(() => undefined)
  }
}

async function checkToken(folder: string): Promise<readonly Finding[]> {
  const path = join(folder, 'admin-token')
  const found = await stat(path).catch(() => null)
  if (found === null || (found.mode & 0o077) === 0) return []
  return [
    {
      level: 'bad',
      message: `"${path}" can be read by others`,
      advice: 'delete it and start the gateway again',
    },
  ]
}
