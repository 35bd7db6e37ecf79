/**
 * The published vectors, through the functions of this room: what is wrong with the bytes must be found
 * here, and whatever is wrong for another reason (the time, the floor, the service) must pass.
 *
 * Not here: the vectors through the whole engine (`engine/`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { makeVectors } from '../../../../spec/make/main.ts'
import { SERVICE_SCHEMES, serviceIssues } from '../../../../spec/service.ts'
import {
  type BadVector,
  type GoodVector,
  readVectorIndex,
  type VectorContext,
  vectorBytes,
  vectorPath,
} from '../../../../spec/vectors.ts'
import type { Manifest, Resource, SettingsTree } from '../contract/payload.ts'
import type { Issue } from '../contract/receipt.ts'
import { isReloadError, ReloadError, rules } from '../errors.ts'
import { FORMAT_LIMITS } from './defaults.ts'
import { changedParameters } from './diff.ts'
import { openEnvelope } from './envelope.ts'
import { readManifest, resourceKey } from './manifest.ts'
import { kindsIn } from './of-kind.ts'
import { readResources } from './resources.ts'

const index = readVectorIndex()
const schema = JSON.parse(readFileSync(vectorPath('../payload.schema.json'), 'utf8')) as { $id: string }
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
ajv.addSchema(schema)
const isManifest = ajv.getSchema(`${schema.$id}#/$defs/manifest`)
const isEnvelope = ajv.getSchema(`${schema.$id}#/$defs/envelope`)

interface Read {
  readonly manifest: Manifest
  readonly digest: string
  readonly tree: SettingsTree
}

describe('a good vector', () => {
  it.each(index.good.map((it) => [it.name, it] as const))('is read: %s', async (_, vector) => {
    const { before, after } = await take(vector)
    expect(after.digest).toBe(vector.digest)
    expect(`${after.manifest.version.epoch}.${after.manifest.version.seq}`).toBe(vector.version)
    expect(JSON.parse(JSON.stringify(after.tree))).toEqual(vector.settings)
    const changed = changedParameters(before?.tree ?? null, after.tree)
    expect(changed).toEqual(vector.changedParameters)
    expect(after.manifest.changedParameters ?? changed).toEqual(changed)
    expect(serviceIssues({ settings: after.tree, previous: before?.tree ?? null })).toEqual([])
  })
})

describe('a bad vector', () => {
  const mine = new Set(['open', 'read', 'fetch', 'resources'])
  it.each(index.bad.filter((it) => mine.has(it.stage)).map((it) => [it.name, it] as const))(
    'is refused at its place: %s',
    async (_, vector) => {
      const error: unknown = await take(vector).catch((it: unknown) => it)
      if (!isReloadError(error)) return expect.fail(`${vector.name} was read, or broke: ${String(error)}`)
      expect(error.code).toBe(vector.code)
      if (vector.pointer !== null) expect(error.issues.map((it) => it.pointer)).toEqual([vector.pointer])
    },
  )

  const others = index.bad.filter((it) => !mine.has(it.stage)).map((it) => [it.name, it] as const)
  it.each(others)('is well made, and wrong for one reason only: %s', async (_, vector) => {
    const { before, after } = await take(vector)
    const issues = [
      ...admissionIssues(vector.context, before, after),
      ...planIssues(before, after),
      ...serviceIssues({ settings: after.tree, previous: before?.tree ?? null }),
    ]
    // Two need what only an engine has: what it was offered before, and what it can do.
    if (['verify.idempotency', 'validate.requires'].includes(vector.code)) return expect(issues).toEqual([])
    if (vector.code === 'validate.refused') return expect(issues.length).toBeGreaterThan(1)
    expect(issues.map((it) => it.code)).toEqual([vector.code])
    if (vector.in === 'settings') expect(issues[0]?.pointer).toBe(vector.pointer)
  })
})

describe('the published schema', () => {
  it.each(index.good.map((it) => [it.name, it] as const))('takes what the library takes: %s', (_, vector) => {
    const envelope = JSON.parse(Buffer.from(vectorBytes(vector)).toString()) as unknown
    expect(isEnvelope?.(envelope), JSON.stringify(isEnvelope?.errors)).toBe(true)
    expect(isManifest?.(manifestIn(vector)), JSON.stringify(isManifest?.errors)).toBe(true)
  })

  // What a schema cannot say: caps that a receiver sets, and what two fields say about each other.
  const beyond = new Set(
    [
      'many-signatures many-resources one-key-id-twice signature-not-base64 base64-without-padding',
      'impossible-instant window-turned-round duplicate-resource removed-and-listed resource-too-large',
      'builds-on-itself shares-that-shrink',
    ].flatMap((it) => it.split(' ')),
  )
  const shaped = index.bad.filter((it) => it.in === 'envelope' || it.in === 'manifest')
  const sayable = shaped.filter((it) => it.file && it.code.startsWith('payload.') && !beyond.has(it.name))
  it.each(sayable.map((it) => [it.name, it] as const))(
    'refuses what the library refuses: %s',
    (_, vector) => {
      if (vector.in === 'manifest') return expect(isManifest?.(manifestIn(vector))).toBe(false)
      expect(isEnvelope?.(JSON.parse(Buffer.from(vectorBytes(vector)).toString()))).toBe(false)
    },
  )
})

describe('the vectors', () => {
  it('are those that the script makes', () => {
    const made = makeVectors()
    for (const [file, bytes] of made) {
      const kept = existsSync(vectorPath(file)) ? readFileSync(vectorPath(file)) : null
      expect(
        kept && Buffer.compare(kept, bytes),
        `${file}: run node -C @changeover/source spec/make/main.ts`,
      ).toBe(0)
    }
    const kept = ['good', 'bad'].flatMap((it) => readdirSync(vectorPath(it)).map((file) => `${it}/${file}`))
    expect([...kept, 'index.json'].sort()).toEqual([...made.keys()].sort())
  })

  it('cover every code that bytes can provoke', () => {
    const codes = Object.keys(rules).filter((it) => /^(payload|verify|validate|fetch)\./.test(it))
    const covered = new Set(index.bad.map((it) => it.code))
    // Needs a signed root, which no vector comes with; `engine/attacks.test.ts` has it.
    const withRoot = ['verify.epoch']
    const open = codes.filter((it) => !covered.has(it as keyof typeof rules))
    expect(open.filter((it) => !withRoot.includes(it))).toEqual([])
    for (const { code } of index.bad) expect(codes).toContain(code)
  })

  it('each have a name of their own, and stay small', () => {
    const names = [...index.good, ...index.bad].map((it) => it.name)
    expect(new Set(names).size).toBe(names.length)
    for (const vector of [...index.good, ...index.bad]) {
      if (vector.file) expect(vectorBytes(vector).length).toBeLessThan(64 * 1024)
    }
  })
})

/** What a receiver does before its own affairs come in. */
async function take(vector: GoodVector | BadVector): Promise<{ before: Read | null; after: Read }> {
  let before: Read | null = null
  for (const file of vector.context.before) before = await read(vectorBytes({ file }), vector.context, before)
  return { before, after: await read(vectorBytes(vector), vector.context, before) }
}

const held = new Map<string, string>()

async function read(bytes: Uint8Array, context: VectorContext, before: Read | null): Promise<Read> {
  const limits = { ...FORMAT_LIMITS, ...context.limits }
  const keys = Object.fromEntries((context.trust?.keys ?? []).map((it) => [it, index.keys[it] ?? '']))
  const trust = context.trust ? { keys, threshold: context.trust.threshold } : undefined
  const { manifestBytes, digest } = openEnvelope(bytes, { maxBytes: limits.payloadBytes, trust })
  const manifest = readManifest(manifestBytes, limits)
  const previous = before ? { tree: before.tree, kinds: kindsIn(before.manifest.resources) } : undefined
  const bytesOf = (it: Resource): Promise<Uint8Array> => fetchBytes(it, context)
  const tree = await readResources(manifest, { previous, limits, bytesOf })
  for (const it of manifest.resources) if (it.inline !== undefined) held.set(it.digest, it.inline)
  return { manifest, digest, tree }
}

async function fetchBytes(it: Resource, { artifacts }: VectorContext): Promise<Uint8Array> {
  const resource = resourceKey(it)
  const [scheme = ''] = it.uri?.split(':') ?? []
  if (it.uri !== undefined && !SERVICE_SCHEMES.some((known) => known === scheme)) {
    throw new ReloadError('fetch.scheme', { resource, scheme })
  }
  const text = it.uri === undefined ? held.get(it.digest) : artifacts[it.uri]
  if (text != null) return new TextEncoder().encode(text)
  if (it.uri === undefined) throw new ReloadError('fetch.missing', { resource })
  throw new ReloadError('fetch.failed', { resource, attempts: 1 })
}

type Found = Pick<Issue, 'code' | 'pointer'>

/** The receiver's circumstances, as `README.md` beside the vectors tells them. */
function admissionIssues(context: VectorContext, before: Read | null, { manifest, digest }: Read): Found[] {
  const issues: Found[] = []
  const now = Date.parse(context.now)
  if (manifest.notBefore && now < Date.parse(manifest.notBefore)) issues.push({ code: 'verify.not_yet' })
  if (manifest.expires && now >= Date.parse(manifest.expires)) issues.push({ code: 'verify.expired' })
  if (manifest.scope !== context.scope) issues.push({ code: 'verify.scope' })
  if (manifest.targets && !manifest.targets.instances.includes(context.instance))
    issues.push({ code: 'verify.target' })
  if (context.ifMatch && context.ifMatch !== context.applied?.version)
    issues.push({ code: 'verify.conflict' })
  if (!before) return issues
  const { epoch, seq } = manifest.version
  const floor = before.manifest.version
  const same = epoch === floor.epoch && seq === floor.seq
  if (same && digest !== before.digest) issues.push({ code: 'verify.equivocation' })
  else if (epoch === floor.epoch && seq <= floor.seq) issues.push({ code: 'verify.below_floor' })
  else if (epoch === floor.epoch && seq > floor.seq + 1_000_000) issues.push({ code: 'verify.jump' })
  const known = manifest.previous?.version === context.applied?.version
  if (known && manifest.previous?.digest !== before.digest) issues.push({ code: 'verify.previous' })
  return issues
}

function planIssues(before: Read | null, { manifest, tree }: Read): Found[] {
  if (!before || manifest.previous?.digest !== before.digest) return []
  const issues: Found[] = []
  const kinds = new Set(['models', 'routes', 'limits', 'server', 'notes', 'weights'])
  for (const kind of Object.keys(tree)) {
    if (!kinds.has(kind)) issues.push({ code: 'validate.unknown_kind', pointer: `/${kind}` })
  }
  const present = new Set(manifest.resources.map(resourceKey))
  const removed = new Set(manifest.removed.map(resourceKey))
  const gone = before.manifest.resources.map(resourceKey).filter((it) => !present.has(it))
  for (const it of gone) {
    if (!removed.has(it)) issues.push({ code: 'validate.unnamed_removal', pointer: `/${it}` })
  }
  const shrinks = gone.length * 2 >= before.manifest.resources.length
  if (shrinks && !manifest.allowShrink) issues.push({ code: 'validate.shrink' })
  const changed = changedParameters(before.tree, tree)
  const stated = manifest.changedParameters ?? changed
  for (const pointer of [...changed, ...stated]) {
    if (changed.includes(pointer) && stated.includes(pointer)) continue
    issues.push({ code: 'validate.changed_parameters', pointer })
  }
  return issues
}

function manifestIn(vector: GoodVector | BadVector): unknown {
  const envelope = JSON.parse(Buffer.from(vectorBytes(vector)).toString()) as { payload: string }
  return JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as unknown
}
