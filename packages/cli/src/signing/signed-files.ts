/** Signed things in files: which kind one is, and its bytes. */
import {
  ENVELOPE_TYPE,
  MANIFEST_TYPE,
  ROOT_ENVELOPE_TYPE,
  ROOT_TYPE,
  readSigned,
  type Signed,
  splitRoots,
} from '@changeover/reload'
import { type CommandContext, UsageError } from '../command.ts'
import { readNamed } from '../read-named.ts'

/** A payload may be as large as the engine takes by default. */
const MOST_BYTES = 8 * 1024 * 1024

export interface SignedFile {
  readonly kind: 'payload' | 'root'
  /** What is signed together with the bytes. */
  readonly type: string
  readonly signed: Signed
  readonly bytes: Uint8Array
}

/** Content types of the two, as they are sent. */
export const sentAs = { payload: ENVELOPE_TYPE, root: ROOT_ENVELOPE_TYPE } as const

/** An envelope, or `null` when the text is something else: settings, a root without signatures. Throws `payload.*`. */
export function readEnvelopeText(text: string): SignedFile | null {
  const kind = /"payloadType"\s*:/.test(text) ? kindOf(text) : null
  if (kind === null) return null
  const type = kind === 'root' ? ROOT_TYPE : MANIFEST_TYPE
  const bytes = new TextEncoder().encode(text)
  return { kind, type, signed: readSigned(bytes, type, MOST_BYTES), bytes }
}

/** The last root in a file: one, or a list of them. */
export async function readRootFile(context: Pick<CommandContext, 'cwd'>, file: string): Promise<Uint8Array> {
  const last = splitRoots(new TextEncoder().encode(await readNamed(file, context.cwd))).at(-1)
  if (last === undefined) throw new UsageError(`"${file}" holds no root`)
  return last
}

function kindOf(text: string): SignedFile['kind'] {
  return text.includes(`"${ROOT_TYPE}"`) ? 'root' : 'payload'
}
