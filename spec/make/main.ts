/**
 * Writes `spec/vectors`. Deterministic: the keys are derived from words, Ed25519 signatures have no
 * randomness, and every instant is written out, so a second run changes nothing.
 *
 * Run: `node -C @changeover/source spec/make/main.ts`
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type BadVector, type GoodVector, type Recipe, vectorPath } from '../vectors.ts'
import { badBytes } from './bad-bytes.ts'
import { badContexts } from './bad-context.ts'
import { goodVectors } from './good.ts'
import { testKey } from './keys.ts'
import { sha256 } from './payload.ts'
import { type BadMaking, contextOf, type GoodMaking } from './vector.ts'

/** Every file of `spec/vectors`, by its path there. */
export function makeVectors(): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const keep = (folder: string, it: GoodMaking | BadMaking): { file: string } | { generate: Recipe } => {
    if (!(it.bytes instanceof Uint8Array)) return { generate: it.bytes }
    const file = `${folder}/${it.name}.json`
    if (files.has(file)) throw new Error(`two vectors are called "${it.name}"`)
    files.set(file, it.bytes)
    return { file }
  }
  const good = goodVectors.map((it): GoodVector => {
    const { name, about, settings, changedParameters } = it
    return {
      name,
      about,
      ...keep('good', it),
      ...sealedIn(it),
      settings,
      changedParameters,
      context: contextOf(it),
    }
  })
  const bad = [...badBytes, ...badContexts].map((it): BadVector => {
    const { name, wrong, stage, code, pointer } = it
    return { name, wrong, ...keep('bad', it), stage, code, pointer, in: it.in, context: contextOf(it) }
  })
  const names = ['test-ann', 'test-bo', 'test-eve', 'test-mallory']
  const keys = Object.fromEntries(names.map((it) => [it, testKey(it).publicKey]))
  const index = { keys: { ...keys, 'test-ann-again': testKey('test-ann').publicKey }, good, bad }
  return files.set('index.json', Buffer.from(`${JSON.stringify(index, null, 2)}\n`))
}

function sealedIn(it: GoodMaking): { version: string; digest: string } {
  if (!(it.bytes instanceof Uint8Array)) throw new Error(`"${it.name}" has to be a file`)
  const envelope = JSON.parse(Buffer.from(it.bytes).toString()) as { payload: string }
  const base64 = envelope.payload.replaceAll('-', '+').replaceAll('_', '/')
  const manifest = Buffer.from(base64, 'base64')
  const { version } = JSON.parse(manifest.toString()) as { version: { epoch: number; seq: number } }
  return { version: `${version.epoch}.${version.seq}`, digest: sha256(manifest) }
}

if (import.meta.main) {
  for (const folder of ['good', 'bad']) rmSync(vectorPath(folder), { recursive: true, force: true })
  const files = makeVectors()
  for (const [file, bytes] of files) {
    mkdirSync(dirname(vectorPath(file)), { recursive: true })
    writeFileSync(vectorPath(file), bytes)
  }
  process.stdout.write(`spec/vectors: ${files.size} files\n`)
}
