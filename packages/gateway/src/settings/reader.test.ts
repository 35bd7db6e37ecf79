import { type Issue, isReloadError, type Origin, SETTINGS_DIRECTORY_TYPE } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { settingsReader } from './reader.ts'
import { JSON_PATCH_TYPE, MERGE_PATCH_TYPE } from './text-format.ts'

const read = settingsReader()

function originOf(source: string, mediaType?: string): Origin {
  return mediaType === undefined ? { trigger: 'file', source } : { trigger: 'file', source, mediaType }
}

async function draft(text: string, source = 'c.yaml', mediaType?: string) {
  return read(Buffer.from(text), originOf(source, mediaType), null)
}

async function issuesOf(text: string, source = 'c.yaml', mediaType?: string): Promise<readonly Issue[]> {
  try {
    await draft(text, source, mediaType)
  } catch (error) {
    if (isReloadError(error) && error.code === 'payload.unreadable') return error.issues
    throw error
  }
  return []
}

/** `line:column message`, one for each issue. */
async function faults(text: string, source?: string): Promise<readonly string[]> {
  const issues = await issuesOf(text, source)
  return issues.map((it) => `${it.place?.line}:${it.place?.column} ${it.message}`)
}

const lines = (...text: string[]): string => `${text.join('\n')}\n`

describe('a text that says nothing', () => {
  const inForce = { models: { a: { provider: 'sim' } } }
  const allowShrink = { hint: { allowShrink: true } }
  const readOver = (text: string, source: string, base: typeof inForce | null) =>
    read(Buffer.from(text), { ...originOf(source), ...allowShrink }, base)
  const commented: readonly (readonly [file: string, text: string])[] = [
    ['c.yaml', '# models:\n#   a: { provider: sim }\n'],
    ['c.yaml', 'models:\n#   a: { provider: sim }\nroutes:\n'],
    ['c.toml', '# [models.a]\n'],
    ['c.json', 'null'],
  ]

  it.each(commented)('removes nothing, whatever was said beside it: %s %j', async (file, text) => {
    const reading = readOver(text, file, inForce)
    await expect(reading).rejects.toMatchObject({ code: 'payload.unreadable' })
    await expect(reading).rejects.toMatchObject({
      issues: [{ message: expect.stringContaining('nothing but comments, expected') as string }],
    })
    expect((await readOver(text, file, null)).settings).toEqual({})
  })

  it.each(['{}', '# all of it\n{}\n', 'models: {}\n'])('is not one that says it: %j', async (text) => {
    expect((await readOver(text, 'c.yaml', inForce)).settings).toEqual({})
  })

  it('is no directory of which one file is commented out', async () => {
    const bundle = (...texts: string[]) =>
      Buffer.from(JSON.stringify({ files: texts.map((text, i) => ({ path: `${i}.yaml`, text })) }))
    const over = (bytes: Buffer) => read(bytes, originOf('conf', SETTINGS_DIRECTORY_TYPE), inForce)
    expect((await over(bundle('# a\n', 'models: { b: { provider: sim } }\n'))).settings).not.toEqual({})
    await expect(over(bundle('# a\n', '# b\n'))).rejects.toMatchObject({ code: 'payload.unreadable' })
  })
})

describe('broken YAML', () => {
  const cases: readonly (readonly [what: string, text: string, ...faults: string[]])[] = [
    [
      'a tab as indentation',
      lines('routes:', '\tchat: {}'),
      '2:1 found a tab at the start of the line, expected spaces',
    ],
    [
      'a missing colon',
      lines(
        'routes:',
        '  chat:',
        '    targets:',
        '      - model: fast',
        '        weight 3',
        '      - model: b',
      ),
      '5:9 found a name without a colon, expected name: value',
    ],
    [
      'an open double quote, where it began',
      lines('models:', '  a:', '    provider: "sim', 'routes: {}'),
      '3:15 found a double quote that is never closed, expected " at the end of the text',
    ],
    [
      'an open single quote, where it began',
      lines('models:', '  a:', "    provider: 'sim"),
      "3:15 found a single quote that is never closed, expected ' at the end of the text",
    ],
    [
      'an open list',
      lines('routes:', '  chat: [a, b', 'models: {}'),
      '2:9 found an open "[" that is not closed, expected "]"',
    ],
    [
      'an open map',
      lines('routes:', '  chat: {a: 1', 'models: {}'),
      '2:9 found an open "{" that is not closed, expected "}"',
    ],
    [
      'a missing comma between brackets',
      lines('routes:', '  chat: { a: 1 b: 2 }'),
      '2:14 found two entries between brackets without a comma, expected "," between them',
    ],
    [
      'deeper lines below a value',
      lines('routes:', '  a: 1', '    b: 2'),
      '2:6 found deeper lines below a value, expected either a value or deeper lines',
    ],
    [
      'uneven lines',
      lines('routes:', '  a: {}', ' b: {}'),
      '3:1 found a line that is indented unlike those beside it, expected the same number of spaces',
    ],
    [
      'an uneven list',
      lines('routes:', '  chat:', '    targets:', '      - model: fast', '     - model: b'),
      '5:1 found a line that is indented unlike those beside it, expected the same number of spaces',
    ],
    [
      'two pairs in a line',
      lines('routes:', '  a: b: c'),
      '2:6 found a second "name: value" in one line, expected one a line, or the value in quotes',
    ],
    [
      'a reference without quotes between braces',
      lines('providers: { a: { credential: ${env:X} } }'),
      '1:32 found a reference between { and } without quotes, expected "${…}" in double quotes',
    ],
    [
      'a bracket too many',
      lines('routes:', '  a: {}}'),
      '2:8 found a "}" that closes nothing, expected none',
    ],
    [
      'text after a quoted text',
      lines('models:', '  a: { model: "x" y }'),
      '2:19 found more after the end of a value, expected a new line with name: value',
    ],
    [
      'a value that starts with a reserved sign',
      lines('models:', '  a: @x'),
      '2:6 found a value that starts with "@", expected the value in quotes',
    ],
    [
      'an unknown escape',
      lines('models:', '  a: "\\q"'),
      '2:7 found the escape \\q in double quotes, expected a known escape such as \\n, or single quotes',
    ],
    [
      'text after a block sign',
      lines('models:', '  a: |x', '    b'),
      '2:7 found text after "|" or ">", expected the text on the lines below, indented',
    ],
    [
      'a second document',
      lines('routes: {}', '---', 'models: {}'),
      '2:1 found a second document after "---", expected one document in a file',
    ],
    [
      'a name twice',
      lines('routes:', '  a: {}', '  b: {}', '  a: {}'),
      '4:3 found "a" a second time, first in line 2, expected each name once',
    ],
    ['a tag', lines('routes: !js/function {}'), '1:22 found the tag "!js/function", expected a plain value'],
    [
      'a type that JSON has not',
      lines('routes:', '  a: !!binary YWJj'),
      '2:15 found the tag "!!binary", expected a plain value',
    ],
    [
      'an alias of nothing',
      lines('routes:', '  a: *nope'),
      '2:6 found the alias *nope, expected the name of an anchor above it',
    ],
    [
      'a number without end',
      lines('limits:', '  a: { requests: .inf }'),
      '2:18 found a number without end, expected a finite number',
    ],
    [
      'a number that would be rounded',
      lines('limits:', '  a: { requests: 12345678901234567890 }'),
      '2:18 found a whole number beyond 2^53, expected one that can be kept exactly, or text in quotes',
    ],
    [
      '__proto__',
      lines('routes:', '  __proto__: {}'),
      '2:3 found the name "__proto__", expected another name',
    ],
    [
      'a list as a name',
      lines('routes:', '  ? [a]', '  : 1'),
      '2:5 found a name that is not a simple word, expected name: value',
    ],
    [
      'a merge of something else',
      lines('routes:', '  <<: 3'),
      '2:3 found "<<" with something that is not a map, expected an alias of a map',
    ],
    [
      'an unknown directive',
      lines('%FOO', '---', 'routes: {}'),
      '1:1 found a directive that is not known, expected %YAML 1.2 or none',
    ],
    [
      'text that is not indented below >',
      lines('contexts:', '  a:', '    prompt: >', '    x'),
      '4:5 found a name without a colon, expected name: value',
    ],
    ['a list at the top', lines('- a'), '1:1 found a list, expected a map of sections such as routes'],
    [
      'several mistakes at once',
      lines('routes:', '  a: @x', '  b: {}', '  c: %y'),
      '2:6 found a value that starts with "@", expected the value in quotes',
      '4:6 found a value that starts with "%", expected the value in quotes',
    ],
  ]
  for (const [what, text, ...expected] of cases) {
    it(`tells of ${what}`, async () => expect(await faults(text)).toEqual(expected))
  }

  it('does not quote the broken line, which may hold a secret', async () => {
    const text = lines(
      'providers:',
      '  a:',
      '    credential: "sk-live-0123456789',
      '    x: @sk-live-0123456789',
    )
    expect(JSON.stringify(await issuesOf(text))).not.toContain('sk-live')
  })
})

describe('broken JSON', () => {
  const cases: readonly (readonly [what: string, text: string, fault: string])[] = [
    [
      'a comma at the end',
      '{"routes": {},}',
      '1:15 found a comma before "}", expected no comma after the last entry',
    ],
    ['a missing comma', '{"a": {"b": 1\n "c": 2}}', '2:2 found two values without a comma, expected ","'],
    [
      'a name without quotes',
      '{\n  routes: {}\n}',
      '2:3 found a name without quotes, expected a name in double quotes',
    ],
    [
      'a name twice',
      '{"a": {"b": 1,\n"b": 2}}',
      '2:1 found "b" a second time, first in line 1, expected each name once',
    ],
    ['an early end', '{"routes": ', '1:12 found the end of the text, expected the rest of the value'],
    ['a comment', '{\n  // no\n}', '2:3 found a comment, expected none in JSON; YAML has comments'],
    ['single quotes', "{'routes': {}}", '1:2 found a single quote, expected double quotes'],
    ['an open text', '{"a": "x\n"}', '1:9 found a text that is never closed, expected " at its end'],
    ['nothing at all', '', '1:1 found nothing, expected a map of sections such as routes, in braces'],
  ]
  for (const [what, text, expected] of cases) {
    it(`tells of ${what}`, async () => expect(await faults(text, 'c.json')).toEqual([expected]))
  }
})

describe('broken TOML', () => {
  const cases: readonly (readonly [what: string, text: string, fault: string])[] = [
    [
      'an open table name',
      '[routes.a\n',
      '1:10 found a name that needs quotes, expected letters, digits, "_" or "-", or a name in quotes',
    ],
    [
      'an open text',
      '[routes.a]\nx = "a\n',
      '2:7 found a text that is never closed, expected a quote at its end',
    ],
    [
      'a name twice',
      '[routes.a]\nx = 1\nx = 2\n',
      '3:1 found a name or table a second time, expected each name once',
    ],
    ['two pairs in a line', '[routes.a]\nx = 1 y = 2\n', '2:7 found more after the end, expected a new line'],
    [
      'a word without quotes',
      '[routes.a]\nx = nope\n',
      '2:5 found a value that TOML does not know, expected text in quotes, a number, true or false',
    ],
    [
      '__proto__',
      '__proto__ = 1\n',
      '1:1 found the name "__proto__" or "constructor", expected another name',
    ],
    [
      'a date that is none',
      'x = 2026-13-01\n',
      '1:5 found a date that does not exist, expected a date such as 2027-01-31T00:00:00Z',
    ],
  ]
  for (const [what, text, expected] of cases) {
    it(`tells of ${what}`, async () => expect(await faults(text, 'c.toml')).toEqual([expected]))
  }
})

describe('sections', () => {
  it('are the same objects in the next text in which nothing of them changed', async () => {
    const text = (weight: number, limit = 'few') =>
      lines(
        'routes:',
        `  chat: { targets: [{ model: a, weight: ${weight} }] }`,
        'limits:',
        `  ${limit}: { requests: 1 }`,
      )
    const [one, two, three] = [await draft(text(1)), await draft(text(2)), await draft(text(2, 'more'))]
    expect(two?.settings['limits']).toBe(one?.settings['limits'])
    expect(two?.settings['routes']).not.toBe(one?.settings['routes'])
    expect(three?.settings['routes']).toBe(two?.settings['routes'])
    expect(three?.settings['limits']).toEqual({ more: { requests: 1 } })
  })

  it('have to be maps, and text in their place is not shown', async () => {
    const [issue] = await issuesOf('routes: sk-secret\n')
    expect(issue).toMatchObject({
      code: 'validate.setting',
      message: '/routes: found a text, expected a map of names',
      place: { file: 'c.yaml', line: 1, column: 1 },
    })
  })

  it('say what is probably missing when a pair has become a text', async () => {
    const [issue] = await issuesOf('routes:\n  chat:{}\n')
    expect(issue?.hint).toBe('is a space missing after a colon?')
  })

  it('that nobody knows are refused though they are empty', async () => {
    const [issue] = await issuesOf('rutes:\n')
    expect(issue).toMatchObject({
      code: 'validate.unknown_kind',
      message: 'nothing here reads settings of kind "rutes"; did you mean "routes"?',
    })
  })

  it('say nothing when all their entries are commented out', async () => {
    expect((await draft('routes:\n#  a: {}\nlimits: {}\n')).settings).toEqual({})
  })
})

describe('places', () => {
  const yaml = lines(
    'routes:',
    '  "a/b~c":',
    '    targets:',
    '      - model: fast',
    '        weight: 1',
    '      - { model: careful, weight: 2 }',
    '  shared: &base',
    '    fallback: [fast]',
    '  other:',
    '    <<: *base',
    '    context: x@1',
  )
  const cases: readonly (readonly [pointer: string, line: number, column: number])[] = [
    ['', 1, 1],
    ['/routes', 1, 1],
    ['/routes/a~1b~0c', 2, 3],
    ['/routes/a~1b~0c/targets/0', 4, 9],
    ['/routes/a~1b~0c/targets/0/weight', 5, 9],
    ['/routes/a~1b~0c/targets/1/weight', 6, 27],
    ['/routes/other/fallback/0', 8, 16],
    ['/routes/other/context', 11, 5],
    ['/routes/a~1b~0c/timeouts/idleMs', 2, 3],
    ['/models/x', 1, 1],
  ]
  for (const [pointer, line, column] of cases) {
    it(`lead from ${pointer || 'the root'} to the name in YAML`, async () => {
      expect((await draft(yaml)).places?.(pointer)).toEqual({ file: 'c.yaml', line, column })
    })
  }

  it('lead to the name in JSON', async () => {
    const it = await draft(
      '{\n  "routes": {\n    "a": { "targets": [ { "weight": 1 } ] }\n  }\n}\n',
      'c.json',
    )
    expect(it.places?.('/routes/a/targets/0/weight')).toEqual({ file: 'c.json', line: 3, column: 27 })
  })

  it('lead to the name in TOML, whatever the table form', async () => {
    const text = lines(
      '[routes."a/b"]',
      'targets = [{ model = "x" }, # one',
      '  { model = "y", weight = 2 }]',
      'retries.attempts = 3',
      '',
      '[[routes.c.targets]]',
      'model = """a',
      '[not.a.table]"""',
      '[[routes.c.targets]]',
      "model = 'b'",
      'weight = 7',
    )
    const it = await draft(text, 'c.toml')
    const at = (pointer: string) => it.places?.(pointer)
    expect(at('/routes/a~1b')).toEqual({ file: 'c.toml', line: 1, column: 9 })
    expect(at('/routes/a~1b/targets/1/weight')).toEqual({ file: 'c.toml', line: 3, column: 18 })
    expect(at('/routes/a~1b/retries/attempts')).toEqual({ file: 'c.toml', line: 4, column: 9 })
    expect(at('/routes/c/targets/0/model')).toEqual({ file: 'c.toml', line: 7, column: 1 })
    expect(at('/routes/c/targets/1/weight')).toEqual({ file: 'c.toml', line: 11, column: 1 })
    expect(it.settings.routes?.c).toEqual({
      targets: [{ model: 'a\n[not.a.table]' }, { model: 'b', weight: 7 }],
    })
  })
})

describe('a directory', () => {
  const bundle = (files: Record<string, string>): string =>
    JSON.stringify({ files: Object.entries(files).map(([path, text]) => ({ path, text })) })

  it('is one tree, with each place in its own file', async () => {
    const text = bundle({
      'a/routes.yaml': 'routes:\n  chat: { targets: [] }\n',
      'b/more.toml': '[routes.other]\ntargets = []\n[models.m]\nprovider = "p"\n',
    })
    const it = await draft(text, 'conf', SETTINGS_DIRECTORY_TYPE)
    expect(Object.keys(it.settings.routes ?? {})).toEqual(['chat', 'other'])
    expect(it.places?.('/routes/chat/targets')).toEqual({ file: 'a/routes.yaml', line: 2, column: 11 })
    expect(it.places?.('/models/m/provider')).toEqual({ file: 'b/more.toml', line: 4, column: 1 })
  })

  it('refuses one name in two files, and names both places', async () => {
    const text = bundle({ 'a.yaml': 'routes:\n  chat: {}\n', 'b.yaml': '\nroutes:\n  chat: {}\n' })
    expect(await issuesOf(text, 'conf', SETTINGS_DIRECTORY_TYPE)).toEqual([
      {
        code: 'settings.syntax',
        message: 'found /routes/chat a second time, first in a.yaml:2:3, expected each entry in one file',
        pointer: '/routes/chat',
        place: { file: 'b.yaml', line: 3, column: 3 },
      },
    ])
  })

  it('tells the errors of all files at once', async () => {
    const text = bundle({ 'a.yaml': 'routes:\n\tx: 1\n', 'b.json': '{' })
    const places = (await issuesOf(text, 'conf', SETTINGS_DIRECTORY_TYPE)).map((it) => it.place?.file)
    expect(places).toEqual(['a.yaml', 'b.json'])
  })

  it('that is no bundle is refused', async () => {
    const [issue] = await issuesOf('{"files": [{"path": 1}]}', 'conf', SETTINGS_DIRECTORY_TYPE)
    expect(issue?.message).toBe('found no bundle, expected files, a list of path and text')
  })
})

describe('a patch', () => {
  const base = { routes: { chat: { weight: 1 } }, limits: { l: { requests: 1 } } }

  it('changes what is in force', async () => {
    const origin = originOf('api', MERGE_PATCH_TYPE)
    const it = await read(Buffer.from('{"routes": {"chat": {"weight": 2}}, "limits": null}'), origin, base)
    expect(it.settings).toEqual({ routes: { chat: { weight: 2 } } })
  })

  it('that does not fit is refused', async () => {
    const origin = originOf('api', JSON_PATCH_TYPE)
    const patch = '[{"op": "replace", "path": "/routes/nope", "value": 1}]'
    await expect(async () => read(Buffer.from(patch), origin, base)).rejects.toMatchObject({
      code: 'payload.unreadable',
      issues: [
        { code: 'control.bad_request', message: '"/0": found no "nope" there, expected a path that exists' },
      ],
    })
  })
})

describe('settings of more entries than the engine takes', () => {
  const routes = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}`)

  it.each([
    ['c.yaml', (names: string[]) => lines('routes:', ...names.map((it) => `  ${it}: {}`)), 1],
    [
      'c.json',
      (names: string[]) => JSON.stringify({ routes: Object.fromEntries(names.map((it) => [it, {}])) }),
      1,
    ],
    ['c.toml', (names: string[]) => names.map((it) => `[routes.${it}]\n`).join(''), 1],
  ])('are refused before they are looked at one by one: %s', async (file, write, line) => {
    await expect(read(Buffer.from(write(routes(10_001))), originOf(file), null)).rejects.toMatchObject({
      code: 'payload.too_many',
      message: '10001 resources, the limit is 10000; the running version stays',
      issues: [{ code: 'payload.too_many', pointer: '/routes', place: { file, line } }],
    })
    const { settings } = await read(Buffer.from(write(routes(100))), originOf(file), null)
    expect(Object.keys(settings['routes'] ?? {})).toHaveLength(100)
  })
})

describe('the reader', () => {
  it('refuses bytes that are not UTF-8', async () => {
    await expect(async () => read(Buffer.from([0xc3, 0x28]), originOf('c.yaml'), null)).rejects.toMatchObject(
      {
        code: 'payload.not_utf8',
        message: '"c.yaml" is not valid UTF-8; the running version stays',
      },
    )
  })

  it('takes the time of observation from the settings, else from whoever made it', async () => {
    expect((await draft('rollout: { observe: { bakeMs: 7 } }\n')).bakeMs).toBe(7)
    const other = settingsReader({ bakeMs: 3 })
    expect((await other(Buffer.from('routes: {}\n'), originOf('c.yaml'), null)).bakeMs).toBe(3)
  })

  it('goes by the media type before the name, and by the name before the looks', async () => {
    expect((await draft('[models.a]\nprovider = "p"', 'x', 'application/toml')).settings.models).toBeDefined()
    expect((await draft('{"models": {"a": {}}}', 'x')).settings.models).toEqual({ a: {} })
    expect(await faults('models: {}', 'x.json')).toHaveLength(1)
  })

  it('reads the same from YAML, JSON and TOML', async () => {
    const tree = { tenants: { a: { keys: { k: { hash: 'h', expires: '2027-01-01T00:00:00.000Z' } } } } }
    const yaml = 'tenants:\n  a: { keys: { k: { hash: h, expires: 2027-01-01T00:00:00.000Z } } }\n'
    const toml = '[tenants.a.keys.k]\nhash = "h"\nexpires = 2027-01-01T00:00:00Z\n'
    expect((await draft(yaml)).settings).toEqual(tree)
    expect((await draft(JSON.stringify(tree), 'c.json')).settings).toEqual(tree)
    expect((await draft(toml, 'c.toml')).settings).toEqual(tree)
  })
})

describe('bombs', () => {
  it('of aliases are refused quickly', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 0; i < 20; i++)
      bomb.push(
        `b${i}: &b${i} [${Array(10)
          .fill(i === 0 ? '*a' : `*b${i - 1}`)
          .join(', ')}]`,
      )
    const started = performance.now()
    const issues = await issuesOf(lines(...bomb))
    expect(issues.map((it) => it.message)).toContainEqual(
      'found aliases that repeat too much, expected 10000 repeated values at most',
    )
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('of a mistake that aliases repeat are told once', async () => {
    const text = lines('cache: &a', '  x: !odd 1', 'limits: *a', 'routes: *a')
    expect((await issuesOf(text)).map((it) => it.place?.line)).toEqual([2])
    expect(await issuesOf('limits: &a [*b]\nroutes: &b [*a]\n')).toHaveLength(1)
  })

  it('of aliases that contain themselves are refused', async () => {
    const issues = await issuesOf('routes: &a\n  x: *a\n')
    expect(issues.length).toBeGreaterThan(0)
  })

  it('of merges are refused', async () => {
    const bomb = ['a: &a0 { x: 1, y: 2, z: 3, w: 4, v: 5, u: 6, t: 7, s: 8, r: 9, q: 0 }']
    for (let i = 1; i < 9; i++) {
      const merges = Array.from({ length: 9 }, (_, k) => `n${k}: { <<: *a${i - 1} }`)
      bomb.push(`b${i}: &a${i} { ${merges.join(', ')} }`)
    }
    expect(JSON.stringify(await issuesOf(lines(...bomb)))).toContain('aliases that repeat too much')
  })

  it('of nesting are refused', async () => {
    for (const depth of [70, 5000]) {
      const issues = await issuesOf(`routes: ${'['.repeat(depth)}${']'.repeat(depth)}\n`)
      expect(issues[0]?.message).toBe('found nesting without end, expected 64 levels at most')
    }
    const json = await issuesOf(`{"a":${'['.repeat(70)}${']'.repeat(70)}}`, 'c.json')
    expect(json[0]?.message).toBe('found nesting without end, expected 64 levels at most')
  })
})

describe('a megabyte of settings', { timeout: 60_000 }, () => {
  const settings = (weight: number): string => {
    const routes = Array.from({ length: 9000 }, (_, i) =>
      [
        `  r${i}:`,
        '    targets:',
        '      - model: fast',
        `        weight: ${i === 8999 ? weight : i}`,
        '      - { model: careful, weight: 3 }',
        '    context: support@^1',
      ].join('\n'),
    )
    return lines('routes:', ...routes)
  }

  it('is read in linear time, and again in a small part of it when one letter changes', async () => {
    expect(settings(1).length).toBeGreaterThan(1_000_000)
    const firstMs = await timeOf(settings(1))
    const it = await draft(settings(1))
    expect(Object.keys(it.settings.routes ?? {})).toHaveLength(9000)
    expect(it.places?.('/routes/r8999/targets/0/weight')).toEqual({ file: 'c.yaml', line: 53_999, column: 9 })
    const againMs = Math.min(await timeOf(settings(2)), await timeOf(settings(3)))
    expect(againMs).toBeLessThan(firstMs / 2)
    // A third of a second on a quiet machine; in square time it would be minutes.
    expect(firstMs).toBeLessThan(30_000)
  })

  it('lets the event loop turn meanwhile', async () => {
    let turns = 0
    let isReading = true
    const turn = (): void => {
      turns++
      if (isReading) setImmediate(turn)
    }
    setImmediate(turn)
    await draft(settings(4).replaceAll('careful', 'other'))
    isReading = false
    // A turn for each few milliseconds of some two hundred.
    expect(turns).toBeGreaterThan(10)
  })

  async function timeOf(text: string): Promise<number> {
    const started = performance.now()
    await draft(text)
    return performance.now() - started
  }
})
