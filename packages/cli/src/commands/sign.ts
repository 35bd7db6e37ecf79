/** `changeover sign`: settings become a signed payload; what is signed gets one more signature. */

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  addSignatures,
  MANIFEST_TYPE,
  ROOT_TYPE,
  readRoot,
  readRootBody,
  type Signed,
  writeManifest,
  writeRootDocument,
  writeSigned,
} from '@changeover/reload'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { commitOption } from '../commit.ts'
import { exitCodes } from '../exit-codes.ts'
import { readNamed } from '../read-named.ts'
import { readPrivateKey, writeNew } from '../signing/key-files.ts'
import { missingSignatures, shortKey } from '../signing/say-root.ts'
import { sealSettings, windowOf } from '../signing/seal-file.ts'
import { readEnvelopeText, readRootFile } from '../signing/signed-files.ts'

export const sign: Command = {
  name: 'sign',
  summary: 'sign settings, or add a signature to a payload or a root',
  usage: 'FILE',
  about: `Settings become the next version of their scope: after the one in force at the gateway, after the one in another
envelope (--upon), or the first. They carry TRACEPARENT from the environment, so that their reload is linked to it. An
envelope gets one more signature and is written back. A root is signed in the same way. Private keys stay where they are.`,
  words: [1, 1],
  options: {
    key: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      about: 'a private key to sign with; may be given again',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'PATH',
      about: 'where to; default: standard output, or back',
    },
    upon: {
      type: 'string',
      value: 'ENVELOPE',
      about: 'settings: the version before; a root: the root before',
    },
    first: { type: 'boolean', about: 'settings: the first version of a scope' },
    scope: { type: 'string', value: 'NAME', about: 'with --first; default "default"' },
    'new-epoch': { type: 'boolean', about: 'settings: begin a new epoch, which root keys have to sign too' },
    author: { type: 'string', value: 'NAME', about: 'who wrote them; default: you' },
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
    commit: commitOption,
    'allow-shrink': { type: 'boolean', about: 'the change may remove half of what is there, or more' },
    'not-before': { type: 'string', value: 'TIME', about: 'RFC 3339: not to be taken before' },
    expires: { type: 'string', value: 'TIME', about: 'RFC 3339: not to be taken from then on' },
  },
  examples: [
    [
      'changeover sign changeover.yaml --key ci.key -o next.json',
      'the version after the one in force, signed',
    ],
    ['changeover sign next.json --key ann.key', 'an approval: one more signature over the same bytes'],
    ['changeover sign root-2.json --key bo.key --upon root.json', 'a root, and what it still needs'],
  ],
  run,
}

interface Done {
  readonly kind: 'payload' | 'root'
  readonly signed: Signed
  readonly type: string
  /** It was an envelope before: it goes back where it came from. */
  readonly isEnvelope: boolean
  readonly version: string
  readonly missing: readonly string[]
}

async function run(context: CommandContext): Promise<number> {
  const [file = ''] = context.words
  const files = context.texts('key')
  if (files.length === 0) throw new UsageError('say which key to sign with: --key FILE')
  const signers = (await Promise.all(files.map((it) => readPrivateKey(it, context.cwd)))).map(
    (it) => it.signer,
  )
  const text =
    file === '-' ? new TextDecoder().decode(await context.readStdin()) : await readNamed(file, context.cwd)
  const unsigned = await readUnsigned(context, text, file)
  const signed = addSignatures(unsigned.signed, unsigned.type, signers)
  const done: Done = { ...unsigned, signed, missing: await missingOf(context, unsigned.kind, signed) }
  const place = await deliver(context, done, file)
  tell(context, done, place)
  return exitCodes.ok
}

async function readUnsigned(
  context: CommandContext,
  text: string,
  file: string,
): Promise<Omit<Done, 'missing'>> {
  const envelope = readEnvelopeText(text)
  if (envelope !== null) {
    const { kind, type, signed } = envelope
    return { kind, type, signed, isEnvelope: true, version: '' }
  }
  if (/"kind"\s*:\s*"TrustRoot"/.test(text)) {
    const body = writeRootDocument(JSON.parse(text) as Parameters<typeof writeRootDocument>[0])
    const { version } = readRootBody(body).document
    return {
      kind: 'root',
      type: ROOT_TYPE,
      signed: { body, signatures: [] },
      isEnvelope: false,
      version: `root ${version}`,
    }
  }
  const { manifest } = await sealSettings(context, text, file)
  const body = writeManifest({ ...manifest, ...windowOf(context) })
  const version = `${manifest.version.epoch}.${manifest.version.seq}`
  return {
    kind: 'payload',
    type: MANIFEST_TYPE,
    signed: { body, signatures: [] },
    isEnvelope: false,
    version,
  }
}

async function missingOf(
  context: CommandContext,
  kind: Done['kind'],
  signed: Signed,
): Promise<readonly string[]> {
  if (kind === 'payload') return []
  const upon = context.text('upon')
  return missingSignatures(
    signed,
    upon === undefined ? null : readRoot(await readRootFile(context, upon)).trust,
  )
}

/** Where it went; `null` for standard output. */
async function deliver(
  context: CommandContext,
  { signed, type, isEnvelope }: Done,
  file: string,
): Promise<string | null> {
  const bytes = writeSigned(signed, type)
  const output = context.text('output')
  if (output !== undefined) await writeNew(resolve(context.cwd, output), output, bytes)
  else if (isEnvelope && file !== '-') await writeFile(resolve(context.cwd, file), bytes)
  else if (!context.json) context.stdout.write(`${new TextDecoder().decode(bytes)}\n`)
  return output ?? (isEnvelope && file !== '-' ? file : null)
}

/** On standard error where standard output holds the envelope. */
function tell(
  context: CommandContext,
  { kind, signed, type, version, missing }: Done,
  place: string | null,
): void {
  const keyids = signed.signatures.map((it) => it.keyid)
  if (context.json) {
    const envelope = JSON.parse(new TextDecoder().decode(writeSigned(signed, type))) as object
    context.say(JSON.stringify({ kind, version, keyids, missing, file: place, envelope }, null, 2))
    return
  }
  const say = place === null ? (line: string) => void context.stderr.write(`${line}\n`) : context.say
  const what = version === '' ? `the ${kind}` : version
  say(
    `${context.paint('green', 'signed')}  ${what}  by ${keyids.map(shortKey).join(', ')}${place === null ? '' : `  in ${place}`}`,
  )
  for (const it of missing) say(`  ${it}`)
}
