/** What is kept of JSON that is too long to be: in whatever pieces it comes, the same as of the whole. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrunedJson, type Shape } from './pruned-json.ts'

const SHAPE: Shape = { a: true, list: { '*': { b: true, c: { d: true } } }, names: { '*': true } }

/** By parsing it, as it is defined. */
function kept(value: unknown, shape: Shape | true): unknown {
  if (shape === true) return typeof value === 'object' && value !== null ? undefined : value
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== '*' in shape) return undefined
  if (Array.isArray(value)) return value.map((it) => kept(it, shape['*'] ?? true) ?? null)
  const found = Object.entries(value).flatMap(([name, it]) => {
    const wanted = Object.hasOwn(shape, name) ? shape[name] : undefined
    const part = wanted === undefined ? undefined : kept(it, wanted)
    return part === undefined ? [] : [[name, part]]
  })
  return Object.fromEntries(found)
}

function pruned(text: string | Buffer, size = 7, shape = SHAPE): unknown {
  const json = new PrunedJson(shape)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) json.read(bytes.subarray(at, at + size))
  return json.value
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'list', 'names', '*', '__proto__', 'x"\\', 'é')
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\', '"', '\\"', 'ü😀'),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('fields')),
  fields: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
})).fields

describe('what is kept of JSON', () => {
  it('is what its shape names, wherever its bytes are cut', () => {
    const space = fc.constantFrom(undefined, 2, '\t')
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 40 }), space, (value, size, indent) => {
        const text = JSON.stringify(value, null, indent)
        // Holes of lists are nothing, once they are written.
        const shown = JSON.parse(JSON.stringify(pruned(text, size)))
        expect(withoutTrails(shown)).toEqual(withoutTrails(kept(JSON.parse(text), SHAPE)))
      }),
    )
  })

  it('throws at nothing, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: 'binary' }), (bytes, text) => {
        pruned(Buffer.from(bytes))
        pruned(`{"list":[{"b":${text}}],${text}`)
      }),
    )
  })

  it('is nothing of what is behind its end, nor of what is longer than anybody names', () => {
    expect(pruned(`data: {"a":1}{"a":2}`)).toEqual({ a: 1 })
    expect(pruned(`{"a":"${'x'.repeat(2000)}","names":["y"]}`)).toEqual({ names: ['y'] })
  })

  it('is bounded, however much there is', () => {
    const many = pruned(JSON.stringify({ names: Array.from({ length: 20_000 }, () => 'n') }), 4096)
    expect((many as { names: unknown[] }).names.length).toBeLessThan(8192)
    const empty = pruned(`{"list":[${'{},'.repeat(20_000)}{}]}`, 4096)
    expect((empty as { list: unknown[] }).list.length).toBeLessThan(8192)
  })
})

/** How long a list is that ends in nothing is not known of what is kept. */
function withoutTrails(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutTrails)
    while (items.length > 0 && items.at(-1) === null) items.pop()
    return items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, withoutTrails(it)]))
}
