/** What `apply` and `plan` share: where the change comes from, and the body that it becomes. */
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Client } from '@changeover/sdk'
import { type CommandContext, type OptionSpec, UsageError } from './command.ts'
import type { SentText } from './render/problem.ts'

const envelopeType = 'application/vnd.changeover.reload.v1.dsse+json'
const patchType = 'application/json-patch+json'
const ENVELOPE = /"payloadType"\s*:\s*"application\/vnd\.changeover\./

export const changeOptions: Readonly<Record<string, OptionSpec>> = {
  set: {
    type: 'string',
    multiple: true,
    value: 'PATH=VALUE',
    about: 'change one value, such as routes/chat/targets/0/weight=50; VALUE is JSON, else text',
  },
  unset: { type: 'string', multiple: true, value: 'PATH', about: 'remove what stands there' },
  'allow-shrink': { type: 'boolean', about: 'the change may remove half of what is there, or more' },
}

export interface Body {
  readonly kind: 'whole' | 'patch'
  readonly bytes: Uint8Array
  readonly contentType: string
  /** Version that the change was worked out for. */
  readonly ifMatch?: string
  readonly sent: SentText
}

export async function readBody(context: CommandContext, client: Client): Promise<Body> {
  const [file] = context.words
  const sets = context.texts('set')
  const unsets = context.texts('unset')
  const edits = sets.length + unsets.length
  if (file !== undefined && edits > 0) throw new UsageError('give a file or --set, not both')
  if (file !== undefined) return readWhole(context, file)
  if (edits === 0) throw new UsageError('give a file, "-" for standard input, or --set PATH=VALUE')
  return makePatch(client, sets, unsets)
}

async function readWhole(context: CommandContext, file: string): Promise<Body> {
  const bytes = file === '-' ? await context.readStdin() : await readNamed(resolve(context.cwd, file), file)
  const text = new TextDecoder().decode(bytes)
  const sent = { name: file === '-' ? 'stdin' : basename(file), text }
  return { kind: 'whole', bytes, contentType: contentTypeOf(file, text), sent }
}

async function readNamed(path: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new UsageError(`"${file}" cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

export function contentTypeOf(file: string, text: string): string {
  if (file.endsWith('.toml')) return 'application/toml'
  const looksLikeJson = file.endsWith('.json') || (!/\.ya?ml$/.test(file) && text.trimStart().startsWith('{'))
  if (!looksLikeJson) return 'application/yaml'
  // Anywhere: whoever sorts its fields has the payload first.
  return ENVELOPE.test(text) ? envelopeType : 'application/json'
}

/** A JSON patch against what is in force: whether a place exists decides between adding and replacing. */
async function makePatch(client: Client, sets: readonly string[], unsets: readonly string[]): Promise<Body> {
  const { settings, version } = await client.ask('readSettings')
  const operations = [
    ...sets.map((it) => {
      const at = it.indexOf('=')
      if (at < 1) throw new UsageError(`"--set ${it}" has no value, expected PATH=VALUE`)
      const path = toPointer(it.slice(0, at))
      return { op: isThere(settings, path) ? 'replace' : 'add', path, value: parseValue(it.slice(at + 1)) }
    }),
    ...unsets.map((it) => ({ op: 'remove', path: toPointer(it) })),
  ]
  const text = JSON.stringify(operations)
  const sent = { name: 'patch', text }
  return { kind: 'patch', bytes: Buffer.from(text), contentType: patchType, ifMatch: version, sent }
}

/** `routes/chat`, `/routes/chat`: both are the JSON pointer. */
function toPointer(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function isThere(settings: unknown, pointer: string): boolean {
  let here: unknown = settings
  for (const step of pointer.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return false
    here = (here as Record<string, unknown>)[name]
  }
  return true
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
