/** `changeover keygen`: keys to sign with, and the root that says what each of them may do. */
import { resolve } from 'node:path'
import {
  addSignatures,
  ROOT_TYPE,
  readRoot,
  readRootBody,
  writeRootDocument,
  writeSigned,
} from '@changeover/reload'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { makeKey, type PrivateKey, readPrivateKey, writeNew } from '../signing/key-files.ts'
import { draftRoot, rootOptions } from '../signing/root-draft.ts'
import { missingSignatures, sayRoot } from '../signing/say-root.ts'
import { readRootFile } from '../signing/signed-files.ts'

export const keygen: Command = {
  name: 'keygen',
  summary: 'make keys, and the root that says what each of them may do',
  usage: '[FILE…]',
  about: `Each FILE becomes a private key (Ed25519, PKCS#8, readable by you alone); its public half is beside it, ann.pub for ann.key. Nothing is written over,
and a private key is never printed. With --root a root is written and signed by the keys made here and those of --key;
where that is not enough, the others add theirs with "changeover sign".`,
  words: [0, 32],
  options: {
    root: { type: 'string', value: 'PATH', about: 'write a root with these keys' },
    upon: { type: 'string', value: 'ROOT', about: 'the root before it: what is not said stays' },
    ...rootOptions,
    key: { type: 'string', multiple: true, value: 'FILE', about: 'a private key to sign the root with too' },
  },
  examples: [
    ['changeover keygen ann.key --root root.json', 'one key that may do everything, to begin with'],
    [
      'changeover keygen --root root.json --role root=ann.pub,bo.pub --threshold root=2 --role publisher=ci.pub --key ann.key',
      'a root of two; bo adds his signature with "changeover sign root.json --key bo.key"',
    ],
    [
      'changeover keygen ci-2.key --root root-2.json --upon root.json --role publisher=ci-2.key --key ann.key',
      'another key for publishing',
    ],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const target = context.text('root')
  if (context.words.length === 0 && target === undefined)
    throw new UsageError('name a file for the key, or a root with --root')
  const made: PrivateKey[] = []
  for (const file of context.words) made.push(await makeKey(file, context.cwd))
  const root = target === undefined ? null : await makeRoot(context, target, made)
  if (context.json)
    context.say(JSON.stringify({ keys: made.map(({ file, keyid }) => ({ file, keyid })), root }, null, 2))
  else {
    for (const it of made) context.say(`${context.paint('green', 'made')}  ${it.file}  ${it.keyid}`)
    if (root !== null) root.words.forEach((it) => context.say(it))
  }
  return exitCodes.ok
}

async function makeRoot(context: CommandContext, target: string, made: readonly PrivateKey[]) {
  const upon = context.text('upon')
  const before = upon === undefined ? null : readRoot(await readRootFile(context, upon))
  const document = await draftRoot(context, before?.document ?? null, made)
  const body = writeRootDocument(document)
  const { trust } = readRootBody(body)
  const others = await Promise.all(context.texts('key').map((it) => readPrivateKey(it, context.cwd)))
  const signers = [...made, ...others].filter(
    ({ keyid }) => trust.keys.has(keyid) || before?.trust.keys.has(keyid) === true,
  )
  const signed = addSignatures(
    { body, signatures: [] },
    ROOT_TYPE,
    signers.map((it) => it.signer),
  )
  await writeNew(resolve(context.cwd, target), target, writeSigned(signed, ROOT_TYPE))
  const missing = missingSignatures(signed, before?.trust ?? null)
  const words = [
    `${context.paint('green', 'wrote')} ${target}`,
    ...sayRoot(document, trust.digest, context),
    ...missing,
  ]
  return { file: target, version: trust.version, digest: trust.digest, missing, words }
}
