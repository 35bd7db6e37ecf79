/** `changeover verify`: who signed, whether that is enough, and what it is about. */
import {
  MANIFEST_TYPE,
  ROOT_TYPE,
  type Root,
  readRoot,
  readRootBody,
  readSigned,
  type Signed,
  verifySignatures,
} from '@changeover/reload'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readNamed } from '../read-named.ts'
import { lookAtPayload, sayPayload } from '../signing/payload-look.ts'
import { missingSignatures, sayRoot } from '../signing/say-root.ts'
import { readEnvelopeText, readRootFile } from '../signing/signed-files.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'who signed a payload, a root, or the version in force, and whether it is enough',
  usage: '[FILE]',
  about: `Holds an envelope against a root: which keys have signed, in which roles, what is missing, when it is good, and what it is
about. Without FILE, the version that a gateway serves. A root is held against itself, and against the one before it.
Ends with 1 when signatures are missing, do not fit, or the time is not right.`,
  words: [0, 1],
  options: {
    root: { type: 'string', value: 'ROOT', about: 'root to hold it against; for a root: the one before it' },
    version: {
      type: 'string',
      value: 'VERSION',
      about: 'without FILE: another version than the one in force',
    },
  },
  examples: [
    ['changeover verify next.json --root root.json', 'before it is offered'],
    ['changeover verify --root root.json', 'what a gateway serves, without taking its word for it'],
  ],
  run,
}

/** What is found, for people and for scripts. */
interface Report {
  readonly ok: boolean
  readonly about: Readonly<Record<string, unknown>>
  readonly words: readonly string[]
}

async function run(context: CommandContext): Promise<number> {
  const report = await verified(context)
  if (context.json) context.say(JSON.stringify({ ok: report.ok, ...report.about }, null, 2))
  else report.words.forEach((it) => context.say(it))
  return report.ok ? exitCodes.ok : exitCodes.refused
}

async function verified(context: CommandContext): Promise<Report> {
  const [file] = context.words
  const named = context.text('root')
  const root = named === undefined ? null : readRoot(await readRootFile(context, named))
  if (file === undefined) return await verifyServed(context, neededRoot(root))
  const text =
    file === '-' ? new TextDecoder().decode(await context.readStdin()) : await readNamed(file, context.cwd)
  const found = readEnvelopeText(text)
  if (found === null) throw new UsageError(`"${file}" is no envelope: "changeover sign" makes one`)
  if (found.kind === 'root') return verifyRoot(context, found.signed, root)
  return await verifyPayload(context, found.signed, neededRoot(root))
}

function neededRoot(root: Root | null): Root {
  if (root === null) throw new UsageError('say which root to hold it against: --root ROOT')
  return root
}

async function verifyServed(context: CommandContext, root: Root): Promise<Report> {
  const client = await context.client()
  const asked = context.text('version') ?? (await client.ask('readStatus')).applied?.version
  if (asked === undefined) throw new UsageError('no version is in force there')
  const { envelope, restores } = await client.ask('readEnvelope', { params: { version: asked } })
  const bytes = new TextEncoder().encode(envelope)
  const report = await verifyPayload(context, readSigned(bytes, MANIFEST_TYPE, bytes.byteLength), root)
  const served =
    restores === undefined ? `${asked} serves` : `${asked} serves, and restores what ${restores} held`
  return { ...report, about: { served: asked, ...report.about }, words: [served, ...report.words] }
}

async function verifyPayload(context: CommandContext, signed: Signed, root: Root): Promise<Report> {
  const found = await lookAtPayload(signed, root.trust, context.now())
  return { ok: found.ok, about: { ...found }, words: sayPayload(found, context.paint) }
}

function verifyRoot(context: CommandContext, signed: Signed, before: Root | null): Report {
  const { document, trust } = readRootBody(signed.body)
  const keyids = verifySignatures(signed, ROOT_TYPE, trust.keys)
  const missing = missingSignatures(signed, before?.trust ?? null)
  const isNext = before === null || trust.version === before.trust.version + 1
  const isOver = Date.parse(document.expires) <= context.now()
  const ok = missing.length === 0 && isNext && !isOver
  const gap = isNext
    ? []
    : [`  comes after root ${trust.version - 1}, not after root ${before.trust.version}`]
  return {
    ok,
    about: {
      kind: 'root',
      version: trust.version,
      digest: trust.digest,
      expires: document.expires,
      keyids,
      missing,
      isNext,
    },
    words: [
      context.paint(ok ? 'green' : 'red', ok ? 'good' : 'not good'),
      ...sayRoot(document, trust.digest, context),
      ...gap,
      ...missing.map((it) => `  ${it}`),
    ],
  }
}
