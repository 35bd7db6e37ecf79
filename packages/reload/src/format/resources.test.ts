import { describe, expect, it } from 'vitest'
import type { Resource, SettingsTree } from '../contract/payload.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import { FORMAT_LIMITS } from './defaults.ts'
import { digestOf, digestOfText } from './digest.ts'
import { kindsIn } from './of-kind.ts'
import { readResources, verifyBytes } from './resources.ts'

const resource = (name: string, text: string, more: Partial<Resource> = {}): Resource => ({
  kind: 'routes',
  name,
  mediaType: 'application/json',
  digest: digestOfText(text),
  size: Buffer.byteLength(text),
  inline: text,
  ...more,
})
/** Without its text. */
const outside = (it: Resource): Resource =>
  Object.fromEntries(Object.entries(it).filter(([field]) => field !== 'inline')) as unknown as Resource
const nothing = (it: Resource): Promise<Uint8Array> =>
  Promise.reject(new ReloadError('fetch.missing', { resource: `${it.kind}/${it.name}` }))
const bytes = (text: string) => (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(text))

type Options = Partial<Parameters<typeof readResources>[1]>
const read = (resources: Resource[], options: Options = {}): Promise<SettingsTree> =>
  readResources({ resources }, { bytesOf: nothing, ...options })
const refused = async (resources: Resource[], options: Options = {}): Promise<string> => {
  try {
    await read(resources, options)
    return 'read'
  } catch (error) {
    if (!isReloadError(error)) throw error
    return `${error.code} ${error.issues.map((it) => it.pointer).join(' ')}`
  }
}

describe('reading resources', () => {
  it('gives a frozen tree by kind and name', async () => {
    const tree = await read([resource('a', '{"x":[1]}'), { ...resource('b', '2'), kind: 'limits' }])
    expect(tree).toEqual({ routes: { a: { x: [1] } }, limits: { b: 2 } })
    expect(() => Object.assign(tree['routes']?.['a'] ?? {}, { x: 2 })).toThrow(TypeError)
    expect(Object.isFrozen(tree) && Object.isFrozen(tree['routes'])).toBe(true)
    const strange = 'nothing stands under a name that nobody gave'
    expect([tree['toString'], tree['routes']?.['toString']], strange).toEqual([undefined, undefined])
  })

  it('takes bytes from inside, or asks for them once', async () => {
    const asked: string[] = []
    const bytesOf = (it: Resource): Promise<Uint8Array> => {
      asked.push(it.name)
      return bytes('[1]')()
    }
    const tree = await read([resource('in', '[0]'), outside(resource('out', '[1]'))], { bytesOf })
    expect(tree['routes']).toEqual({ in: [0], out: [1] })
    expect(asked).toEqual(['out'])
  })

  it('reads text as it stands, and leaves binary artifacts where they are', async () => {
    const text = resource('text', 'hello "x"', { mediaType: 'text/markdown' })
    const schema = resource('schema', '{}', { mediaType: 'application/schema+json' })
    const weights = outside(
      resource('weights', 'x', { mediaType: 'application/octet-stream', uri: 'file:w' }),
    )
    const { digest, size, mediaType } = weights
    expect((await read([text, schema, weights]))['routes']).toEqual({
      text: 'hello "x"',
      schema: {},
      weights: { digest, size, mediaType },
    })
  })

  it('refuses bytes that are not those that the manifest names', async () => {
    const good = resource('good', '1')
    expect(await refused([good, resource('a', '{}', { digest: digestOfText('[]') })])).toBe(
      'verify.digest /routes/a',
    )
    expect(await refused([good, resource('a', '{}', { inline: '{ }' })])).toBe('verify.digest /routes/a')
    expect(await refused([resource('a', '{}', { size: 3 })])).toBe('payload.schema /routes/a')
    expect(await refused([outside(resource('a~/', '{}'))], { bytesOf: bytes('[]') })).toBe(
      'verify.digest /routes/a~0~1',
    )
    const binary = resource('w', 'x', { mediaType: 'image/png', inline: 'y' })
    expect(await refused([binary])).toBe('verify.digest /routes/w')
    expect(() => verifyBytes(outside(binary), new Uint8Array(1))).toThrow('has digest')
    verifyBytes(outside(binary), new TextEncoder().encode('x'))
  })

  it('names the resource for whatever else is wrong with it', async () => {
    expect(await refused([resource('a', '{"x":')])).toBe('payload.not_json /routes/a')
    expect(await refused([resource('a', '{"x":{"constructor":1}}')])).toBe(
      'payload.forbidden_key /routes/a/x',
    )
    expect(await refused([resource('a', `${'['.repeat(65)}${']'.repeat(65)}`)])).toBe(
      'payload.too_many /routes/a',
    )
    expect(await refused([outside(resource('a', '{}'))])).toBe('fetch.missing /routes/a')
    const junk = Uint8Array.of(0xff)
    const odd = { ...outside(resource('a', '')), digest: digestOf(junk), size: 1 }
    expect(await refused([odd], { bytesOf: () => Promise.resolve(junk) })).toBe('payload.not_utf8 /routes/a')
    const limits = { ...FORMAT_LIMITS, resourceBytes: 2 }
    expect(await refused([outside(resource('a', '[1]'))], { bytesOf: bytes('[1]'), limits })).toBe(
      'payload.too_large /routes/a',
    )
  })

  it('lets an error that is not of this package through as it is', async () => {
    const broken = new TypeError('socket hang up')
    await expect(read([outside(resource('a', '1'))], { bytesOf: () => Promise.reject(broken) })).rejects.toBe(
      broken,
    )
  })
})

describe('reading resources after a version', () => {
  const one = [resource('a', '{"x":1}'), resource('b', '{"y":1}')]

  it('keeps the very object of what did not change, and asks for nothing', async () => {
    const tree = await read(one)
    const previous = { tree, kinds: kindsIn(one) }
    const next = await read([...one.slice(0, 1).map(outside), resource('b', '{"y":2}')], { previous })
    expect(next['routes']?.['a']).toBe(tree['routes']?.['a'])
    expect(next['routes']?.['b']).toEqual({ y: 2 })
    expect(tree['routes']?.['b'], 'the version before stays as it was').toEqual({ y: 1 })
  })

  it('keeps the very object of a kind in which nothing changed, and of no other', async () => {
    const limit = resource('l', '{"z":1}', { kind: 'limits' })
    const before = [...one, limit]
    const previous = { tree: await read(before), kinds: kindsIn(before) }
    const kept = async (resources: Resource[], kind: string): Promise<boolean> =>
      (await read(resources, { previous }))[kind] === previous.tree[kind]
    expect(await kept([...one, limit], 'routes')).toBe(true)
    expect(await kept([...one, resource('l', '{"z":2}', { kind: 'limits' })], 'routes')).toBe(true)
    expect(await kept([...one, resource('l', '{"z":2}', { kind: 'limits' })], 'limits')).toBe(false)
    expect(await kept([...one.slice(1), limit], 'routes')).toBe(false)
    expect(await kept([...one, resource('c', '{"x":1}'), limit], 'routes')).toBe(false)
    expect(await kept([...one.toReversed(), limit], 'routes'), 'order is kept').toBe(false)
  })

  it('still verifies the text that came, because the manifest is kept', async () => {
    const previous = { tree: await read(one), kinds: kindsIn(one) }
    const lying = one.map((it) => ({ ...it, inline: '{"x":2}' }))
    expect(await refused(lying, { previous })).toBe('verify.digest /routes/a')
  })

  it('reads the same bytes again when they are relabelled', async () => {
    const same = '"hello"'
    const labels = ['application/json', 'text/plain', 'application/octet-stream', 'image/png']
    for (const from of labels) {
      const before = [resource('a', same, { mediaType: from })]
      const previous = { tree: await read(before), kinds: kindsIn(before) }
      for (const to of labels) {
        const relabelled = [resource('a', same, { mediaType: to })]
        expect(await read(relabelled, { previous }), `${from} to ${to}`).toEqual(await read(relabelled))
      }
    }
  })
})

describe('reading many resources', () => {
  const many = Array.from({ length: 2000 }, (_, i) =>
    resource(`r${i}`, `{"i":${i},"pad":"${'x'.repeat(500)}"}`),
  )

  it('gives the event loop its turn every so many bytes', async () => {
    let turns = 0
    let reading = true
    const count = (): void => {
      turns++
      if (reading) setImmediate(count)
    }
    setImmediate(count)
    await read(many)
    reading = false
    expect(turns).toBeGreaterThan((2000 * 500) / (64 * 1024))
  })

  it('takes a turn after each resource when asked', async () => {
    let turns = 0
    let reading = true
    const count = (): void => {
      turns++
      if (reading) setImmediate(count)
    }
    setImmediate(count)
    await read(many.slice(0, 50), { yieldEveryBytes: 1 })
    reading = false
    expect(turns).toBeGreaterThanOrEqual(50)
  })
})
