/**
 * The admin token: given in the environment, or made once and kept in the state directory.
 *
 * Why a file and not a printed line: whoever may read the state directory may do everything anyway, and the
 * command line on the same machine finds the token there without anyone copying it into a shell's history.
 *
 * Invariant: the file is readable by its owner alone. One that others can read is refused, not mended: what
 * was readable may have been read.
 */
import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../errors.ts'

export const tokenFileName = 'admin-token'
const shortestToken = 16

export interface AdminToken {
  readonly token: string
  /** Where it is kept; `null` when it came with the environment. */
  readonly path: string | null
}

/** `given` is the environment's; the folder exists. */
export async function loadAdminToken(stateFolder: string, given: string | undefined): Promise<AdminToken> {
  if (given !== undefined && given !== '')
    return { token: checked(given, 'CHANGEOVER_ADMIN_TOKEN'), path: null }
  const path = join(stateFolder, tokenFileName)
  const made = `co_${randomBytes(24).toString('base64url')}`
  try {
    await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' })
    return { token: made, path }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (((await stat(path)).mode & 0o077) !== 0)
    throw new GatewayError('control.token', {
      place: path,
      problem: 'may be read by others; delete it and a new one is made',
    })
  return { token: checked((await readFile(path, 'utf8')).trim(), path), path }
}

function checked(token: string, place: string): string {
  if (token.length >= shortestToken && /^[\x21-\x7e]+$/.test(token)) return token
  const problem = `is not a token: expected ${shortestToken} or more printable characters without spaces`
  throw new GatewayError('control.token', { place, problem })
}
