/**
 * The state directory: made where it is not there, and refused at once where this user cannot use it.
 *
 * Why before anything else: the stores would each find it out by themselves, one after the other, and the first of
 * them to fail would say it in the words of the operating system.
 */
import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { StartError } from './listen-error.ts'

/** Throws a `StartError`. */
export async function openStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new StartError(sayWhy(folder, (cause as NodeJS.ErrnoException).code), { cause })
  }
}

function sayWhy(folder: string, code: string | undefined): string {
  const elsewhere = 'say --state DIR with another directory'
  if (code === 'EACCES' || code === 'EPERM')
    return `the state directory "${folder}" may not be used by this user: be the one that it belongs to, or ${elsewhere}.`
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `the state directory "${folder}" cannot be made, a file has that name: ${elsewhere}.`
  return `the state directory "${folder}" cannot be made (${code ?? 'unknown'}): ${elsewhere}.`
}
