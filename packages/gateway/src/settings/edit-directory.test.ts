import type { Json, SettingsTree } from '@changeover/reload'
import { changes } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGatewayError } from '../errors.ts'
import { directoryText } from './edit-directory.ts'

type Texts = Readonly<Record<string, string>>

const FILES: Texts = {
  'models.yaml':
    '# ours\nproviders:\n  sim: { kind: simulated } # says so\nmodels:\n  fast: { provider: sim }\n',
  'routes/a.yaml': 'routes:\n  a:\n    targets: # the split\n      - { model: fast, weight: 1 }\n',
  'routes/b.toml': '[routes.b]\nfallback = ["fast"]\n[[routes.b.targets]]\nmodel = "fast"\nweight = 2\n',
}

const bundle = (texts: Texts): Uint8Array =>
  Buffer.from(JSON.stringify({ files: Object.entries(texts).map(([path, text]) => ({ path, text })) }))
const textsOf = (bytes: Uint8Array): Texts =>
  Object.fromEntries(
    (JSON.parse(Buffer.from(bytes).toString()) as { files: { path: string; text: string }[] }).files.map(
      (it) => [it.path, it.text],
    ),
  )
const FILES_TREE = directoryText.read(bundle(FILES))

function edit(change: (tree: Record<string, Record<string, Json>>) => void, texts: Texts = FILES): Texts {
  const tree = directoryText.read(bundle(texts))
  const next = structuredClone(tree) as Record<string, Record<string, Json>>
  change(next)
  const edited = directoryText.edit(bundle(texts), changes(tree, next))
  expect(directoryText.read(edited)).toEqual(withoutEmpty(next))
  return textsOf(edited)
}

const withoutEmpty = (tree: SettingsTree): SettingsTree =>
  Object.fromEntries(Object.entries(tree).filter(([, it]) => Object.keys(it).length > 0))

const refused = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return isGatewayError(error) ? { code: error.code, details: error.details } : error
  }
}

describe('a change in a directory', () => {
  it('is made in the file that holds the entry, comments kept, and nowhere else', () => {
    const texts = edit((tree) => {
      const targets = [{ model: 'fast', weight: 7 }]
      tree['routes'] = { ...tree['routes'], a: { targets } }
    })
    expect(texts).toEqual({
      ...FILES,
      'routes/a.yaml': FILES['routes/a.yaml']?.replace('weight: 1', 'weight: 7'),
    })
  })

  it('puts a new entry into the first file with entries of its section', () => {
    const texts = edit((tree) => Object.assign(tree['routes'] ?? {}, { c: { targets: [{ model: 'fast' }] } }))
    expect(texts['routes/a.yaml']).toContain('# the split')
    expect(texts['routes/a.yaml']).toContain('  c:')
    expect({ ...texts, 'routes/a.yaml': '' }).toEqual({ ...FILES, 'routes/a.yaml': '' })
  })

  it('puts a new section into a file of its name, which is made', () => {
    const limits = { few: { requests: 1, perMs: 1 } }
    const texts = edit((tree) => Object.assign(tree, { limits }))
    expect(texts).toEqual({ ...FILES, 'limits.yaml': 'limits:\n  few:\n    requests: 1\n    perMs: 1\n' })
    expect(Object.keys(texts)).toEqual(['limits.yaml', 'models.yaml', 'routes/a.yaml', 'routes/b.toml'])
  })

  it('puts a new section into the file of its name that is there', () => {
    const texts = edit((tree) => Object.assign(tree, { limits: { few: { requests: 1, perMs: 1 } } }), {
      ...FILES,
      'limits.json': '{ "limits": {} }\n',
    })
    expect(JSON.parse(texts['limits.json'] ?? '')).toEqual({ limits: { few: { requests: 1, perMs: 1 } } })
  })

  it('leaves a file whose last entry goes with something in it, so that it is not taken for half a file', () => {
    const texts = edit((tree) => delete tree['routes']?.['a'])
    expect(texts['routes/a.yaml']?.trim()).not.toBe('')
  })

  it('that belongs into two files is refused with their names', () => {
    const answer = refused(() =>
      edit((tree) => {
        Object.assign(tree['models'] ?? {}, { slow: { provider: 'sim' } })
        Object.assign(tree['routes'] ?? {}, { a: { targets: [{ model: 'slow' }] } })
      }),
    )
    expect(answer).toEqual({
      code: 'settings.many_files',
      details: { files: '"models.yaml" and "routes/a.yaml"' },
    })
  })

  it('that a file has no room for is refused', () => {
    const answer = refused(() =>
      edit((tree) => Object.assign(tree['routes']?.['b'] ?? {}, { context: 'x@^1' })),
    )
    expect(answer).toMatchObject({ code: 'settings.not_editable', details: { file: 'routes/b.toml' } })
  })

  it('of nothing changes no byte', () => {
    expect(textsOf(directoryText.edit(bundle(FILES), []))).toEqual(FILES)
  })

  it('is in one file and says exactly what was asked for, whatever it is', () => {
    const entry = fc.record({ provider: fc.constant('sim') }) as fc.Arbitrary<Json>
    const models = fc.dictionary(fc.constantFrom('fast', 'x', 'y'), entry)
    fc.assert(
      fc.property(models, (wanted) => {
        const texts = edit((tree) => {
          tree['models'] = wanted
        })
        const differing = Object.keys(texts).filter((it) => texts[it] !== FILES[it])
        expect(differing.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a directory', () => {
  it('that holds an entry twice, or no settings, cannot be read', () => {
    const twice = bundle({ 'a.yaml': FILES['models.yaml'] ?? '', 'b.yaml': FILES['models.yaml'] ?? '' })
    expect(() => directoryText.read(twice)).toThrow('2 errors')
    expect(() => directoryText.read(bundle({ 'a.yaml': 'routes: [' }))).toThrow('1 error')
  })

  it('begins with one file', () => {
    const written = directoryText.write(FILES_TREE)
    expect(Object.keys(textsOf(written))).toEqual(['changeover.yaml'])
    expect(directoryText.read(written)).toEqual(FILES_TREE)
  })
})
