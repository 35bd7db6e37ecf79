/**
 * Reads a file that somebody named on the command line, and says in words why that cannot be done.
 *
 * A name that is mistyped is a mistake of the command line, so it ends with the usage and exit code 2.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from './command.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
}

/** Throws a `UsageError` that names the file as it was named. */
export async function readNamed(file: string, cwd: string): Promise<string> {
  return new TextDecoder().decode(await readNamedBytes(file, cwd))
}

/** The same, of what is sent on as it is. */
export async function readNamedBytes(file: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, file))
  } catch (error) {
    throw new UsageError(`"${file}" cannot be read: ${sayUnreadable(error)}`)
  }
}

/** `there is no such file`; of what is rare, the code of the operating system. */
export function sayUnreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return REASONS[code] ?? code
}
