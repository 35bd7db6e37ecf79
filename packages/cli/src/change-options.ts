/** What `apply` and `plan` share: where the change comes from, and the body that it becomes. */
import { basename } from 'node:path'
import type { Client } from '@changeover/sdk'
import { type CommandContext, NothingToDo, type OptionSpec, UsageError } from './command.ts'
import { readNamedBytes } from './read-named.ts'
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
  const bytes = file === '-' ? await context.readStdin() : await readNamedBytes(file, context.cwd)
  const text = new TextDecoder().decode(bytes)
  const sent = { name: file === '-' ? 'stdin' : basename(file), text }
  return { kind: 'whole', bytes, contentType: contentTypeOf(file, text), sent }
}

export function contentTypeOf(file: string, text: string): string {
  if (file.endsWith('.toml')) return 'application/toml'
  const looksLikeJson = file.endsWith('.json') || (!/\.ya?ml$/.test(file) && text.trimStart().startsWith('{'))
  if (!looksLikeJson) return 'application/yaml'
  // Anywhere: whoever sorts its fields has the payload first.
  return ENVELOPE.test(text) ? envelopeType : 'application/json'
}

/**
 * A JSON patch against what is in force: whether a place exists decides between adding and replacing. Maps on the way
 * to a place that are not there yet are made, so that the first tenant or limit can be named like any other.
 */
async function makePatch(client: Client, sets: readonly string[], unsets: readonly string[]): Promise<Body> {
  const { settings, version } = await client.ask('readSettings')
  const draft: unknown = structuredClone(settings)
  const operations = [
    ...sets.map((it) => {
      const at = it.indexOf('=')
      if (at < 1) throw new UsageError(`"--set ${it}" has no value, expected PATH=VALUE`)
      return setValue(draft, stepsOf(it.slice(0, at)), parseValue(it.slice(at + 1)))
    }),
    ...unsets.map((it) => {
      const path = pointerOf(stepsOf(it))
      if (valueAt(draft, stepsOf(it)) === undefined) throw new NothingToDo(`there is nothing at "${path}"`)
      return { op: 'remove', path }
    }),
  ]
  const text = JSON.stringify(operations)
  const sent = { name: 'patch', text }
  return { kind: 'patch', bytes: Buffer.from(text), contentType: patchType, ifMatch: version, sent }
}

/** `routes/chat`, `/routes/chat`: both are the JSON pointer. */
function stepsOf(path: string): string[] {
  const pointer = path.startsWith('/') ? path.slice(1) : path
  return pointer.split('/').map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function pointerOf(steps: readonly string[]): string {
  return steps.map((it) => `/${it.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** `undefined` where nothing stands. */
function valueAt(settings: unknown, steps: readonly string[]): unknown {
  let here = settings
  for (const step of steps) {
    if (!holdsOthers(here) || !Object.keys(here).includes(step)) return undefined
    here = here[step]
  }
  return here
}

function holdsOthers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

interface Operation {
  readonly op: 'add' | 'replace'
  readonly path: string
  readonly value: unknown
}

/** The operation, which `draft` has seen afterwards: the next `--set` may stand upon it. */
function setValue(draft: unknown, steps: readonly string[], value: unknown): Operation {
  const missing = steps.findIndex((_, i) => valueAt(draft, steps.slice(0, i + 1)) === undefined)
  const place = missing === -1 ? steps : steps.slice(0, missing + 1)
  const parent = valueAt(draft, place.slice(0, -1))
  // What holds no others is for the gateway to refuse: it knows what belongs there.
  if (!holdsOthers(parent)) return { op: 'add', path: pointerOf(steps), value }
  const nested = steps.slice(place.length).reduceRight((inner: unknown, it) => ({ [it]: inner }), value)
  const step = place.at(-1) ?? ''
  const seen: unknown = structuredClone(nested)
  if (Array.isArray(parent) && missing !== -1) parent.push(seen)
  else parent[step] = seen
  return { op: missing === -1 ? 'replace' : 'add', path: pointerOf(place), value: nested }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
