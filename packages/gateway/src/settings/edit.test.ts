import { changes, type Json, type SettingsTree } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { isGatewayError } from '../errors.ts'
import { patchSettings, rewriteSettings, settingsText, writeSettings } from './edit.ts'
import { readJson } from './json.ts'
import { applyJsonPatch, applyMergePatch } from './json-patch.ts'
import { readSettingsText } from './reader.ts'

const FILE = `# Our gateway. Ask Ann before changing weights.

providers:
  sim:    { kind: simulated }   # no network

models:
  fast:
    provider: "sim"
  careful: # the slow one
    provider: 'sim'

routes:
  # customers
  chat:
    targets:
    - model: fast   # cheap
      weight: 90
    # only for now
    - model: careful
      weight: 10

    fallback: [careful]
  "org/team@1":
    targets: [ { model: fast } ]
limits:
#   small: { requests: 1, perMs: 1000 }
`

const merge = (text: string, patch: Json, path = 'c.yaml') =>
  patchSettings(text, path, { type: 'merge', patch })
const patch = (text: string, operations: Json, path = 'c.yaml') =>
  patchSettings(text, path, { type: 'json', patch: operations })

/** The lines that differ. */
function difference(before: string, after: string): { gone: string[]; came: string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')]
  return { gone: a.filter((it) => !b.includes(it)), came: b.filter((it) => !a.includes(it)) }
}

describe('a YAML text that does not end with a line end', () => {
  const text = 'limits:\n  # of all\n  a: { requests: 1, perMs: 1000 }\n  b: { requests: 2, perMs: 1000 }'
  const edited = (patch: Json, from = text): string => patchSettings(from, 'x.yaml', { type: 'merge', patch })

  it('keeps its end, whichever entry changes, comes or goes', () => {
    expect(edited({ limits: { b: { requests: 3 } } })).toBe(text.replace('requests: 2', 'requests: 3'))
    expect(edited({ limits: { a: { requests: 3 } } })).toBe(text.replace('requests: 1,', 'requests: 3,'))
    expect(edited({ limits: { b: null } })).toBe(text.split('\n').slice(0, 3).join('\n'))
    const more = edited({ limits: { c: { requests: 4, perMs: 1000 } } })
    expect(more.startsWith(`${text}\n  c:`)).toBe(true)
    expect(more.endsWith('\n')).toBe(false)
    const windows = text.replaceAll('\n', '\r\n')
    expect(edited({ limits: { a: null } }, windows)).toBe(windows.split('\r\n').toSpliced(2, 1).join('\r\n'))
  })
})

describe('exchanging a value', () => {
  it('moves no other byte', () => {
    const edited = patch(FILE, [{ op: 'replace', path: '/routes/chat/targets/0/weight', value: 50 }])
    expect(edited).toBe(FILE.replace('weight: 90', 'weight: 50'))
  })

  it('keeps the quotes that were there, and adds those that are needed', () => {
    const edited = merge(FILE, {
      models: { fast: { provider: 'a "b"' }, careful: { provider: "it's" } },
      providers: { sim: { kind: 'x: y' } },
    })
    expect(edited).toContain('provider: "a \\"b\\""')
    expect(edited).toContain("provider: 'it''s'")
    expect(edited).toContain('sim:    { kind: "x: y" }   # no network')
  })

  it('reaches names with slashes and other signs', () => {
    const path = '/routes/org~1team@1/targets/0/model'
    expect(patch(FILE, [{ op: 'replace', path, value: 'careful' }])).toBe(
      FILE.replace('[ { model: fast } ]', '[ { model: careful } ]'),
    )
  })

  it('keeps a JSON file as it is laid out', () => {
    const text = '{ "limits": {\n\t"a": {"requests": 1, "perMs": 1000}} }'
    expect(merge(text, { limits: { a: { requests: 2 } } }, 'c.json')).toBe(text.replace('1,', '2,'))
  })

  it('keeps a TOML file as it is laid out', () => {
    const text = "# ours\n[limits.a]\nrequests = 1 # few\nperMs=1_000\n[[routes.r.targets]]\nmodel = 'x'\n"
    const edited = merge(text, { limits: { a: { requests: 2, perMs: 5 } } }, 'c.toml')
    expect(edited).toBe(text.replace('requests = 1', 'requests = 2').replace('1_000', '5'))
  })
})

describe('adding and taking out', () => {
  it('keeps comments, order and blank lines', () => {
    const edited = merge(FILE, {
      routes: { chat: { fallback: null }, support: { targets: [{ model: 'fast' }] } },
    })
    const { gone, came } = difference(FILE, edited)
    expect(gone).toEqual(['    - model: fast   # cheap', '    fallback: [careful]'])
    expect(came).toEqual(['    - model: fast # cheap', '  support:', '    - model: fast'])
  })

  it('keeps the comments of the neighbours in a list', () => {
    const edited = patch(FILE, [{ op: 'add', path: '/routes/chat/targets/0', value: { model: 'new' } }])
    expect(edited).toMatch(
      /- model: new\n +- model: fast # cheap\n +weight: 90\n +# only for now\n +- model: careful/,
    )
  })

  it('takes an emptied section away and leaves one that only holds comments', () => {
    const edited = merge(FILE, { providers: null })
    expect(edited).not.toContain('providers')
    expect(edited).toContain('#   small: { requests: 1, perMs: 1000 }')
  })

  it.each([
    ['', (text: string) => text],
    [', with lines that end as on another system', (text: string) => text.replaceAll('\n', '\r\n')],
    [', below empty lines', (text: string) => `${text}\n\n`],
  ])('leaves nothing of a section that came and went%s', (_, written) => {
    const text = written(FILE)
    const tenants = { acme: { keys: {} } }
    expect(merge(merge(text, { tenants }), { tenants: null })).toBe(text)
  })

  it('leaves one empty line where a section between two others was', () => {
    const text = 'limits:\n  a: 1\n\ncache:\n  b: 2\n\nprobes:\n  c: 3\n'
    expect(merge(text, { cache: null })).toBe('limits:\n  a: 1\n\nprobes:\n  c: 3\n')
    const close = text.replace('\n\nprobes', '\nprobes')
    expect(merge(close, { cache: null })).toBe('limits:\n  a: 1\n\nprobes:\n  c: 3\n')
  })

  it('leaves a text alone that says so already', () => {
    expect(merge(FILE, { limits: {}, models: { fast: { provider: 'sim' } } })).toBe(FILE)
  })

  it('starts from an empty file, comments kept', () => {
    expect(merge('# ours\n', { limits: { a: { requests: 1, perMs: 2 } } })).toBe(
      '# ours\n\nlimits:\n  a:\n    requests: 1\n    perMs: 2\n',
    )
  })

  it('takes as many operations as settings may have entries', () => {
    const operations = Array.from({ length: 5_000 }, (_, i) => ({
      op: 'add',
      path: `/limits/l${i}`,
      value: 1,
    }))
    const read = readJson(JSON.stringify(operations), 'the body')
    expect(read.ok).toBe(true)
    const edited = patch('limits:\n  a: 1\n', operations)
    expect(edited.split('\n')).toHaveLength(5_003)
  })

  it('says in so many words that nothing is left, and goes on from there', () => {
    const left = merge('# ours\nlimits:\n  a: { requests: 1, perMs: 2 }\n', { limits: { a: null } })
    expect(left).toBe('# ours\n{}\n')
    const again = merge(left, { limits: { a: { requests: 1, perMs: 2 } } })
    expect(again).toMatch(/^# ours\n/)
    expect(again).not.toContain('{}')
  })

  it('keeps the indentation of a JSON file', () => {
    const text = '{\n\t"limits": {\n\t\t"a": 1\n\t}\n}\n'
    expect(merge(text, { limits: { b: 2 } }, 'c.json')).toBe(
      '{\n\t"limits": {\n\t\t"a": 1,\n\t\t"b": 2\n\t}\n}\n',
    )
  })

  it('keeps the line ends of another system', () => {
    const text = 'limits:\r\n  a: 1 # x\r\n'
    expect(merge(text, { limits: { b: 2 } })).toBe('limits:\r\n  a: 1 # x\r\n  b: 2\r\n')
  })
})

describe('an edit that cannot be made', () => {
  const refused = (make: () => unknown): string => {
    try {
      make()
    } catch (error) {
      if (isGatewayError(error)) return error.code
      throw error
    }
    return 'made'
  }

  it('of a TOML file with entries that come is refused, and says why', () => {
    const text = '[limits.a]\nrequests = 1\n'
    expect(() => merge(text, { limits: { b: { requests: 2 } } }, 'c.toml')).toThrow(
      '"c.toml" cannot be changed for you: in TOML only simple values that are there can be exchanged without touching comments; make the change in the file',
    )
  })

  it('leaves alone what an anchor shares with it', () => {
    const text = 'routes:\n  a: &a { x: { y: 1 } }\n  b: { <<: *a, z: 1 }\n'
    expect(merge(text, { routes: { b: { z: 2 } } })).toBe(text.replace('z: 1', 'z: 2'))
    const edited = merge(text, { routes: { a: { x: { y: 2 } } } })
    expect(readSettingsText(edited, 'c.yaml').tree.routes).toEqual({
      a: { x: { y: 2 } },
      b: { x: { y: 1 }, z: 1 },
    })
    expect(refused(() => merge(text, { routes: { b: { x: null } } }))).toBe('settings.not_editable')
  })

  it('by a patch that does not fit says which operation', () => {
    expect(() => patch(FILE, [{ op: 'remove', path: '/routes/nope' }])).toThrow(
      '"/0": found no "nope" there, expected a path that exists',
    )
  })
})

const name = fc.oneof(
  fc.constantFrom('a/b', 'x@1.0.0', 'a~b', 'c d', '1', 'true', '#'),
  fc.string({ minLength: 1, maxLength: 6 }),
)
const safeName = name.filter((it) => it !== '__proto__' && it !== '<<')
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ maxLength: 12 }),
    fc.constantFrom('yes', 'a: b', '- x', '{{v}}', '${env:X}', 'two\nlines\n', ' x '),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(safeName, tie('value'), { maxKeys: 3 }),
  ) as fc.Arbitrary<Json>,
}))
const section = fc.dictionary(safeName, value, { minKeys: 1, maxKeys: 3 })
const tree = fc.dictionary(fc.constantFrom('routes', 'models', 'limits'), section, {
  minKeys: 1,
}) as fc.Arbitrary<SettingsTree>

describe('reading an edited text', { timeout: 60_000 }, () => {
  for (const path of ['c.yaml', 'c.json']) {
    it(`gives the patched tree: ${path}`, () => {
      fc.assert(
        fc.property(tree, tree, (before, change) => {
          const text = path === 'c.json' ? JSON.stringify(before, null, 2) : stringify(before)
          const edited = merge(text, change, path)
          expect(readSettingsText(edited, path).tree).toEqual(applyMergePatch(before, change))
        }),
        { numRuns: 150 },
      )
    })

    it(`gives the tree that was asked for, by changes: ${path}`, () => {
      fc.assert(
        fc.property(tree, tree, (before, after) => {
          const bytes = settingsText.write(before, path)
          const edited = settingsText.edit(bytes, path, changes(before, after))
          expect(settingsText.read(edited, path)).toEqual(after)
        }),
        { numRuns: 150 },
      )
    })
  }

  it('gives the patched tree in TOML, or a refusal', () => {
    fc.assert(
      fc.property(tree, tree, (before, change) => {
        const text = writeSettings(before, 'c.toml')
        const wanted = applyMergePatch(before, change) as SettingsTree
        try {
          const edited = rewriteSettings(text, 'c.toml', wanted)
          expect(readSettingsText(edited, 'c.toml').tree).toEqual(wanted)
        } catch (error) {
          if (!isGatewayError(error)) throw error
          expect(error.code).toBe('settings.not_editable')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('follows JSON patch as well', () => {
    const operations = [
      { op: 'add', path: '/routes/chat/targets/-', value: { model: 'third' } },
      { op: 'move', from: '/routes/chat/targets/0', path: '/routes/chat/targets/2' },
      { op: 'copy', from: '/models/fast', path: '/models/new~1one' },
      { op: 'test', path: '/routes/chat/fallback/0', value: 'careful' },
    ]
    const before = readSettingsText(FILE, 'c.yaml').tree
    const edited = patch(FILE, operations)
    expect(readSettingsText(edited, 'c.yaml').tree).toEqual(applyJsonPatch(before, operations))
    expect(edited).toContain('# the slow one')
  })
})
