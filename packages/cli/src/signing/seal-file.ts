/**
 * Settings as a payload: the next version after one that is known, from a gateway that runs or from the envelope
 * before.
 */
import {
  type Draft,
  MANIFEST_TYPE,
  type Manifest,
  parseVersion,
  type Resource,
  readManifest,
  type SealBase,
  type SettingsTree,
  sealDraft,
  type Version,
} from '@changeover/reload'
import { type CommandContext, UsageError } from '../command.ts'
import { commitOf } from '../commit.ts'
import { readNamed } from '../read-named.ts'
import { traceOf } from '../trace.ts'
import { readEnvelopeText } from './signed-files.ts'

export interface Sealed {
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
}

/** Seals settings for a scope. Throws `payload.*` with places when they cannot be read. */
export async function sealSettings(context: CommandContext, text: string, file: string): Promise<Sealed> {
  const { readSettingsDraft } = await import('@changeover/gateway')
  const line = await lineOf(context)
  const draft = await readSettingsDraft(new TextEncoder().encode(text), file, line.previousTree ?? null)
  const allowShrink = context.flag('allow-shrink')
  const author = context.text('author') ?? `user:${context.user}`
  return sealDraft(
    { ...draft, ...lineageOf(context), ...(allowShrink && { allowShrink }) },
    {
      ...line,
      issuedAt: new Date(context.now()).toISOString(),
      author,
      reason: context.text('reason') ?? '',
      idempotencyKey: null,
      trace: traceOfAuthor(context),
    },
  )
}

/** Where the settings are from, under the name that provenance looks for. */
function lineageOf(context: CommandContext): Pick<Draft, 'lineage'> {
  const commit = commitOf(context)
  return commit === undefined ? {} : { lineage: { 'git.commit': commit } }
}

/** Of whoever seals it, where the environment names one: the reload is linked to it, wherever it is offered. */
function traceOfAuthor({ env }: CommandContext): Manifest['trace'] {
  const { traceparent, own } = traceOf(env['TRACEPARENT'])
  return own ? null : { traceparent }
}

/** With another end and a beginning, where those are asked for. */
export function windowOf(context: CommandContext): Partial<Manifest> {
  const [notBefore, expires] = ['not-before', 'expires'].map((it) => context.text(it))
  return { ...(notBefore === undefined ? {} : { notBefore }), ...(expires === undefined ? {} : { expires }) }
}

type Line = Pick<SealBase, 'scope' | 'version' | 'previous' | 'previousResources' | 'previousTree'>

async function lineOf(context: CommandContext): Promise<Line> {
  const upon = context.text('upon')
  if (context.flag('first')) {
    const scope = context.text('scope') ?? 'default'
    return { scope, version: numberOf(context, null), previous: null, previousResources: [] }
  }
  return upon === undefined ? await lineOfGateway(context) : await lineOfEnvelope(context, upon)
}

async function lineOfGateway(context: CommandContext): Promise<Line> {
  const client = await context.client()
  const { scope, floor, applied } = await client.ask('readStatus')
  const version = numberOf(context, floor === null ? null : parseVersion(floor.version))
  if (applied === null) return { scope, version, previous: null, previousResources: [] }
  const { settings } = await client.ask('readSettings')
  const previousTree = settings as SettingsTree
  const { version: number, digest } = applied
  return {
    scope,
    version,
    previous: { version: number, digest },
    previousTree,
    previousResources: namesOf(previousTree),
  }
}

async function lineOfEnvelope(context: CommandContext, file: string): Promise<Line> {
  const found = readEnvelopeText(await readNamed(file, context.cwd))
  if (found?.type !== MANIFEST_TYPE) throw new UsageError(`"${file}" is no signed payload`)
  const { digestOf } = await import('@changeover/reload')
  const manifest = readManifest(found.signed.body)
  const { epoch, seq } = manifest.version
  return {
    scope: manifest.scope,
    version: numberOf(context, manifest.version),
    previous: { version: `${epoch}.${seq}`, digest: digestOf(found.signed.body) },
    previousResources: manifest.resources,
  }
}

function numberOf(context: CommandContext, last: Version | null): Version {
  if (context.flag('new-epoch')) return { epoch: (last?.epoch ?? 0) + 1, seq: 1 }
  return { epoch: last?.epoch ?? 1, seq: (last?.seq ?? 0) + 1 }
}

/** Only what disappears is asked of them, and for that a name is enough. */
function namesOf(tree: SettingsTree): readonly Resource[] {
  return Object.entries(tree).flatMap(([kind, values]) =>
    Object.keys(values).map((name) => ({ kind, name, mediaType: 'application/json', digest: '', size: 0 })),
  )
}
