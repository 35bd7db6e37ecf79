/**
 * Reads the vectors: payloads to offer, and what has to come of each. `README.md` is the description for
 * readers in other languages; this file is the same in types, for the tests of this repository.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where in the receiver's work the vector is decided, in the order of that work. */
export type Stage = 'open' | 'read' | 'admit' | 'fetch' | 'resources' | 'plan' | 'validate'

/** The receiver's situation when the payload arrives. Written out in full for each vector. */
export interface VectorContext {
  readonly scope: string
  readonly instance: string
  /** The receiver's wall time, RFC 3339. */
  readonly now: string
  /** Key ids out of the index's `keys`. Without it, unsigned payloads are taken. */
  readonly trust: { readonly keys: readonly string[]; readonly threshold: number } | null
  /** Caps that differ from the defaults. */
  readonly limits: Readonly<Record<string, number>>
  /** Files to offer first, in this order; each is applied. */
  readonly before: readonly string[]
  /** What is in force and is the floor after `before`. */
  readonly applied: { readonly version: string; readonly digest: string } | null
  /** What the offer says beside the bytes. */
  readonly ifMatch: string | null
  /** What answers at the addresses of resources: text, or `null` for an address that always fails. */
  readonly artifacts: Readonly<Record<string, string | null>>
}

/** Bytes too many to keep: how to make them. */
export type Recipe =
  | { readonly recipe: 'pad'; readonly file: string; readonly toBytes: number }
  | { readonly recipe: 'nest'; readonly levels: number }
  | { readonly recipe: 'values'; readonly count: number }
  | { readonly recipe: 'resources'; readonly file: string; readonly count: number }

interface Entry {
  readonly name: string
  /** Relative to the index. Absent where `generate` says how to make the bytes. */
  readonly file?: string
  readonly generate?: Recipe
  readonly context: VectorContext
}

export interface GoodVector extends Entry {
  readonly about: string
  readonly version: string
  readonly digest: string
  /** What is in force afterwards, by kind and name. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** JSON pointers into the settings of what differs from before, sorted. */
  readonly changedParameters: readonly string[]
}

export interface BadVector extends Entry {
  readonly wrong: string
  readonly stage: Stage
  /** Code of the refusal, or of one of its issues. */
  readonly code: string
  /** Where it is wrong, if that is one place, and in which document the pointer leads there. */
  readonly pointer: string | null
  readonly in: 'envelope' | 'manifest' | 'settings' | null
}

export interface VectorIndex {
  /** Public halves of the test keys (SPKI PEM) by key id. Anyone can sign with them. */
  readonly keys: Readonly<Record<string, string>>
  readonly good: readonly GoodVector[]
  readonly bad: readonly BadVector[]
}

const folder = new URL('./vectors/', import.meta.url)

export function readVectorIndex(): VectorIndex {
  return JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as VectorIndex
}

/** Path of a file that the index names. */
export function vectorPath(file: string): string {
  return fileURLToPath(new URL(file, folder))
}

/** The bytes to offer: read, or made by the recipe. */
export function vectorBytes(entry: Pick<Entry, 'file' | 'generate'>): Uint8Array {
  if (entry.file !== undefined) return readFileSync(vectorPath(entry.file))
  if (!entry.generate) throw new Error('a vector has neither a file nor a recipe')
  return buildRecipe(entry.generate)
}

function buildRecipe(recipe: Recipe): Uint8Array {
  switch (recipe.recipe) {
    case 'pad': {
      const bytes = readFileSync(vectorPath(recipe.file))
      return Buffer.concat([bytes, Buffer.alloc(Math.max(0, recipe.toBytes - bytes.length), ' ')])
    }
    case 'nest':
      return unsigned('['.repeat(recipe.levels) + ']'.repeat(recipe.levels))
    case 'values':
      return unsigned(`[${'0,'.repeat(recipe.count - 1)}0]`)
    case 'resources': {
      const envelope = JSON.parse(readFileSync(vectorPath(recipe.file), 'utf8')) as { payload: string }
      const manifest = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
        resources: { name: string }[]
      }
      const [pattern] = manifest.resources
      const resources = Array.from({ length: recipe.count }, (_, i) => ({ ...pattern, name: `r${i}` }))
      return unsigned(JSON.stringify({ ...manifest, resources }))
    }
  }
}

function unsigned(manifest: string): Uint8Array {
  const payload = Buffer.from(manifest).toString('base64')
  const payloadType = 'application/vnd.changeover.reload.v1+json'
  return Buffer.from(JSON.stringify({ payloadType, payload, signatures: [] }))
}
